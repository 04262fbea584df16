package notify

import (
	"slices"
	"strings"
	"time"

	"notewatch/internal/words"
)

// A list is a message about several alerts in words: of one rule, or of several rules if it is a digest.
type list struct {
	word     string // FIRING critical
	tone     tone
	headline string  // how many there are of what
	groups   []group // by rule, that with the worst alert first; at most MaxRules
	more     string  // which rules are left out; "" is none
	detail   []string
	asOf     time.Time // when the oldest of the figures was read
	id       string    // of the message
	count    int       // of alerts
}

// A group is the alerts of one rule in a list.
type group struct {
	rule   string
	counts string // 2 critical, 7 warning
	advice string
	figure string
	alerts []Alert // the worst first
	top    int     // how many of them to show
}

// digest reports whether l is about several rules.
func (l list) digest() bool { return len(l.groups) > 1 }

// describeList puts some alerts of n into words, all of them or those that changed. How many still fire is counted over
// all of n.
func describeList(n Notification, alerts []Alert) list {
	sorted := WorstFirst(alerts)
	groups := groupByRule(sorted)
	l := list{
		word: listWord(sorted), tone: toneOf(sorted[0]), headline: listHeadline(n, alerts, groups),
		detail: commonDetail(alerts), asOf: oldest(alerts), id: words.Clean(n.ID, maxName), count: len(alerts),
	}
	l.groups = groups[:min(len(groups), MaxRules)]
	if left := groups[len(l.groups):]; len(left) > 0 {
		var hidden []Alert
		for _, g := range left {
			hidden = append(hidden, g.alerts...)
		}
		l.more = "and " + words.Count(len(left), "more rule") + ": " + countLevels(hidden)
	}
	return l
}

// hint says how to see what a message leaves out.
func (l list) hint() string { return "notewatch alerts --message " + l.id }

// about says how many there are of what.
func (g group) about() string { return words.Dotted(g.counts, g.figure) }

// left counts the alerts of g that are not shown when shown are: "and 1,234 more: 2 critical, 1,232 warning". It is "" when
// none is left out.
func (g group) left(shown int) string {
	if shown == len(g.alerts) {
		return ""
	}
	return "and " + words.Number(len(g.alerts)-shown) + " more" + ": " + countLevels(g.alerts[shown:])
}

// groupByRule puts alerts into words by rule, of which the worst come first.
func groupByRule(sorted []Alert) []group {
	var groups []group
	for _, g := range ByRule(sorted) {
		first := g.Alerts[0]
		groups = append(groups, group{
			rule: words.Clean(g.Rule, maxName), figure: words.Clean(first.Figure, maxName), advice: describe(first).advice,
			counts: countLevels(g.Alerts), alerts: g.Alerts, top: g.Top,
		})
	}
	return groups
}

// listHeadline counts alerts by level, and says how many of n still fire once some have ended.
func listHeadline(n Notification, alerts []Alert, groups []group) string {
	what := groups[0].rule
	if len(groups) > 1 {
		what = words.Count(len(groups), "rule")
	}
	where := ""
	differs := func(a Alert) bool { return a.Project != alerts[0].Project }
	if a := alerts[0]; a.Project != (Named{}) && a.Project != a.Subject && !slices.ContainsFunc(alerts, differs) {
		where = " in " + nameOf(a.Project)
	}
	still := stillFiring(n.Alerts)
	switch {
	case still == "":
		return what + ": " + countLevels(alerts) + where
	case !slices.ContainsFunc(n.Alerts, fires):
		return what + ": all " + words.Number(len(n.Alerts)) + " ended" + where
	case len(alerts) < len(n.Alerts):
		return what + ": " + countLevels(alerts) + ", " + still + where
	}
	firing := slices.DeleteFunc(slices.Clone(alerts), Alert.Ended)
	return what + ": " + still + " (" + countLevels(firing) + ")" + where
}

func fires(a Alert) bool { return !a.Ended() }

// stillFiring says how many of alerts fire; "" if all do.
func stillFiring(alerts []Alert) string {
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

// describeIn puts an alert of n into words, and says how many of those in n still fire.
func describeIn(n Notification, a Alert) card {
	c := describe(a)
	if still := stillFiring(n.Alerts); len(n.Alerts) > 1 && still != "" {
		c.detail = append(c.detail, still+" in its group")
	}
	return c
}

// A row says of an alert in a list what its card would say at length.
type row struct {
	word  string // critical, resolved
	text  string
	brief string // the text without times
}

func rowOf(a Alert) row {
	s, c := statusOf(a), describe(a)
	switch {
	case s == report:
		return row{strings.ToLower(string(s)), c.headline, c.headline}
	case s == withdrawn, s == corrected:
		word, figures := strings.ToLower(strings.TrimPrefix(c.word, drillMark)), words.Dotted(ofLimit(a.Value, a.Limit, a.Unit), c.why)
		return row{word, words.Dotted(figures, "lasted "+words.Duration(c.lasted), c.id), words.Dotted(figures, c.id)}
	case a.Ended():
		figures := words.Dotted("now "+words.Figure(a.Value, a.Unit), "peak "+ofLimit(a.Peak, a.Limit, a.Unit))
		word := strings.ToLower(strings.TrimPrefix(c.word, drillMark))
		return row{word, words.Dotted(figures, "lasted "+words.Duration(c.lasted), c.id), words.Dotted(figures, c.id)}
	}
	var figures, since string
	if a.Figure != "" || words.Known(a.Value) {
		figures = ofLimit(a.Value, a.Limit, a.Unit)
	}
	if !c.since.IsZero() {
		since = "since " + words.Time(c.since)
	}
	marks := marksOf(a)
	return row{words.Clean(a.Level, maxName), words.Dotted(figures, since, marks, c.id), words.Dotted(figures, marks, c.id)}
}

// marksOf says shortly what the notices of a firing alert say at length.
func marksOf(a Alert) string {
	var marks []string
	if a.Mute != "" {
		marks = append(marks, "muted")
	}
	if a.Ack != "" {
		marks = append(marks, "acknowledged")
	}
	return words.Dotted(marks...)
}

// ofLimit formats a figure with its share of the limit: "41.2 MB (103 % of 40 MB)".
func ofLimit(value, limit float64, unit string) string {
	text := words.Figure(value, unit)
	if share := words.Share(value, limit); share != "" {
		text += " (" + share + " of " + words.Figure(limit, unit) + ")"
	}
	return text
}

// listWord is the word for several alerts, the worst of which comes first.
func listWord(sorted []Alert) string {
	word := func(a Alert) string { return wordOf(a, statusOf(a)) }
	first := word(sorted[0])
	switch {
	case !slices.ContainsFunc(sorted, func(a Alert) bool { return word(a) != first }):
		return first
	case sorted[0].Ended():
		return string(resolved)
	}
	return wordOf(sorted[0], firing)
}

// countLevels counts alerts by level, and those that have ended: "2 critical, 7 warning, 3 ended".
func countLevels(alerts []Alert) string {
	counts := make(map[string]int)
	for _, a := range alerts {
		if a.Ended() {
			counts["ended"]++
		} else {
			counts[a.Level]++
		}
	}
	var parts []string
	for _, kind := range []string{"critical", "warning", "info", "ended"} {
		if counts[kind] > 0 {
			parts = append(parts, words.Number(counts[kind])+" "+kind)
		}
	}
	return strings.Join(parts, ", ")
}

// commonDetail returns the detail lines that all alerts have.
func commonDetail(alerts []Alert) []string {
	common := linesOf(alerts[0], statusOf(alerts[0]))
	for _, a := range alerts[1:] {
		detail := linesOf(a, statusOf(a))
		common = slices.DeleteFunc(common, func(line string) bool { return !slices.Contains(detail, line) })
	}
	return common
}

// oldest returns when the oldest of the figures was read.
func oldest(alerts []Alert) time.Time {
	var oldest time.Time
	for _, a := range alerts {
		if !a.AsOf.IsZero() && (oldest.IsZero() || a.AsOf.Before(oldest)) {
			oldest = a.AsOf
		}
	}
	return oldest
}
