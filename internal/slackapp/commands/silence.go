package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/selection"
	"notewatch/internal/silences"
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
	matching, err := q.reader.CountOpen(ctx, s.Match)
	if err != nil {
		return page{}, err
	}
	made, err := silences.Of(ctx, q.reader, s)
	if err != nil {
		return page{}, err
	}
	if err := q.bot.Silence(ctx, s); errors.Is(err, bot.ErrOver) {
		return page{}, grammar.MistakeError("Alert " + s.Match.Alert + " has ended. There is nothing to silence.")
	} else if err != nil {
		return page{}, err
	}
	var p page
	p.say(fmt.Sprintf("*Silenced* %s %s. It matches %s now. `%s`", matchText(made.Match), deliver.WhenText(s, s.Start), words.Count(matching, "open alert"), s.ID),
		"New matching alerts are sent when it ends, if they are still firing. To end it earlier: "+q.typed("unsilence "+s.ID))
	return p, nil
}

// wanted returns the requested silence, if the person may make it.
func (q *question) wanted(ctx context.Context) (muting.Silence, error) {
	s, err := grammar.ParseSilence(q.line, q.reader.Now())
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
	for _, of := range []struct {
		kind lookup.Kind
		name string
		uid  *string
	}{{lookup.KindFleet, o.Fleet, &m.Fleet}, {lookup.KindRoute, o.Route, &m.Route}, {lookup.KindDevice, o.Subject, &m.Subject}} {
		if of.name == "" {
			continue
		}
		found, err := q.find(ctx, of.name, of.kind)
		if err != nil {
			return m, err
		}
		if m.Project != "" && m.Project != found.Project.UID {
			kind := strings.ToUpper(string(of.kind[:1])) + string(of.kind[1:])
			return m, grammar.MistakeError(kind + " " + grammar.Quote(found.Name) + " belongs to project " + grammar.Quote(found.Project.Name) + ", not to the one you named.")
		}
		m.Project, *of.uid = found.Project.UID, found.UID
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
	a, err := q.reader.Alert(ctx, text)
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
	all, err := silences.List(ctx, q.reader)
	if err != nil {
		return page{}, err
	}
	var made, windows []string
	for _, s := range all {
		if s.Kind == rules.ByWindow {
			windows = append(windows, windowLine(s))
		} else {
			made = append(made, silenceLine(s, q.reader.Now()))
		}
	}
	var p page
	if len(all) == 0 {
		p.say("No active silences and no mute windows.")
		return p, nil
	}
	p.say("*" + words.Count(len(made), "silence") + "*, " + words.Count(len(windows), "mute window") + " in the rules file")
	p.say(append(leftOut(made, "silence"), leftOut(windows, "window")...)...)
	return p, nil
}

// silenceLine returns what a silence mutes, until when, who made it and why.
func silenceLine(s silences.Silence, now time.Time) string {
	return fmt.Sprintf("• `%s` %s %s, by %s: %s", name(s.ID), matchText(s.Match), deliver.WhenText(muting.Silence{Start: s.Start, End: s.End}, now),
		name(deliver.Name(s.By)), slackapi.Mrkdwn(s.Because, maxSaid))
}

// windowLine returns what a mute window mutes, and until when or from when.
func windowLine(s silences.Silence) string {
	when := "from " + words.Time(s.Start)
	switch {
	case s.On && s.End.IsZero():
		when = "always"
	case s.On:
		when = "until " + words.Time(s.End)
	}
	what := matchText(s.Match)
	if s.For != nil {
		what += ", only for *" + name(strings.Join(s.For, ", ")) + "*"
	}
	return "• " + what + " " + when + ", by the rules file: " + slackapi.Mrkdwn(s.Because, maxSaid)
}

// matchText describes what a match selects.
func matchText(m selection.Match) string {
	if m == (selection.Match{}) {
		return "everything"
	}
	alert, rule, project, fleet, route, device := "", "", "", "", "", ""
	if m.Alert != "" {
		alert = "alert `" + name(m.Alert) + "`"
	}
	if m.Rule != "" {
		rule = "rule " + name(m.Rule)
	}
	if m.Project != "" {
		project = "project " + name(m.Project)
	}
	if m.ProjectName != "" {
		project = "project " + slackapi.Link(words.Name(m.ProjectName, m.Project), words.ProjectURL(m.Project))
	}
	if m.Fleet != "" {
		fleet = "fleet " + name(cmp.Or(m.FleetName, m.Fleet))
	}
	if m.Route != "" {
		route = "route " + name(cmp.Or(m.RouteName, m.Route))
	}
	if m.Device != "" {
		device = "device " + name(cmp.Or(m.DeviceName, m.Device))
	}
	if m.DeviceIn != "" {
		device = "device " + slackapi.Link(words.Name(m.DeviceName, m.Device), words.DeviceURL(m.DeviceIn, m.Device))
	}
	return words.Dotted(alert, rule, project, fleet, route, device)
}

// leftOut replaces the lines that are too many by their number.
func leftOut(lines []string, what string) []string {
	more := len(lines) - maxSilences
	if more <= 0 {
		return lines
	}
	return append(lines[:maxSilences:maxSilences], "and "+words.Count(more, "more "+what))
}

// unsilence ends a silence.
func (q *question) unsilence(ctx context.Context) (page, error) {
	s, err := q.activeSilence(ctx)
	if err != nil {
		return page{}, err
	}
	match, err := selection.Name(ctx, q.reader, s.Match)
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
	p.say("*Silence ended:* " + matchText(match) + ". Alerts that are still firing are sent now.")
	return p, nil
}

// activeSilence returns the silence of the command, if it has not ended and the person may end it.
func (q *question) activeSilence(ctx context.Context) (muting.Silence, error) {
	id, err := grammar.ParseOne(q.line.Rest, "silence")
	if err != nil {
		return muting.Silence{}, err
	}
	s, err := q.reader.Silence(ctx, words.PlainDashes(id))
	switch {
	case err != nil:
		return s, err
	case s.Over(q.reader.Now()):
		return s, grammar.MistakeError("Silence " + s.ID + " already ended at " + words.Time(s.Stops()) + ".")
	}
	return s, q.mayChangeAlerts(ctx, s.Match)
}
