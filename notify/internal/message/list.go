package message

import (
	"slices"
	"strings"
	"time"

	"notewatch/internal/words"
	"notewatch/notify"
)

// A List is a message about several alerts in words: of one rule, or of several rules if it is a digest.
type List struct {
	Word     string // FIRING critical
	Tone     Tone
	Headline string  // counts of alerts
	Groups   []Group // by rule, that of the worst alert first; at most MaxRules
	More     string  // names of the rules that are left out; "" if there are none
	Detail   []string
	AsOf     time.Time // time of the oldest value
	ID       string    // of the message
	Count    int       // of alerts
}

// A Group holds the alerts of one rule in a list.
type Group struct {
	Rule   string
	Counts string // 2 critical, 7 warning
	Advice string
	// Runbook is the address of a page with instructions for all of them; "" if there is none.
	Runbook string
	Figure  string
	Alerts  []notify.Alert // worst first
	Top     int            // number of alerts to show
}

// Digest reports whether l is about several rules.
func (l List) Digest() bool { return len(l.Groups) > 1 }

// DescribeList returns some alerts of n in words, all of them or those that changed. The number that are still firing is that of all alerts
// of n.
func DescribeList(n notify.Notification, alerts []notify.Alert) List {
	sorted := notify.WorstFirst(alerts)
	groups := GroupByRule(sorted)
	l := List{
		Word: listWord(sorted), Tone: toneOf(sorted[0]), Headline: listHeadline(n, alerts, groups),
		Detail: slices.Concat(cohortOf(n), topUpsOf(n), commonDetail(alerts)), AsOf: oldest(alerts), ID: words.Clean(n.ID, MaxName), Count: len(alerts),
	}
	l.Groups = groups[:min(len(groups), notify.MaxRules)]
	if left := groups[len(l.Groups):]; len(left) > 0 {
		var hidden []notify.Alert
		for _, g := range left {
			hidden = append(hidden, g.Alerts...)
		}
		l.More = "and " + words.Count(len(left), "more rule") + ": " + CountLevels(hidden)
	}
	return l
}

// Hint returns the command that lists the alerts that a message leaves out.
func (l List) Hint() string { return "notewatch alerts --message " + l.ID }

// About returns the counts of g and its figure.
func (g Group) About() string { return words.Dotted(g.Counts, g.Figure) }

// Left counts the alerts of g after the first shown ones: "and 1,234 more: 2 critical, 1,232 warning". It is "" if there are none.
func (g Group) Left(shown int) string {
	if shown == len(g.Alerts) {
		return ""
	}
	left := "and " + words.Number(len(g.Alerts)-shown) + " more"
	if _, alike := Common(g.Alerts, levelWord); alike {
		return left
	}
	return left + ": " + CountLevels(g.Alerts[shown:])
}

// GroupByRule returns alerts in words by rule. The worst come first, in sorted and in each group.
func GroupByRule(sorted []notify.Alert) []Group {
	var groups []Group
	for _, g := range notify.ByRule(sorted) {
		first := g.Alerts[0]
		runbook, _ := Common(g.Alerts, func(a notify.Alert) string { return words.Page(a.Runbook) })
		groups = append(groups, Group{
			Runbook: runbook,
			Rule:    words.Clean(g.Rule, MaxName), Figure: words.Clean(first.Figure, MaxName), Advice: Describe(first).Advice,
			Counts: CountLevels(g.Alerts), Alerts: g.Alerts, Top: g.Top,
		})
	}
	return groups
}

// listHeadline counts alerts by level, and says how many of n are still firing once some have ended.
func listHeadline(n notify.Notification, alerts []notify.Alert, groups []Group) string {
	what := groups[0].Rule
	if len(groups) > 1 {
		what = words.Count(len(groups), "rule")
	}
	where := ""
	differs := func(a notify.Alert) bool { return a.Project != alerts[0].Project }
	if a := alerts[0]; a.Project != (notify.Named{}) && a.Project != a.Subject && !slices.ContainsFunc(alerts, differs) {
		where = " in " + NameOf(a.Project)
	}
	still := StillFiring(n.Alerts)
	switch {
	case still == "":
		return what + ": " + countOf(alerts) + where
	case !slices.ContainsFunc(n.Alerts, fires):
		return what + ": all " + words.Number(len(n.Alerts)) + " alerts" + where + " have ended"
	case len(alerts) < len(n.Alerts):
		return what + ": " + CountLevels(alerts) + ", " + still + where
	}
	firing := slices.DeleteFunc(slices.Clone(alerts), notify.Alert.Ended)
	if _, alike := Common(firing, levelWord); alike {
		return what + ": " + still + where
	}
	return what + ": " + still + " (" + CountLevels(firing) + ")" + where
}

func fires(a notify.Alert) bool { return !a.Ended() }

// countOf counts the alerts, by level if they differ: 7 devices; 3 alerts (1 critical, 2 warning).
func countOf(alerts []notify.Alert) string {
	noun := "alert"
	if !slices.ContainsFunc(alerts, func(a notify.Alert) bool { return !strings.HasPrefix(a.Subject.UID, "dev:") }) {
		noun = "device"
	}
	count := words.Count(len(alerts), noun)
	if _, alike := Common(alerts, levelWord); alike {
		return count
	}
	return count + " (" + CountLevels(alerts) + ")"
}

// levelWord returns what CountLevels counts an alert as.
func levelWord(a notify.Alert) string {
	if a.Ended() {
		return "ended"
	}
	return a.Level
}

// StillFiring counts the firing alerts: "2 of 3 still firing". It is "" if all are.
func StillFiring(alerts []notify.Alert) string {
	firing := 0
	for _, a := range alerts {
		if fires(a) {
			firing++
		}
	}
	if firing == len(alerts) {
		return ""
	}
	return words.Number(firing) + " of " + words.Number(len(alerts)) + " still firing"
}

// DescribeIn returns an alert of n in words, with the number of alerts of n that are still firing.
func DescribeIn(n notify.Notification, a notify.Alert) Card {
	c := Describe(a)
	if !a.Ended() {
		c.Detail = append(topUpsOf(n), c.Detail...)
	}
	if still := StillFiring(n.Alerts); len(n.Alerts) > 1 && still != "" {
		c.Detail = append(c.Detail, still+" in its group")
	}
	return c
}

// A Row is an alert in one line of a list.
type Row struct {
	Word  string // critical, resolved
	Text  string
	Brief string // the text without times
}

// RowOf returns the row of an alert.
func RowOf(a notify.Alert) Row {
	s, c := StatusOf(a), Describe(a)
	switch {
	case s == Report:
		return Row{strings.ToLower(string(s)), c.Headline, c.Headline}
	case a.Ended():
		figures := words.Dotted(JoinWords(named(a), "now", words.Figure(a.Value, a.Unit)), "peak "+OfLimit(a.Peak, a.Limit, a.Unit))
		if s == Withdrawn || s == Corrected {
			figures = words.Dotted(JoinWords(named(a), OfLimit(a.Value, a.Limit, a.Unit)), c.Why)
		}
		word := strings.ToLower(strings.TrimPrefix(c.Word, DrillMark))
		return Row{word, words.Dotted(figures, "lasted "+words.Duration(c.Lasted), c.ID), words.Dotted(figures, c.ID)}
	}
	var figures, since string
	if a.Figure != "" || words.Known(a.Value) {
		figures = JoinWords(named(a), OfLimit(a.Value, a.Limit, a.Unit))
	}
	if !c.Since.IsZero() {
		since = "since " + words.Time(c.Since)
	}
	marks := marksOf(a)
	return Row{words.Clean(a.Level, MaxName), words.Dotted(figures, since, marks, c.ID), words.Dotted(figures, marks, c.ID)}
}

// named returns the figure of a value without a unit, whose number alone says nothing.
func named(a notify.Alert) string {
	if a.Unit != "" {
		return ""
	}
	return words.Clean(a.Figure, MaxName)
}

// marksOf returns the notices of a firing alert in short form.
func marksOf(a notify.Alert) string {
	var marks []string
	if a.Mute != "" {
		marks = append(marks, "muted")
	}
	if a.Ack != "" {
		marks = append(marks, "acknowledged")
	}
	return words.Dotted(marks...)
}

// OfLimit returns a value with its share of the limit: "41.2 MB (103 % of 40 MB)".
func OfLimit(value, limit float64, unit string) string {
	text := words.Figure(value, unit)
	if share := words.Share(value, limit); share != "" {
		text += " (" + share + " of " + words.Figure(limit, unit) + ")"
	}
	return text
}

// listWord returns the word for several alerts, the worst of which comes first.
func listWord(sorted []notify.Alert) string {
	word := func(a notify.Alert) string { return WordOf(a, StatusOf(a)) }
	first := word(sorted[0])
	switch {
	case !slices.ContainsFunc(sorted, func(a notify.Alert) bool { return word(a) != first }):
		return first
	case sorted[0].Ended():
		return string(Resolved)
	}
	return WordOf(sorted[0], Firing)
}

// CountLevels counts alerts by level, and those that have ended: "2 critical, 7 warning, 3 ended".
func CountLevels(alerts []notify.Alert) string {
	counts := make(map[string]int)
	for _, a := range alerts {
		counts[levelWord(a)]++
	}
	var parts []string
	for _, kind := range []string{"critical", "warning", "info", "ended"} {
		if counts[kind] > 0 {
			parts = append(parts, words.Number(counts[kind])+" "+kind)
		}
	}
	return strings.Join(parts, ", ")
}

// commonDetail returns the detail lines that all alerts have, and their condition if they read different values.
func commonDetail(alerts []notify.Alert) []string {
	common := linesOf(alerts[0], StatusOf(alerts[0]))
	for _, a := range alerts[1:] {
		detail := linesOf(a, StatusOf(a))
		common = slices.DeleteFunc(common, func(line string) bool { return !slices.Contains(detail, line) })
	}
	condition, _ := Common(alerts, conditionOf)
	if line := Labelled("because ", words.Clean(condition, MaxDetail-len("because "))); line != "" && !slices.ContainsFunc(common, because) {
		common = append(common, line)
	}
	return common
}

// topUpsOf returns the line with what plans may buy: buys up to 12 blocks of data, USD 120.00.
func topUpsOf(n notify.Notification) []string {
	t := n.TopUps
	if t == nil {
		return nil
	}
	line := "buys a block of data"
	if t.Blocks > 1 {
		line = "buys up to " + words.Count(t.Blocks, "block") + " of data"
	}
	if t.Amount > 0 {
		line += ", " + words.Money(t.Amount, words.Clean(t.Currency, MaxName))
	}
	return []string{line}
}

// traits write what the devices of alerts have in common, after how many have it.
var traits = map[string]string{
	"updated": "have updated firmware since yesterday", "firmware": "run %s", "host_firmware": "run host firmware %s", "sku": "are %s",
	"product": "are of %s", "fleet": "are in fleet %s", "new": "are less than 48 hours old",
}

// cohortOf returns the line with what the devices of a message have in common while any of its alerts is firing: 41 of 44 run
// notecard-8.1.3, 12 % of all do.
func cohortOf(n notify.Notification) []string {
	c := n.Cohort
	if c == nil || traits[c.Trait] == "" || !slices.ContainsFunc(n.Alerts, fires) {
		return nil
	}
	has := strings.ReplaceAll(traits[c.Trait], "%s", words.Clean(c.Value, MaxName))
	verb, _, _ := strings.Cut(has, " ")
	if verb == "run" {
		verb = "do"
	}
	return []string{words.Number(c.Alerts) + " of " + words.Number(c.Of) + " " + has + ", " + words.Percent(c.Share) + " of all " + verb}
}

// conditionOf returns the condition that is true of an alert; "" if it is not known, or no reason.
func conditionOf(a notify.Alert) string {
	if a.Condition == nil {
		return ""
	}
	return a.Condition.Text
}

func because(line string) bool { return strings.HasPrefix(line, "because ") }

// oldest returns the time of the oldest value.
func oldest(alerts []notify.Alert) time.Time {
	var oldest time.Time
	for _, a := range alerts {
		if !a.AsOf.IsZero() && (oldest.IsZero() || a.AsOf.Before(oldest)) {
			oldest = a.AsOf
		}
	}
	return oldest
}
