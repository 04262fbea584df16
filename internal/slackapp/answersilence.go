package slackapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/spelling"
	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

// silence keeps people from being told for a while.
func (q *question) silence(ctx context.Context) (page, error) {
	now := q.desk.Now()
	order, err := parseSilence(q.line, now)
	if err != nil {
		return page{}, err
	}
	s := rules.Silence{ID: bot.NewSilenceID(), Start: now, End: order.until, By: q.Person.String(), Because: order.because}
	if s.Match, err = q.match(ctx, order); err != nil {
		return page{}, err
	}
	if err := q.mayAlter(ctx, s.Match); err != nil {
		return page{}, err
	}
	matching, err := q.desk.Store.CountAlerts(ctx, store.AlertFilter{Match: s.Match, Open: true})
	if err != nil {
		return page{}, err
	}
	if err := q.bot.Silence(ctx, s); errors.Is(err, bot.ErrOver) {
		return page{}, mistakeError("Alert " + s.Match.Alert + " is over: there is nothing to silence.")
	} else if err != nil {
		return page{}, err
	}
	var p page
	p.say(fmt.Sprintf("*Silenced* %s %s. It matches %s now. `%s`", q.matchText(ctx, s.Match), endText(s, now), counted(matching, "open alert"), s.ID),
		"New alerts of it are told when that ends, if they still stand. To end it before: "+q.typed("unsilence "+s.ID))
	return p, nil
}

// match returns what an order selects, by identifiers.
func (q *question) match(ctx context.Context, o silenceOrder) (m rules.Match, err error) {
	if o.rule != "" {
		r := q.rule(o.rule)
		if r == nil {
			return m, q.unknownRule(o.rule)
		}
		m.Rule = r.Spec.Name
	}
	if o.project != "" {
		p, err := q.find(ctx, o.project, lookup.KindProject)
		if err != nil {
			return m, err
		}
		m.Project = p.UID
	}
	if o.device != "" {
		d, err := q.find(ctx, o.device, lookup.KindDevice)
		if err != nil {
			return m, err
		}
		if m.Project != "" && m.Project != d.Project.UID {
			return m, mistakeError("The device " + quote(d.Name) + " is in the project " + quote(d.Project.Name) + ".")
		}
		m.Project, m.Subject = d.Project.UID, d.UID
	}
	if o.alert != "" {
		a, err := q.alert(ctx, o.alert)
		if err != nil {
			return m, err
		}
		m.Alert = a.ID
	}
	return m, nil
}

// alert returns the alert of an ID. What is no ID may be meant as a name.
func (q *question) alert(ctx context.Context, text string) (rules.Alert, error) {
	a, err := q.desk.Alert(ctx, text)
	if unknown, ok := errors.AsType[*lookup.UnknownError](err); !ok || unknown.Nearest != "" || q.word != "silence" {
		return a, err
	}
	s, findErr := q.find(ctx, text, lookup.KindProject, lookup.KindDevice)
	if findErr != nil {
		return a, err
	}
	return a, mistakeError(fmt.Sprintf("There is no alert %s. To silence the %s of that name, write %[2]s before it.", quote(text), s.Kind))
}

// matchText says what a match selects.
func (q *question) matchText(ctx context.Context, m rules.Match) string {
	if m == (rules.Match{}) {
		return "everything"
	}
	alert, rule, project, device := "", "", "", ""
	if m.Alert != "" {
		alert = "alert `" + name(m.Alert) + "`"
	}
	if m.Rule != "" {
		rule = "rule " + name(m.Rule)
	}
	if m.Project != "" {
		project = "project " + q.linkOf(ctx, m.Project, lookup.KindProject)
	}
	if m.Subject != "" {
		device = "device " + q.linkOf(ctx, m.Subject, lookup.KindDevice)
	}
	return dotted(alert, rule, project, device)
}

// linkOf names what an identifier is of; what is not known any more is named by it.
func (q *question) linkOf(ctx context.Context, uid string, kind lookup.Kind) string {
	if s, err := q.desk.Find(ctx, uid, kind); err == nil {
		return notify.MrkdwnLink(s.Link())
	}
	return name(uid)
}

// endText says until when a silence lasts.
func endText(s rules.Silence, now time.Time) string {
	if s.End.IsZero() {
		return "until it is over"
	}
	return fmt.Sprintf("until %s (%s)", notify.FormatTime(s.End), notify.FormatDuration(s.End.Sub(now)))
}

// silences lists what is silenced, by hand and by the rules file.
func (q *question) silences(ctx context.Context) (page, error) {
	if err := parseNone(q.line); err != nil {
		return page{}, err
	}
	now := q.desk.Now()
	all, _, err := q.desk.Store.Silences(ctx, now)
	if err != nil {
		return page{}, err
	}
	var p page
	var lines []string
	for _, s := range all[:min(len(all), maxAlerts)] {
		lines = append(lines, fmt.Sprintf("• `%s` %s %s, by %s: %s", name(s.ID), q.matchText(ctx, s.Match), endText(s, now), name(s.By), notify.Mrkdwn(s.Because, maxSaid)))
	}
	if more := len(all) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	for _, w := range q.bot.Windows {
		lines = append(lines, "• "+q.windowText(ctx, w, now))
	}
	if len(lines) == 0 {
		p.say("Nothing is silenced.")
		return p, nil
	}
	p.say("*" + counted(len(all), "silence") + "* by hand, " + counted(len(q.bot.Windows), "window") + " of the rules file")
	p.say(lines...)
	return p, nil
}

// windowText says what a window of the rules file mutes, and until when or from when.
func (q *question) windowText(ctx context.Context, w rules.Window, now time.Time) string {
	when := "from " + notify.FormatTime(w.Next(now))
	if end, open := w.Open(now); open && end.IsZero() {
		when = "always"
	} else if open {
		when = "until " + notify.FormatTime(end)
	}
	return q.matchText(ctx, w.Match) + " " + when + ", by the rules file: " + notify.Mrkdwn(w.Because, maxSaid)
}

// unsilence ends a silence.
func (q *question) unsilence(ctx context.Context) (page, error) {
	id, err := parseOne(q.rest, "silence")
	if err != nil {
		return page{}, err
	}
	all, _, err := q.desk.Store.Silences(ctx, q.desk.Now())
	if err != nil {
		return page{}, err
	}
	id = plainDashes.Replace(id)
	at := slices.IndexFunc(all, func(s rules.Silence) bool { return s.ID == id })
	if at < 0 {
		return page{}, unknownSilence(id, all)
	}
	if err := q.mayAlter(ctx, all[at].Match); err != nil {
		return page{}, err
	}
	ended, err := q.bot.Unsilence(ctx, id, q.Person.String())
	if err != nil {
		return page{}, err
	}
	var p page
	if !ended {
		p.say("The silence `" + name(id) + "` is over already.")
		return p, nil
	}
	p.say("*Not silenced any more:* " + q.matchText(ctx, all[at].Match) + ". What still stands is told now.")
	return p, nil
}

// unknownSilence says which silence may be meant.
func unknownSilence(id string, all []rules.Silence) error {
	ids := make([]string, len(all))
	for i, s := range all {
		ids[i] = s.ID
	}
	text := "There is no silence " + quote(id) + " that is not over."
	if near := spelling.Nearest(id, ids); near != "" {
		return mistakeError(text + " Did you mean " + near + "?")
	}
	return mistakeError(text + " The word silences lists them.")
}
