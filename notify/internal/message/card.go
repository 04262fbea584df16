package notify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"notewatch/internal/words"
)

// A status is the word that leads a message: what happened, seen from what the receiver was shown before.
type status string

const (
	firing         status = "FIRING"
	escalated      status = "ESCALATED"
	eased          status = "EASED TO"
	reminder       status = "REMINDER"
	updated        status = "UPDATED"
	muted          status = "MUTED"
	unmuted        status = "UNMUTED"
	acknowledged   status = "ACKNOWLEDGED"
	unacknowledged status = "UNACKNOWLEDGED"
	revised        status = "REVISED"
	resolved       status = "RESOLVED"
	periodEnded    status = "PERIOD ENDED"
	corrected      status = "CORRECTED"
	withdrawn      status = "WITHDRAWN"
	report         status = "REPORT"
)

// drillMark leads the word of a drill.
const drillMark = "DRILL: "

// statusOf compares a with what was shown last. The reason alone would not do: an alert that fired and escalated before
// anybody was told is news as a whole.
func statusOf(a Alert) status {
	switch {
	case a.Reason == "reported":
		return report
	case a.Reason == "revised":
		return revised
	case a.State == "withdrawn":
		return withdrawn
	case a.Reason == "period_ended":
		return periodEnded
	case a.Reason == "corrected":
		return corrected
	case a.State == "resolved":
		return resolved
	case unseen(a), !a.Changed:
		return firing
	case Severity(a.Level) > Severity(a.Was):
		return escalated
	case Severity(a.Level) < Severity(a.Was):
		return eased
	}
	return cmp.Or(sameLevel[a.Reason], updated)
}

// sameLevel are the reasons, other than to be brought up to date, to send an alert that fires at the level shown.
var sameLevel = map[string]status{
	"reminded":       reminder,
	"muted":          muted,
	"unmuted":        unmuted,
	"acknowledged":   acknowledged,
	"unacknowledged": unacknowledged,
}

// unseen reports whether nothing was shown of a before.
func unseen(a Alert) bool { return a.Changed && a.Was == "" }

// A tone is the mood of a message, which receivers show as a colour.
type tone string

const (
	good    tone = "good"    // over
	gone    tone = "gone"    // withdrawn
	neutral tone = "neutral" // a report
	// The other tones are the levels: critical, warning, info.
)

// A fact is a labelled piece of a card.
type fact struct{ label, value string }

// joinFacts is facts on one line.
func joinFacts(facts []fact) string {
	joined := make([]string, len(facts))
	for i, f := range facts {
		joined[i] = f.label + " " + f.value
	}
	return strings.Join(joined, " · ")
}

// A card is an alert in words: what is said, before a receiver lays it out. Its texts are clean.
type card struct {
	status   status
	word     string // the status, with the level if that matters and the mark of a drill: FIRING critical
	tone     tone
	headline string
	figures  []fact   // value against limit and usual; none of a report
	why      string   // why it is withdrawn, corrected or updated; may be ""
	detail   []string // begins with why; a drill, a mute and an acknowledgement are said here too
	body     []string // lines whose blanks matter; at most maxBody
	advice   string   // "" when nothing is left to do

	since, ended, asOf time.Time // zero when not known
	lasted             time.Duration

	subject, project, rule, id string
	uid                        string // of the subject; "" if that is what subject says
}

// describe puts an alert into words.
func describe(a Alert) card {
	s := statusOf(a)
	c := card{
		status:   s,
		word:     wordOf(a, s),
		tone:     toneOf(a),
		headline: headlineOf(a),
		figures:  figuresOf(a, s),
		why:      words.Clean(a.Why, maxDetail),
		detail:   linesOf(a, s),
		body:     lines(a.Body),
		since:    cmp.Or(a.Since, a.FiredAt),
		asOf:     a.AsOf,
		subject:  nameOf(a.Subject),
		rule:     words.Clean(a.Rule, maxName),
		id:       words.Clean(a.ID, maxName),
	}
	if a.Ended() {
		c.ended = a.EndedAt
	}
	if unseen(a) || s != resolved && s != corrected && s != withdrawn {
		c.advice = words.Clean(a.Advice, maxAdvice)
	}
	if until := happened(a); !c.since.IsZero() && until.After(c.since) {
		c.lasted = until.Sub(c.since)
	}
	if a.Project != a.Subject && a.Project != (Named{}) {
		c.project = nameOf(a.Project)
	}
	if uid := words.Clean(a.Subject.UID, maxName); uid != c.subject {
		c.uid = uid
	}
	return c
}

// happened is when what a says came about, as far as its times tell.
func happened(a Alert) time.Time {
	if !a.EndedAt.IsZero() {
		return a.EndedAt
	}
	if a.AsOf.After(a.FiredAt) {
		return a.AsOf
	}
	return cmp.Or(a.FiredAt, a.Since)
}

// wordOf is the status with the level. What is over had its level before, unless nobody was told: then it says that too.
func wordOf(a Alert, s status) string {
	if a.Drill {
		a.Drill = false
		return drillMark + wordOf(a, s)
	}
	switch {
	case s == report:
		return string(s)
	case !a.Ended():
		return strings.TrimSpace(string(s) + " " + words.Clean(a.Level, maxName))
	case !unseen(a):
		return string(s)
	case s == periodEnded:
		return "FIRED, " + string(s)
	}
	return "FIRED AND " + string(s)
}

func toneOf(a Alert) tone {
	switch s := statusOf(a); {
	case s == withdrawn:
		return gone
	case a.Ended():
		return good
	case s == report:
		return neutral
	}
	return tone(a.Level)
}

// headlineOf is the summary, led by the name of the subject unless the summary holds it or is that of a report.
func headlineOf(a Alert) string {
	name, summary := nameOf(a.Subject), words.Clean(a.Summary, maxSummary)
	switch {
	case summary != "" && a.Reason == "reported":
		return summary
	case summary == "":
		return name + ": " + words.Clean(a.Rule, maxName)
	case containsWord(summary, name):
		return summary
	}
	return name + ": " + summary
}

// nameOf is the name of n for people.
func nameOf(n Named) string {
	return words.Name(n.Name, n.UID)
}

// figuresOf lists the value, its peak if that was higher, limit and usual. What the alert is about, the value while it
// fires and the peak once it is over, is followed by its share of the limit.
func figuresOf(a Alert, s status) []fact {
	if s == report {
		return nil
	}
	var facts []fact
	if s == escalated || s == eased {
		facts = append(facts, fact{"was", words.Clean(a.Was, maxName)})
	}
	peaked := words.Known(a.Peak) && (!words.Known(a.Value) || a.Peak > a.Value)
	value, peak := words.Figure(a.Value, a.Unit), words.Figure(a.Peak, a.Unit)
	if a.Ended() && peaked {
		peak += shareOf(a.Peak, a.Limit)
	} else {
		value += shareOf(a.Value, a.Limit)
	}
	if a.Figure != "" || words.Known(a.Value) {
		facts = append(facts, fact{valueLabel(a, s), value})
	}
	if peaked {
		facts = append(facts, fact{"peak", peak})
	}
	if words.Known(a.Limit) {
		facts = append(facts, fact{"limit", words.Figure(a.Limit, a.Unit)})
	}
	if words.Known(a.Usual) {
		facts = append(facts, fact{"usual day", words.Figure(a.Usual, a.Unit)})
	}
	return facts
}

// valueLabel names the value and, for an ended alert, its time. A withdrawn alert keeps the value that was notified.
func valueLabel(a Alert, s status) string {
	label := words.Clean(cmp.Or(a.Figure, "value"), maxName)
	switch {
	case s == periodEnded:
		return label + " at the end"
	case a.Ended() && s != withdrawn:
		return label + " now"
	}
	return label
}

// shareOf returns the share in brackets, to follow a figure.
func shareOf(value, limit float64) string {
	if share := words.Share(value, limit); share != "" {
		return " (" + share + ")"
	}
	return ""
}

// endings say what a status means where the alert has no detail of its own.
var endings = map[status]string{
	withdrawn:   "the rule or the subject was removed or changed",
	corrected:   "the values were wrong",
	periodEnded: "the rule starts again with the new period",
	revised:     "late figures show it for a time that is over; nothing stays open",
}

// linesOf are the lines of detail of a card.
func linesOf(a Alert, s status) []string { return append(notices(a, s), detailOf(a, s)...) }

// notices are the lines that a says of itself beside its detail: whether it is a drill, muted or acknowledged.
func notices(a Alert, s status) []string {
	var lines []string
	if a.Drill {
		lines = append(lines, "This is a drill: nothing is wrong.")
	}
	switch mute := words.Clean(a.Mute, maxDetail); {
	case mute != "" && !a.Ended():
		lines = append(lines, "still firing, muted: "+mute)
	case s == unmuted:
		lines = append(lines, "still firing, and no longer muted")
	}
	switch ack := words.Clean(a.Ack, maxDetail); {
	case ack != "":
		lines = append(lines, "acknowledged by "+ack)
	case s == unacknowledged:
		lines = append(lines, "still firing, and nobody has taken it on")
	}
	return lines
}

func detailOf(a Alert, s status) []string {
	var lines []string
	for _, line := range append([]string{a.Why}, a.Detail...) {
		if line = words.Clean(line, maxDetail); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 && endings[s] != "" {
		return []string{endings[s]}
	}
	if len(lines) > maxDetails {
		more := words.Number(len(lines)-maxDetails) + " more"
		lines = append(lines[:maxDetails], more)
	}
	return lines
}

// facts are the figures of c, since when, and until when if it is over. A report has none.
func (c card) facts() []fact {
	if c.since.IsZero() || c.status == report {
		return c.figures
	}
	since := fact{"since", words.Time(c.since)}
	if !c.ended.IsZero() {
		return append(slices.Clip(c.figures), since, fact{"ended", words.Time(c.ended) + ", after " + words.Duration(c.lasted)})
	}
	if c.lasted >= time.Minute {
		since.value += " (" + words.Duration(c.lasted) + ")"
	}
	return append(slices.Clip(c.figures), since)
}
