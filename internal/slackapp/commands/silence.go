package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp/grammar"
	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// maxSilences is the maximum number of silences, and of mute windows, in an answer.
const maxSilences = 30

// silence mutes alerts for a while.
func (q *question) silence(ctx context.Context) (page, error) {
	s, err := q.wanted(ctx)
	if err != nil {
		return page{}, err
	}
	matching, err := q.desk.CountOpen(ctx, s.Match)
	if err != nil {
		return page{}, err
	}
	called, err := q.directory(ctx, s.Match)
	if err != nil {
		return page{}, err
	}
	if err := q.bot.Silence(ctx, s); errors.Is(err, bot.ErrOver) {
		return page{}, grammar.MistakeError("Alert " + s.Match.Alert + " has ended. There is nothing to silence.")
	} else if err != nil {
		return page{}, err
	}
	var p page
	p.say(fmt.Sprintf("*Silenced* %s %s. It matches %s now. `%s`", called.matchText(s.Match), deliver.WhenText(s, s.Start), words.Count(matching, "open alert"), s.ID),
		"New matching alerts are sent when it ends, if they are still firing. To end it earlier: "+q.typed("unsilence "+s.ID))
	return p, nil
}

// wanted returns the requested silence, if the person may make it.
func (q *question) wanted(ctx context.Context) (muting.Silence, error) {
	s, err := grammar.ParseSilence(q.line, q.desk.Now())
	if err != nil {
		return s, err
	}
	s.ID, s.By = bot.NewSilenceID(), q.asked.Person.String()
	if s.Match, err = q.match(ctx, s.Match); err != nil {
		return s, err
	}
	return s, q.mayChangeAlerts(ctx, s.Match)
}

// match returns a match of names with identifiers in their place.
func (q *question) match(ctx context.Context, o muting.Match) (m muting.Match, err error) {
	if o.Rule != "" {
		r := q.rule(o.Rule)
		if r == nil {
			return m, q.unknownRule(o.Rule)
		}
		m.Rule = r.Spec.Name
	}
	if o.Project != "" {
		p, err := q.find(ctx, o.Project, lookup.KindProject)
		if err != nil {
			return m, err
		}
		m.Project = p.UID
	}
	if o.Subject != "" {
		d, err := q.find(ctx, o.Subject, lookup.KindDevice)
		if err != nil {
			return m, err
		}
		if m.Project != "" && m.Project != d.Project.UID {
			return m, grammar.MistakeError("Device " + grammar.Quote(d.Name) + " belongs to project " + grammar.Quote(d.Project.Name) + ", not to the one you named.")
		}
		m.Project, m.Subject = d.Project.UID, d.UID
	}
	if o.Alert != "" {
		a, err := q.alert(ctx, o.Alert)
		if err != nil {
			return m, err
		}
		m.Alert = a.ID
	}
	return m, nil
}

// alert returns the alert with an ID. Text that is not an ID may be meant as a name.
func (q *question) alert(ctx context.Context, text string) (rules.Alert, error) {
	a, err := q.desk.Alert(ctx, text)
	if unknown, ok := errors.AsType[*lookup.UnknownError](err); !ok || unknown.Nearest != "" || q.line.Word != "silence" {
		return a, err
	}
	s, findErr := q.find(ctx, text, lookup.KindProject, lookup.KindDevice)
	if findErr != nil {
		return a, err
	}
	return a, grammar.MistakeError(fmt.Sprintf("Unknown alert %s. To silence the %s with that name, put %[2]s before it.", grammar.Quote(text), s.Kind))
}

// silences lists the silences, and the mute windows of the rules file.
func (q *question) silences(ctx context.Context) (page, error) {
	if err := grammar.ParseNone(q.line); err != nil {
		return page{}, err
	}
	now := q.desk.Now()
	all, err := q.desk.Silences(ctx)
	if err != nil {
		return page{}, err
	}
	windows := q.bot.Config().Windows
	called, err := q.directory(ctx, matchesOf(all, windows)...)
	if err != nil {
		return page{}, err
	}
	var p page
	if len(all)+len(windows) == 0 {
		p.say("No active silences and no mute windows.")
		return p, nil
	}
	p.say("*" + words.Count(len(all), "silence") + "*, " + words.Count(len(windows), "mute window") + " in the rules file")
	p.say(append(called.silenceLines(all, now), called.windowLines(windows, now)...)...)
	return p, nil
}

// matchesOf returns the matches of silences and windows.
func matchesOf(silences []muting.Silence, windows []muting.Window) (all []muting.Match) {
	for _, s := range silences {
		all = append(all, s.Match)
	}
	for _, w := range windows {
		all = append(all, w.Match)
	}
	return all
}

// silenceLines returns for each silence what it mutes, until when, who made it and why.
func (d directory) silenceLines(all []muting.Silence, now time.Time) (lines []string) {
	for _, s := range all[:min(len(all), maxSilences)] {
		lines = append(lines, fmt.Sprintf("• `%s` %s %s, by %s: %s", name(s.ID), d.matchText(s.Match), deliver.WhenText(s, now), name(deliver.Name(s.By)),
			slackapi.Mrkdwn(s.Because, maxSaid)))
	}
	return leftOut(lines, len(all), "silence")
}

// windowLines returns for each mute window what it mutes, and until when or from when.
func (d directory) windowLines(all []muting.Window, now time.Time) (lines []string) {
	for _, w := range all[:min(len(all), maxSilences)] {
		when := "from " + words.Time(w.Next(now))
		if end, open := w.Open(now); open && end.IsZero() {
			when = "always"
		} else if open {
			when = "until " + words.Time(end)
		}
		what := d.matchText(w.Match)
		if w.Receivers != nil {
			what += ", only for *" + name(strings.Join(w.Receivers, ", ")) + "*"
		}
		lines = append(lines, "• "+what+" "+when+", by the rules file: "+slackapi.Mrkdwn(w.Because, maxSaid))
	}
	return leftOut(lines, len(all), "window")
}

// leftOut adds the number of lines that were left out.
func leftOut(lines []string, total int, what string) []string {
	if more := total - len(lines); more > 0 {
		lines = append(lines, "and "+words.Count(more, "more "+what))
	}
	return lines
}

// unsilence ends a silence.
func (q *question) unsilence(ctx context.Context) (page, error) {
	s, err := q.activeSilence(ctx)
	if err != nil {
		return page{}, err
	}
	called, err := q.directory(ctx, s.Match)
	if err != nil {
		return page{}, err
	}
	ended, err := q.bot.Unsilence(ctx, s.ID, q.asked.Person.String())
	if err != nil {
		return page{}, err
	}
	var p page
	if !ended {
		p.say("Silence `" + name(s.ID) + "` has already ended.")
		return p, nil
	}
	p.say("*Silence ended:* " + called.matchText(s.Match) + ". Alerts that are still firing are sent now.")
	return p, nil
}

// activeSilence returns the silence of the command, if it has not ended and the person may end it.
func (q *question) activeSilence(ctx context.Context) (muting.Silence, error) {
	id, err := grammar.ParseOne(q.line.Rest, "silence")
	if err != nil {
		return muting.Silence{}, err
	}
	s, err := q.desk.Silence(ctx, words.PlainDashes(id))
	switch {
	case err != nil:
		return s, err
	case s.Over(q.desk.Now()):
		return s, grammar.MistakeError("Silence " + s.ID + " already ended at " + words.Time(s.Stops()) + ".")
	}
	return s, q.mayChangeAlerts(ctx, s.Match)
}
