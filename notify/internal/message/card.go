package message

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"notewatch/internal/words"
	"notewatch/notify"
)

// A Status is the word that leads a message: what happened since the receiver last showed the alert.
type Status string

// The statuses of alerts, and that of a report.
const (
	Firing         Status = "FIRING"
	Escalated      Status = "ESCALATED"
	Deescalated    Status = "DE-ESCALATED"
	Reminder       Status = "REMINDER"
	updated        Status = "UPDATED"
	quiet          Status = "QUIET" // still firing, but its condition is false
	muted          Status = "MUTED"
	unmuted        Status = "UNMUTED"
	acknowledged   Status = "ACKNOWLEDGED"
	unacknowledged Status = "UNACKNOWLEDGED"
	Revised        Status = "REVISED"
	Resolved       Status = "RESOLVED"
	PeriodEnded    Status = "PERIOD ENDED"
	Corrected      Status = "CORRECTED"
	Withdrawn      Status = "WITHDRAWN"
	Report         Status = "REPORT"
)

// DrillMark leads the word of a drill.
const DrillMark = "DRILL: "

// StatusOf compares an alert with what was shown last. The reason alone is not enough: an alert that fired and escalated before its first
// message is completely new.
func StatusOf(a notify.Alert) Status {
	switch {
	case a.Reason == "reported":
		return Report
	case a.Reason == "revised":
		return Revised
	case a.State == "withdrawn":
		return Withdrawn
	case a.Reason == "period_ended":
		return PeriodEnded
	case a.Reason == "corrected":
		return Corrected
	case a.State == "resolved":
		return Resolved
	case Unseen(a), !a.Changed:
		return Firing
	case notify.Severity(a.Level) > notify.Severity(a.Was):
		return Escalated
	case notify.Severity(a.Level) < notify.Severity(a.Was):
		return Deescalated
	}
	if a.QuietNow && a.Reason == "updated" {
		return quiet
	}
	return cmp.Or(sameLevel[a.Reason], updated)
}

// sameLevel holds the reasons, other than an update, to send a firing alert whose level is already shown.
var sameLevel = map[string]Status{
	"reminded":       Reminder,
	"muted":          muted,
	"unmuted":        unmuted,
	"acknowledged":   acknowledged,
	"unacknowledged": unacknowledged,
}

// Unseen reports whether the receiver has not shown an alert before.
func Unseen(a notify.Alert) bool { return a.Changed && a.Was == "" }

// A Tone is the severity of a message. Receivers show it as a colour.
type Tone string

// The tones that are not levels. The others are critical, warning and info.
const (
	Good    Tone = "good"    // ended
	Gone    Tone = "gone"    // withdrawn
	Neutral Tone = "neutral" // a report
)

// A Fact is a labelled piece of a card.
type Fact struct{ Label, Value string }

// JoinFacts returns facts on one line.
func JoinFacts(facts []Fact) string {
	joined := make([]string, len(facts))
	for i, f := range facts {
		joined[i] = f.Label + " " + f.Value
	}
	return strings.Join(joined, " · ")
}

// A Card is an alert in words, for a receiver to lay out. Its texts are clean.
type Card struct {
	Status   Status
	Word     string // the status, with the level if that matters and the mark of a drill: FIRING critical
	Tone     Tone
	Headline string
	Figures  []Fact   // value against limit and usual; none of a report
	Why      string   // why it is withdrawn, corrected or updated; may be ""
	Detail   []string // starts with Why; contains the notices of a drill, a mute and an acknowledgement
	Body     []string // lines whose blanks matter; at most maxBody
	Advice   string   // "" when nothing needs to be done
	Runbook  string   // address of a page with instructions; "" if there is none

	Since, Ended, AsOf time.Time // zero when not known
	Lasted             time.Duration

	Subject, Project, Rule, ID string
	UID                        string // of the subject; "" if Subject is the UID
}

// Describe returns an alert in words.
func Describe(a notify.Alert) Card {
	s := StatusOf(a)
	c := Card{
		Status:   s,
		Word:     WordOf(a, s),
		Tone:     toneOf(a),
		Headline: headlineOf(a),
		Figures:  figuresOf(a, s),
		Why:      words.Clean(a.Why, MaxDetail),
		Detail:   linesOf(a, s),
		Body:     BodyLines(a.Body),
		Since:    cmp.Or(a.Since, a.FiredAt),
		AsOf:     a.AsOf,
		Subject:  NameOf(a.Subject),
		Rule:     words.Clean(a.Rule, MaxName),
		ID:       words.Clean(a.ID, MaxName),
		Runbook:  words.Page(a.Runbook),
	}
	if a.Ended() {
		c.Ended = a.EndedAt
	}
	if Unseen(a) || s != Resolved && s != Corrected && s != Withdrawn {
		c.Advice = words.Clean(a.Advice, maxAdvice)
	}
	if until := Happened(a); !c.Since.IsZero() && until.After(c.Since) {
		c.Lasted = until.Sub(c.Since)
	}
	if a.Project != a.Subject && a.Project != (notify.Named{}) {
		c.Project = NameOf(a.Project)
	}
	if uid := words.Clean(a.Subject.UID, MaxName); uid != c.Subject {
		c.UID = uid
	}
	return c
}

// Happened returns the time of the newest change of an alert, or the zero time if it is not known.
func Happened(a notify.Alert) time.Time {
	if !a.EndedAt.IsZero() {
		return a.EndedAt
	}
	if a.AsOf.After(a.FiredAt) {
		return a.AsOf
	}
	return cmp.Or(a.FiredAt, a.Since)
}

// WordOf returns the status with the level. An ended alert has no level, but its word says if it was never shown as firing.
func WordOf(a notify.Alert, s Status) string {
	if a.Drill {
		a.Drill = false
		return DrillMark + WordOf(a, s)
	}
	switch {
	case s == Report:
		return string(s)
	case !a.Ended():
		return strings.TrimSpace(string(s) + " " + words.Clean(a.Level, MaxName))
	case !Unseen(a):
		return string(s)
	case s == PeriodEnded:
		return "FIRED, " + string(s)
	}
	return "FIRED AND " + string(s)
}

func toneOf(a notify.Alert) Tone {
	switch s := StatusOf(a); {
	case s == Withdrawn:
		return Gone
	case a.Ended():
		return Good
	case s == Report:
		return Neutral
	}
	return Tone(a.Level)
}

// headlineOf returns the summary. The name of the subject comes first, unless it is in the summary or the alert is a report.
func headlineOf(a notify.Alert) string {
	name, summary := NameOf(a.Subject), words.Clean(a.Summary, MaxSummary)
	switch {
	case summary != "" && a.Reason == "reported":
		return summary
	case summary == "":
		return name + ": " + words.Clean(a.Rule, MaxName)
	case containsWord(summary, name):
		return summary
	}
	return name + ": " + summary
}

// NameOf returns the name of n for display.
func NameOf(n notify.Named) string {
	return words.Name(n.Name, n.UID)
}

// figuresOf lists the value, its peak if that was higher, limit and usual. The value of a firing alert and the peak of an ended one are
// followed by their share of the limit.
func figuresOf(a notify.Alert, s Status) []Fact {
	if s == Report {
		return nil
	}
	var facts []Fact
	if s == Escalated || s == Deescalated {
		facts = append(facts, Fact{"was", words.Clean(a.Was, MaxName)})
	}
	peaked := words.Known(a.Peak) && (!words.Known(a.Value) || a.Peak > a.Value)
	value, peak := words.Figure(a.Value, a.Unit), words.Figure(a.Peak, a.Unit)
	if a.Ended() && peaked {
		peak += shareOf(a.Peak, a.Limit)
	} else {
		value += shareOf(a.Value, a.Limit)
	}
	if a.Figure != "" || words.Known(a.Value) {
		facts = append(facts, Fact{valueLabel(a, s), value})
	}
	if peaked {
		facts = append(facts, Fact{"peak", peak})
	}
	if words.Known(a.Limit) {
		facts = append(facts, Fact{"limit", words.Figure(a.Limit, a.Unit)})
	}
	if words.Known(a.Usual) {
		facts = append(facts, Fact{cmp.Or(a.UsualName, "usual day"), words.Figure(a.Usual, a.Unit)})
	}
	return append(facts, forecastOf(a)...)
}

// forecastOf returns what the value of a firing alert comes to, and when it exceeds the limit. A value that is a forecast itself is not
// repeated.
func forecastOf(a notify.Alert) []Fact {
	if a.Forecast == nil || a.Ended() || a.QuietNow {
		return nil
	}
	limitAt := ""
	if at := a.Forecast.LimitAt; !at.IsZero() {
		limitAt = at.UTC().Format("Mon 2 Jan")
	}
	switch {
	case !strings.HasSuffix(a.Figure, ".forecast"):
		value := words.Figure(a.Forecast.Value, a.Unit) + shareOf(a.Forecast.Value, a.Limit)
		if limitAt != "" {
			value += ", over the limit about " + limitAt
		}
		return []Fact{{"forecast", value}}
	case limitAt != "":
		return []Fact{{"over the limit", "about " + limitAt}}
	}
	return nil
}

// valueLabel names the value and, for an ended alert, its time. A withdrawn alert keeps the value of its last notification.
func valueLabel(a notify.Alert, s Status) string {
	label := words.Clean(cmp.Or(a.Figure, "value"), MaxName)
	switch {
	case s == PeriodEnded:
		return label + " at the end"
	case a.Ended() && s != Withdrawn:
		return label + " now"
	}
	return label
}

// shareOf returns the share in brackets, to follow a value.
func shareOf(value, limit float64) string {
	if share := words.Share(value, limit); share != "" {
		return " (" + share + ")"
	}
	return ""
}

// endings describe a status if the alert has no detail of its own.
var endings = map[Status]string{
	Withdrawn:   "the rule, device or project was removed or changed",
	Corrected:   "the values were wrong",
	PeriodEnded: "ended with its period; the cause may remain; the rule starts again with the new period",
	Revised:     "found in late data for a past day or period; no alert is open",
}

// linesOf returns the lines of detail of a card.
func linesOf(a notify.Alert, s Status) []string { return append(notices(a, s), detailOf(a, s)...) }

// notices returns lines above the detail of an alert: that it is a drill, muted or acknowledged.
func notices(a notify.Alert, s Status) []string {
	var lines []string
	if a.Drill {
		lines = append(lines, "This is a drill. Nothing is wrong.")
	}
	switch mute := words.Clean(a.Mute, MaxDetail); {
	case mute != "" && !a.Ended():
		lines = append(lines, "still firing, muted: "+mute)
	case s == unmuted:
		lines = append(lines, "still firing, no longer muted")
	}
	switch ack := words.Clean(a.Ack, MaxDetail); {
	case ack != "":
		lines = append(lines, "acknowledged by "+ack)
	case s == unacknowledged:
		lines = append(lines, "still firing, not acknowledged")
	}
	return lines
}

func detailOf(a notify.Alert, s Status) []string {
	var lines []string
	for _, line := range append([]string{a.Why}, a.Detail...) {
		if line = words.Clean(line, MaxDetail); line != "" {
			lines = append(lines, line)
		}
	}
	if ending := endings[s]; ending != "" && (s == PeriodEnded || len(lines) == 0) {
		lines = append([]string{ending}, lines...)
	}
	if len(lines) > maxDetails {
		more := words.Number(len(lines)-maxDetails) + " more"
		lines = append(lines[:maxDetails], more)
	}
	return lines
}

// Where says where an alert is from and how to name it: project cold-chain · rule data-budget · alert 7f3a.
func (c Card) Where() string {
	return words.Dotted(Labelled("project ", c.Project), Labelled("rule ", c.Rule), Labelled("alert ", c.ID))
}

// Facts returns the values of c, its start and, if it has ended, its end. A report has only values, if any.
func (c Card) Facts() []Fact {
	if c.Since.IsZero() || c.Status == Report {
		return c.Figures
	}
	since := Fact{"alert since", words.Time(c.Since)}
	if !c.Ended.IsZero() {
		return append(slices.Clip(c.Figures), since, Fact{"ended", words.Time(c.Ended) + ", after " + words.Duration(c.Lasted)})
	}
	if c.Lasted >= time.Minute {
		since.Value += " (" + words.Duration(c.Lasted) + ")"
	}
	return append(slices.Clip(c.Figures), since)
}
