package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/lookup"
	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp/grammar"
	"notewatch/internal/status"
	"notewatch/internal/words"
	"notewatch/rules"
)

// usage returns the usage of a subject.
func (q *question) usage(ctx context.Context) (page, error) {
	order, err := grammar.ParseUsage(q.line.Rest)
	if err != nil {
		return page{}, err
	}
	subject, err := q.find(ctx, order.Name, order.Kinds...)
	if err != nil {
		return page{}, err
	}
	return q.usageOf(ctx, subject, order.Span, order.Metrics...)
}

// usageOf returns the usage of a subject.
func (q *question) usageOf(ctx context.Context, subject lookup.Subject, span lookup.Span, metrics ...rules.Figure) (page, error) {
	u, err := q.reader.Usage(ctx, subject, span, metrics...)
	if err != nil {
		return page{}, err
	}
	polls, err := status.FirstPolls(ctx, q.reader, u)
	return q.usagePage(u, polls), err
}

// find returns the subject with a name. Slack may have turned its hyphens into dashes.
func (q *question) find(ctx context.Context, name string, kinds ...lookup.Kind) (lookup.Subject, error) {
	s, err := q.reader.Find(ctx, name, kinds...)
	if _, unknown := errors.AsType[*lookup.UnknownError](err); unknown && words.PlainDashes(name) != name {
		return q.reader.Find(ctx, words.PlainDashes(name), kinds...)
	}
	return s, err
}

// usagePage lays out usage. polls are those of its projects if there is no data yet.
func (q *question) usagePage(u lookup.Usage, polls []status.Project) page {
	now := q.reader.Now()
	var p page
	p.say("*Usage of "+subjectText(u.Subject)+"*, "+spanText(u.Span, u.From, u.To, now), deviceText(u, now))
	p.say(dataPlanLines(u)...)
	shown, idle := u.Shown()
	for _, f := range shown {
		p.say(figureLines(u, f)...)
	}
	if len(idle) > 0 {
		names := make([]string, len(idle))
		for i, figure := range idle {
			names[i] = string(figure)
		}
		p.say(slackapi.Mrkdwn("None on these days: "+strings.Join(names, ", ")+".", maxSaid))
	}
	for _, figure := range u.NotRead {
		p.say(fmt.Sprintf("*%s*: not fetched, because no rule uses it. To change that, add a rule that uses `%[1]s.today`.", figure))
	}
	p.say(q.alertsBelow(u)...)
	for _, poll := range polls {
		if poll.Polling || poll.Behind != "" {
			p.say("No data yet: " + words.Polling(name(poll.Name), name(poll.Behind), poll.Wait))
			break
		}
	}
	p.say(readText(u.AsOf, u.Failures, u.Failure, u.Truncated)...)
	p.note = asOfText(u.AsOf, now)
	return p
}

// subjectText returns the name and the kind of a subject.
func subjectText(s lookup.Subject) string {
	switch s.Kind {
	case lookup.KindAll:
		return "all projects"
	case lookup.KindProject, lookup.KindOrganization:
		return string(s.Kind) + " " + link(s)
	}
	return fmt.Sprintf("%s %s (%s)", s.Kind, link(s), name(s.Project.Name))
}

// link returns the name of a subject as a link to its page.
func link(s lookup.Subject) string { return slackapi.Link(words.Name(s.Name, s.UID), s.URL()) }

// spanText describes a span relative to now.
func spanText(span lookup.Span, from, to, now time.Time) string {
	const layout = "Mon 2 Jan"
	first, last := from.Format(layout), to.AddDate(0, 0, -1).Format(layout)
	switch current := now.Before(to); {
	case span == lookup.Today && current:
		return "today, " + first + " (UTC)"
	case span == lookup.Today:
		return first + " (UTC)"
	case span == lookup.Period && current:
		return "this period so far, since " + first + " (UTC)"
	case span == lookup.Period:
		return fmt.Sprintf("the period, %s to %s (UTC)", first, last)
	}
	return fmt.Sprintf("the %s complete days %s to %s (UTC)", strings.TrimSuffix(string(span), "d"), first, last)
}

// deviceText describes a device, or counts the devices.
func deviceText(u lookup.Usage, now time.Time) string {
	switch {
	case u.Kind == lookup.KindRoute:
		return ""
	case u.Plan != nil:
		facts := u.Plan.Facts()
		if u.Kind == lookup.KindProject {
			facts[0] = "Organization: " + facts[0]
		}
		return words.Dotted(append([]string{words.Count(u.Devices, "device")}, facts...)...)
	case u.Kind != lookup.KindDevice:
		return words.Count(u.Devices, "device")
	case u.Device == nil:
		return "No longer listed in Notehub."
	}
	d := u.Device
	activity, voltage, firmware, disabled := "no activity yet", "", "", ""
	if !d.LastActivity.IsZero() {
		activity = "last seen " + agoText(d.LastActivity, now)
	}
	if rules.Known(d.Voltage) {
		voltage = words.Figure(d.Voltage, "V")
	}
	if d.Firmware != "" {
		firmware = "firmware " + name(d.Firmware)
	}
	if d.Disabled {
		disabled = "disabled in Notehub"
	}
	return words.Dotted(activity, firmware, voltage, name(d.SKU), disabled)
}

// dataPlanLines describes the data plan of a device, and each of several SIMs.
func dataPlanLines(u lookup.Usage) (lines []string) {
	if u.DataPlan == nil {
		return nil
	}
	lines = append(lines, words.Dotted(u.DataPlan.Facts()...))
	for _, sim := range u.DataPlan.SIMs {
		lines = append(lines, "SIM "+name(sim.ICCID)+": "+words.Dotted(sim.Facts()...))
	}
	return lines
}

// figureLines describes one figure.
func figureLines(u lookup.Usage, f lookup.FigureUsage) []string {
	total := words.Figure(f.Total, f.Unit)
	if rules.Known(f.Limit) {
		total += " of " + words.Figure(f.Limit, f.Unit) + " " + within(words.Share(f.Total, f.Limit), f.LimitRule)
	}
	return []string{
		fmt.Sprintf("*%s* %s", name(string(f.Figure)), total), paceText(f), forecastText(u, f), costText(f), gapText(u, f),
	}
}

// within returns the share of a limit and the rule that has the limit.
func within(share, rule string) string {
	if share != "" {
		share += ", "
	}
	return "(" + share + "rule " + name(rule) + ")"
}

// paceText draws the days and shows the usual value.
func paceText(f lookup.FigureUsage) string {
	values := make([]float64, len(f.Days))
	for i, day := range f.Days {
		values[i] = day.Value
	}
	line, usual, pace := "", "", ""
	if len(values) > 1 {
		line = words.Sparkline(values)
	}
	if rules.Known(f.Usual) {
		usual = "usually " + words.Figure(f.Usual, f.Unit) + " a day"
	}
	if rules.Known(f.Pace) {
		pace = words.Figure(f.Pace, f.Unit) + " a day over the last 7 days"
	}
	return words.Dotted(line, usual, pace)
}

// forecastText returns the forecast of a figure for the end of the period, and whether it exceeds the limit.
func forecastText(u lookup.Usage, f lookup.FigureUsage) string {
	if !rules.Known(f.Forecast) {
		return ""
	}
	text := fmt.Sprintf("→ %s when the period ends, %s", words.Figure(f.Forecast, f.Unit), words.Time(u.Period.End))
	switch {
	case !rules.Known(f.Limit):
		return text
	case f.Total > f.Limit:
		return text + ": already over the limit"
	case f.Forecast <= f.Limit:
		return text + ": within the limit"
	}
	return fmt.Sprintf("%s: %s of the limit, which is passed about %s", text, words.Share(f.Forecast, f.Limit), f.LimitAt.UTC().Format("Mon 2 Jan"))
}

// costText returns the cost of a figure, if prices are set.
func costText(f lookup.FigureUsage) string {
	if f.Cost.Currency == "" || !rules.Known(f.Cost.Amount) {
		return ""
	}
	text := words.Money(f.Cost.Amount, f.Cost.Currency)
	if rules.Known(f.Cost.Forecast) {
		text += " so far, " + words.Money(f.Cost.Forecast, f.Cost.Currency) + " when the period ends"
	}
	return slackapi.Mrkdwn(text+" ("+f.Cost.Note+")", maxSaid)
}

// gapText returns what is missing in the total.
func gapText(u lookup.Usage, f lookup.FigureUsage) string {
	days, missing := "", ""
	if f.Unknown > 0 && u.Span != lookup.Today {
		days = fmt.Sprintf("%d of %s without data", f.Unknown, words.Count(len(f.Days), "day"))
	}
	if f.Missing > 0 && u.Kind == lookup.KindAll {
		missing = words.Count(f.Missing, "project") + " without data"
	} else if f.Missing > 0 {
		missing = words.Count(f.Missing, "device") + " without data"
	}
	return words.Dotted(days, missing)
}

// alertsBelow lists the open alerts of the subject.
func (q *question) alertsBelow(u lookup.Usage) []string {
	if u.AlertCount == 0 {
		return nil
	}
	lines := []string{"*" + words.Count(u.AlertCount, "open alert") + "*"}
	for _, a := range u.Alerts {
		lines = append(lines, "• "+alertText(a, q.reader.Now()))
	}
	if more := u.AlertCount - len(u.Alerts); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

// readText returns the problems of the polls.
func readText(asOf time.Time, failures int, failure string, truncated bool) (lines []string) {
	if asOf.IsZero() {
		lines = append(lines, "No data yet: Notehub has not been polled.")
	}
	if failures > 0 {
		lines = append(lines, fmt.Sprintf("Notehub could not be read the last %s: %s", words.Count(failures, "time"), slackapi.Mrkdwn(failure, maxSaid)))
	}
	if truncated {
		lines = append(lines, "Notehub truncated its last answer: actual values may be higher.")
	}
	return lines
}

// asOfText returns the age of the data.
func asOfText(asOf, now time.Time) string {
	if asOf.IsZero() {
		return ""
	}
	return "as of " + agoText(asOf, now)
}

// agoText returns a time with its age: "Mon 15 Jun 14:05 UTC, 12 min ago".
func agoText(t, now time.Time) string {
	return words.Time(t) + ", " + words.Duration(max(0, now.Sub(t))) + " ago"
}
