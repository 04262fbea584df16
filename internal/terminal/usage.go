package terminal

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/lookup"
	"notewatch/internal/status"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Usage prints the usage of a subject. polls are those of its projects if there is no data yet.
func Usage(s Screen, usage lookup.Usage, polls []status.Project) error {
	u := usageText{usage}
	if err := u.head(s, polls); err != nil {
		return err
	}
	if shown, _ := u.Shown(); len(shown) > 0 {
		if err := errors.Join(s.blank(), u.table().print(s)); err != nil {
			return err
		}
	}
	if err := u.notes(s); err != nil {
		return err
	}
	return u.alerts(s)
}

// A usageText formats usage.
type usageText struct{ lookup.Usage }

// head prints the subject, the age of the data, and the entry in the device list.
func (u usageText) head(s Screen, polls []status.Project) error {
	err := errors.Join(s.say(bold, u.title()), printSource(s, u.Source, polls, u.Now))
	switch {
	case u.Gone:
		return errors.Join(err, s.say(amber, "No longer listed in Notehub."))
	case u.Plan != nil && len(u.Plan.Facts()) > 0:
		return errors.Join(err, s.say(plain, u.paidBy()+words.Dotted(u.Plan.Facts()...)))
	case u.Device != nil:
		return errors.Join(err, s.say(plain, u.device(*u.Device)), u.dataPlan(s))
	}
	return err
}

// paidBy says before the plan of an organization that it pays, if the usage is that of a project.
func (u usageText) paidBy() string {
	if u.Kind == lookup.KindProject {
		return "Organization: "
	}
	return ""
}

// dataPlan prints the data plan of a device, and each of several SIMs.
func (u usageText) dataPlan(s Screen) error {
	if u.DataPlan == nil {
		return nil
	}
	err := s.say(plain, words.Dotted(u.DataPlan.Facts()...))
	for _, sim := range u.DataPlan.SIMs {
		err = errors.Join(err, s.say(plain, "SIM "+sim.ICCID+": "+words.Dotted(sim.Facts()...)))
	}
	return err
}

// title names the subject and the days.
func (u usageText) title() string {
	title := u.subject() + " · " + spanText(u.Span, u.From, u.To, u.Now)
	if left := u.Usage.Period.End.Sub(u.Now); u.Span == lookup.Period && left > 0 {
		title += " · " + words.Duration(left) + " left"
	}
	return title
}

func (u usageText) subject() string {
	switch u.Kind {
	case lookup.KindAll:
		return "All projects (" + words.Count(u.Devices, "device") + ")"
	case lookup.KindDevice:
		return u.Name + " (device in " + u.Project.Name + ")"
	case lookup.KindRoute:
		return u.Name + " (route in " + u.Project.Name + ")"
	case lookup.KindFleet:
		return u.Name + " (fleet in " + u.Project.Name + ", " + words.Count(u.Devices, "device") + ")"
	}
	return u.Name + " (" + string(u.Kind) + ", " + words.Count(u.Devices, "device") + ")"
}

// spanText describes the days of a time span relative to now.
func spanText(span lookup.Span, from, to, now time.Time) string {
	current := now.Before(to)
	switch {
	case span == lookup.Today && current:
		return "today, " + from.UTC().Format("Mon 2 Jan") + " (UTC)"
	case span == lookup.Today:
		return from.UTC().Format("Mon 2 Jan") + " (UTC)"
	case span == lookup.Period && current:
		return "this period, since " + from.UTC().Format("2 Jan") + " (UTC)"
	case span == lookup.Period:
		return "the period, " + days(from, to)
	}
	return words.Count(int(to.Sub(from)/(24*time.Hour)), "complete day") + ", " + days(from, to)
}

// days formats the UTC days before an instant: "1 Jun – 30 Jun (UTC)".
func days(from, to time.Time) string {
	const day = "2 Jan"
	return from.UTC().Format(day) + " – " + to.UTC().AddDate(0, 0, -1).Format(day) + " (UTC)"
}

// device describes the entry of a device in the device list.
func (u usageText) device(d lookup.Device) string {
	var facts []string
	if d.Disabled {
		facts = append(facts, "disabled")
	}
	if d.SKU != "" {
		facts = append(facts, d.SKU)
	}
	if d.Firmware != "" {
		facts = append(facts, "firmware "+d.Firmware)
	}
	if rules.Known(d.Voltage) {
		facts = append(facts, fmt.Sprintf("%.2f V", d.Voltage))
	}
	if d.LastActivity.IsZero() {
		facts = append(facts, "no activity yet")
	} else {
		facts = append(facts, "last seen "+words.Time(d.LastActivity)+" ("+ago(u.Now.Sub(d.LastActivity))+")")
	}
	return strings.Join(append(facts, u.UID), " · ")
}

// table returns a row for each metric.
func (u usageText) table() *table {
	names := []string{"METRIC", strings.ToUpper(totalWord(u.Span))}
	limited, ahead := u.limited(), u.Span == lookup.Period
	if limited {
		names = append(names, "LIMIT_")
	}
	names = append(names, "7-DAY AVG")
	if ahead {
		names = append(names, strings.ToUpper(u.Usage.Period.End.Add(-1).UTC().Format("by 2 Jan")))
	}
	t := &table{columns: columns(append(names, "MEDIAN DAY", "DAY BY DAY_")...)}
	shown, _ := u.Shown()
	for _, f := range shown {
		cells := []string{string(f.Figure), words.Figure(f.Total, f.Unit)}
		if limited {
			cells = append(cells, limitText(f))
		}
		cells = append(cells, words.Figure(f.Pace, f.Unit))
		if ahead {
			cells = append(cells, words.Figure(f.Forecast, f.Unit))
		}
		t.add(append(cells, words.Figure(f.Usual, f.Unit), words.Sparkline(values(f.Days)))...)
	}
	return t
}

// limited reports whether a rule has a limit for one of the metrics.
func (u usageText) limited() bool {
	for _, f := range u.Figures {
		if rules.Known(f.Limit) {
			return true
		}
	}
	return false
}

// totalWord returns the heading of the total over a span.
func totalWord(span lookup.Span) string {
	switch span {
	case lookup.Today:
		return "today"
	case lookup.Week:
		return "7 days"
	case lookup.Month:
		return "30 days"
	}
	return "so far"
}

// limitText returns the limit of a figure, and the used share of it: "83 % of 6 MB (data-budget)".
func limitText(f lookup.FigureUsage) string {
	if !rules.Known(f.Limit) {
		return "-"
	}
	text := words.Figure(f.Limit, f.Unit) + " (" + f.LimitRule + ")"
	if share := words.Share(f.Total, f.Limit); share != "" {
		text = share + " of " + text
	}
	return text
}

func values(days []lookup.DayUsage) []float64 {
	all := make([]float64, len(days))
	for i, d := range days {
		all[i] = d.Value
	}
	return all
}

// notes prints what is not in the table: days without data, costs, and metrics that are not fetched.
func (u usageText) notes(s Screen) error {
	var notes []string
	shown, idle := u.Shown()
	for _, f := range shown {
		if unknown := u.unknown(f); unknown != "" {
			notes = append(notes, fmt.Sprintf("%s: %s.", f.Figure, unknown))
		}
		if !f.LimitAt.IsZero() {
			notes = append(notes, fmt.Sprintf("%s: over the limit from about %s.", f.Figure, f.LimitAt.UTC().Format("Mon 2 Jan")))
		}
		if cost := costText(f); cost != "" {
			notes = append(notes, fmt.Sprintf("%s: %s.", f.Figure, cost))
		}
	}
	if len(idle) > 0 {
		notes = append(notes, "None on these days: "+figureNames(idle)+".")
	}
	if len(u.NotRead) > 0 {
		notes = append(notes, "Not fetched from Notehub, because no rule uses them: "+figureNames(u.NotRead)+".")
	}
	if len(notes) == 0 {
		return nil
	}
	if err := s.blank(); err != nil {
		return err
	}
	for _, note := range notes {
		if err := s.say(plain, note); err != nil {
			return err
		}
	}
	return nil
}

// unknown returns the days, devices or projects without data; "" if all have data.
func (u usageText) unknown(f lookup.FigureUsage) string {
	var parts []string
	if f.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("no data for %d of %s", f.Unknown, words.Count(len(f.Days), "day")))
	}
	if f.Missing > 0 {
		part := "device"
		if u.Kind == lookup.KindAll {
			part = "project"
		}
		missing := "no data for " + words.Count(f.Missing, part)
		if rules.Known(f.Total) {
			missing += ", which the values leave out"
		}
		parts = append(parts, missing)
	}
	return strings.Join(parts, "; ")
}

// costText returns the cost of a figure; "" if no price is set.
func costText(f lookup.FigureUsage) string {
	if f.Cost.Currency == "" || !rules.Known(f.Cost.Amount) {
		return ""
	}
	text := words.Money(f.Cost.Amount, f.Cost.Currency) + " so far"
	if rules.Known(f.Cost.Forecast) {
		text += ", forecast " + words.Money(f.Cost.Forecast, f.Cost.Currency)
	}
	if f.Cost.Note != "" {
		text += " (" + f.Cost.Note + ")"
	}
	return text
}

func figureNames(figures []rules.Figure) string {
	var names []string
	for _, f := range figures {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// alerts lists the open alerts of the subject.
func (u usageText) alerts(s Screen) error {
	if err := s.blank(); err != nil {
		return err
	}
	if u.AlertCount == 0 {
		return s.say(dim, "No open alerts.")
	}
	t := &table{columns: columns("ALERT", "LEVEL", "SINCE (UTC)=", "SUMMARY")}
	for _, a := range u.Alerts {
		t.add(a.ID, levelOf(a), minute(a.Since), a.Summary)
	}
	if err := t.print(s); err != nil {
		return err
	}
	if more := u.AlertCount - len(u.Alerts); more > 0 {
		s.remark("%s not shown; see notewatch alerts\n", words.Count(more, "more alert"))
	}
	return nil
}
