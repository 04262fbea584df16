package ruletest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/rehearse"
	"notewatch/internal/ruletest/testfile"
	"notewatch/internal/words"
)

// A Difference is a part of the result of a test that differs from what the test expects.
type Difference struct {
	Of    string `json:"of"` // alerts, messages to on-call, results
	Lines []Line `json:"lines"`
}

// A Line is a line of a difference.
type Line struct {
	Sign string `json:"sign"` // "-": expected, but missing; "+": not expected; "": expected and found
	Text string `json:"text"`
	Line int    `json:"line,omitempty"` // of the file, if the line is expected
}

// compare returns the differences between the expected and the actual results of a test.
func compare(t *testfile.Test, got actual) []Difference {
	all := []Difference{}
	add := func(of string, lines []Line) {
		if slices.ContainsFunc(lines, func(l Line) bool { return l.Sign != "" }) {
			all = append(all, Difference{of, lines})
		}
	}
	if t.Expect.Alerts != nil {
		alerts := slices.DeleteFunc(got.alerts, func(a Alert) bool { return leftOut(t, a.Rule) })
		add("alerts", alignAlerts(t, alerts))
	}
	for _, m := range t.Expect.Messages {
		messages := slices.DeleteFunc(got.messages[m.Key], func(one rehearse.Message) bool { return leftOut(t, one.Rules...) })
		add("messages to "+m.Key, alignMessages(t, m.Value, messages))
	}
	add("results", alignResults(t, got.results))
	return all
}

// leftOut reports whether a test checks none of the given rules.
func leftOut(t *testfile.Test, rules ...string) bool {
	return len(t.Only) > 0 && !slices.ContainsFunc(rules, func(name string) bool { return slices.Contains(t.Only, name) })
}

// alignAlerts returns the actual alerts in their order, each after the expected one that is most similar.
func alignAlerts(t *testfile.Test, got []Alert) (lines []Line) {
	left := slices.Clone(t.Expect.Alerts)
	matched := make([]*testfile.Alert, len(got))
	for i, a := range got {
		if at := slices.IndexFunc(left, func(want testfile.Alert) bool { return matchesAlert(t, want, a) }); at >= 0 {
			want := left[at]
			matched[i], left = &want, slices.Delete(left, at, at+1)
		}
	}
	for i, a := range got {
		if want := matched[i]; want != nil {
			lines = append(lines, Line{"", alertText(t, a), want.Line})
			continue
		}
		like := func(want testfile.Alert) bool { return want.Rule == a.Rule && subjectOf(t, want.Subject) == a.Subject }
		if at := slices.IndexFunc(left, like); at >= 0 {
			lines = append(lines, Line{"-", wantedAlert(t, left[at]), left[at].Line})
			left = slices.Delete(left, at, at+1)
		}
		lines = append(lines, Line{"+", alertText(t, a), 0})
	}
	for _, want := range left {
		lines = append(lines, Line{"-", wantedAlert(t, want), want.Line})
	}
	return lines
}

// subjectOf returns the name of a subject. If a test names none, it is the name of the project.
func subjectOf(t *testfile.Test, name string) string { return cmp.Or(name, t.Project) }

func matchesAlert(t *testfile.Test, want testfile.Alert, a Alert) bool {
	firing := !want.Ended.Given() && want.As == ""
	return want.Rule == a.Rule && subjectOf(t, want.Subject) == a.Subject &&
		(want.Level == "" || string(want.Level) == a.Level) &&
		(!want.Fired.Given() || want.Fired.Has(a.Fired, t.Begins())) &&
		a.Ended.IsZero() == firing &&
		(!want.Ended.Given() || want.Ended.Has(a.Ended, t.Begins())) &&
		(want.As == "" || string(want.As) == a.As)
}

func alertText(t *testfile.Test, a Alert) string {
	end := "firing"
	if !a.Ended.IsZero() {
		end = "ended " + stamp(a.Ended, t) + " as " + a.As
	}
	return spaced(a.Rule, a.Subject, a.Level, "fired "+stamp(a.Fired, t), end)
}

func wantedAlert(t *testfile.Test, a testfile.Alert) string {
	end := spaceWords(labelled("ended", rangeText(a.Ended, t)), labelled("as", string(a.As)))
	return spaced(a.Rule, subjectOf(t, a.Subject), string(a.Level), labelled("fired", rangeText(a.Fired, t)), cmp.Or(end, "firing"))
}

// alignMessages returns the actual and the expected messages in their order, with as many pairs as possible.
func alignMessages(t *testfile.Test, want []testfile.Message, got []rehearse.Message) (lines []Line) {
	// pairs[i][j] is the number of pairs of want[i:] and got[j:].
	pairs := make([][]int, len(want)+1)
	for i := range pairs {
		pairs[i] = make([]int, len(got)+1)
	}
	for i, one := range slices.Backward(want) {
		for j := len(got) - 1; j >= 0; j-- {
			pairs[i][j] = max(pairs[i+1][j], pairs[i][j+1])
			if matchesMessage(t, one, got[j]) {
				pairs[i][j] = max(pairs[i][j], pairs[i+1][j+1]+1)
			}
		}
	}
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && matchesMessage(t, want[i], got[j]):
			lines = append(lines, Line{"", messageText(t, got[j]), want[i].Line})
			i, j = i+1, j+1
		case i < len(want) && pairs[i+1][j] == pairs[i][j]:
			lines = append(lines, Line{"-", wantedMessage(t, want[i]), want[i].Line})
			i++
		default:
			lines = append(lines, Line{"+", messageText(t, got[j]), 0})
			j++
		}
	}
	return lines
}

func matchesMessage(t *testfile.Test, want testfile.Message, m rehearse.Message) bool {
	subjects := slices.Sorted(slices.Values(want.Subject))
	return (want.Rule == "" || want.Rule == m.Rule) && string(want.Reason) == m.Reason &&
		(!want.When.Given() || want.When.Has(m.At, t.Begins())) &&
		(want.Level == "" || string(want.Level) == m.Level) &&
		(want.Count == 0 || want.Count == m.Count) &&
		(want.Subject == nil || slices.Equal(subjects, m.Subjects)) &&
		!slices.ContainsFunc(want.Text, func(text string) bool { return !strings.Contains(words.Line(m.Text), words.Line(text)) })
}

// maxNamed is how many subjects of a message are named in a difference.
const maxNamed = 5

func messageText(t *testfile.Test, m rehearse.Message) string {
	named := strings.Join(m.Subjects[:min(maxNamed, len(m.Subjects))], ", ")
	if more := len(m.Subjects) - maxNamed; more > 0 {
		named += fmt.Sprintf(" and %d more", more)
	}
	return spaced(stamp(m.At, t), cmp.Or(m.Rule, "several rules"), named, m.Level, m.Reason) + "\n" + m.Text
}

func wantedMessage(t *testfile.Test, m testfile.Message) string {
	count := ""
	if m.Count > 0 {
		count = words.Count(m.Count, "alert")
	}
	lines := []string{spaced(rangeText(m.When, t), m.Rule, strings.Join(m.Subject, ", "), string(m.Level), string(m.Reason), count)}
	for _, part := range m.Text {
		lines = append(lines, "… "+part+" …")
	}
	return strings.Join(lines, "\n")
}

// alignResults returns the actual results with the expected ones.
func alignResults(t *testfile.Test, got []string) (lines []Line) {
	for i, want := range t.Expect.Results {
		text := func(is string) string {
			return spaced(stamp(want.When.In(t.Begins()), t), want.Rule, subjectOf(t, want.Subject), is)
		}
		if got[i] == string(want.Is) {
			lines = append(lines, Line{"", text(got[i]), want.Line})
			continue
		}
		lines = append(lines, Line{"-", text(string(want.Is)), want.Line}, Line{"+", text(got[i]), 0})
	}
	return lines
}

// stamp formats an instant as tests write it: 1d 09:30.
func stamp(at time.Time, t *testfile.Test) string {
	days := daysBetween(t.Begins(), at)
	layout := "15:04"
	if at.Second() != 0 {
		layout = time.TimeOnly
	}
	return fmt.Sprintf("%dd %s", days, at.UTC().Format(layout))
}

func rangeText(r testfile.Range, t *testfile.Test) string {
	if !r.Given() {
		return ""
	}
	from, to := stamp(r.From.In(t.Begins()), t), stamp(r.To.In(t.Begins()), t)
	if from == to {
		return from
	}
	return from + " .. " + to
}

func labelled(label, text string) string {
	if text == "" {
		return ""
	}
	return label + " " + text
}

// spaced joins the parts that are not empty, with two blanks.
func spaced(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "  ")
}

func spaceWords(parts ...string) string { return strings.ReplaceAll(spaced(parts...), "  ", " ") }
