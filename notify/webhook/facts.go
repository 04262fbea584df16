package webhook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// Facts is what a template of a webhook sees: a message in the words of all receivers, made safe for display but
// not for JSON, for which the template has the function json. A message about one alert has Figures, and one about several
// has Rows.
//
// A template is one of text/template that gives a JSON body. Apart from the body it may define templates of these names,
// each of which gives one word:
//
//	send    whether there is a request at all, true or false; without it, whether the message is not quiet
//	method  POST, PUT or PATCH; without it, POST
//	path    what is put behind the path of the URL, with what is put behind its query after a ?; without it, nothing
//	ref     what to remember of the answer, as Ref of the states that follow
//	status  the HTTP status of an error in the text of an answer of 2xx; without it, such an answer is a success
//
// A template fails if it takes more than 100,000 steps or writes more than 1 MiB. Methods take only constants, and printf has no
// widths above 999.
//
// The functions, beside those of text/template, are
//
//	json V           any value as JSON
//	cut N S          S, shortened to N characters
//	bytes N S        S, shortened to N bytes
//	fit N LINES      as many of the lines as have N bytes together: the first ones, how many are left out, and the last
//	join SEP LINES   the lines as one text
//	code LINES       the lines as a block of code in Markdown
//	md S             S with the characters that Markdown gives a meaning behind a backslash
//	default D S      S, or D if that is empty
//	path S           S as one part of a URL's path
//	time T           an instant for people
//	rfc3339 T        an instant for machines
//	figure X UNIT    a figure for people
//	find PATTERN S   what a regular expression matches in S, or its first group if it has one; "" if it matches nothing
type Facts struct {
	ID     string // of the message, the same for all its states: what to recognize an incident by
	Key    string // of this state
	Rule   string // "" if the alerts are of several
	Status string // firing while any alert is; resolved; or report
	Level  string // info, warning, critical: the highest that fires, or the highest of what is over
	Tone   string // what to show as a colour: a level; good is over, gone is withdrawn, neutral is a report

	Word   string // FIRING critical. A drill begins with "DRILL: "
	Title  string // one sentence
	Advice string // one next step; may be ""

	Runbook string // address of a page that says what to do; may be ""

	Figures []Figure
	Rows    []string // the worst alerts, a line each, and how many more there are
	Detail  []string // further lines; that it is a drill, muted or acknowledged is one of them
	Body    []string // lines to be shown as they are, such as a report

	Subject notify.Named // the device or project; of several alerts zero
	Project notify.Named // zero if the alerts are of several
	Link    string       // where to look at the subject or the project; may be ""
	Source  string       // which rule and alert, and of when, in one line

	Time  time.Time // when it came about; may be zero, as the next two
	Since time.Time // when the condition was first found true
	AsOf  time.Time // of the figures

	Count  int // of alerts
	Firing int // how many of them are
	Drill  bool
	Mute   string // why people are not told; of several alerts only if all have the same
	Ack    string // who has taken it on; likewise

	Quiet  bool   // nobody is to be disturbed
	Posted bool   // something was posted before, or may have been
	Ref    string // what was remembered of it; may be ""
	Target string // the last part of the URL's path

	Answer     any    // of the receiver, decoded JSON; nil if it is not JSON. Only in ref and status, like AnswerText
	AnswerText string // of the receiver, without white space around it

	notification notify.Notification
	all          func() Facts
	data         func() Data
}

// A Figure is a labelled piece of text, such as "limit" and "40 MB".
type Figure struct{ Label, Value string }

// newFacts describes what changed in n.
func newFacts(n notify.Notification, was handle, target string) Facts {
	f := Facts{
		ID: n.ID, Key: n.Key, Status: "report", Quiet: n.Quiet,
		Posted: was.Posted != "" || n.Tried, Ref: was.Ref, Target: target, notification: n,
	}
	if alerts := message.WithoutReports(n.Alerts); len(alerts) > 0 {
		f.Status = stateOf(alerts)
	}
	// Templates may call All and Data in loops.
	f.data = sync.OnceValue(func() Data { return bodyOf(n).Data })
	f.all = sync.OnceValue(func() Facts { return f.about(n.Alerts) })
	return f.about(n.ChangedAlerts())
}

// answered returns f with the answer of the receiver.
func (f Facts) answered(body []byte) Facts {
	f.AnswerText = strings.TrimSpace(string(body))
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&f.Answer) != nil {
		f.Answer = nil
	}
	return f
}

// All returns the facts of all alerts of the message, and not only of those that changed: for what shows the whole message
// in place of what was shown before.
func (f Facts) All() Facts {
	all := f.all()
	all.Answer, all.AnswerText = f.Answer, f.AnswerText
	return all
}

// Data returns what the format standard says under that name.
func (f Facts) Data() Data { return f.data() }

// Lines returns all that is to be said below the title, of which the last line is the source.
func (f Facts) Lines() []string {
	figures := make([]message.Fact, len(f.Figures))
	for i, figure := range f.Figures {
		figures[i] = message.Fact{Label: figure.Label, Value: figure.Value}
	}
	lines := slices.Concat(f.text(), f.Body, []string{f.Source})
	if len(figures) > 0 {
		lines = slices.Insert(lines, 0, message.JoinFacts(figures))
	}
	return lines
}

// Text returns the lines without figures and body.
func (f Facts) Text() []string { return append(f.text(), f.Source) }

func (f Facts) text() []string {
	lines := slices.Clone(f.Detail)
	if f.Advice != "" {
		lines = append(lines, "→ "+f.Advice)
	}
	if f.Runbook != "" {
		lines = append(lines, message.RunbookLine(f.Runbook))
	}
	return append(lines, f.Rows...)
}

// about returns f with the facts of alerts.
func (f Facts) about(alerts []notify.Alert) Facts {
	same := func(limit int, of func(notify.Alert) string) string {
		value, _ := message.Common(alerts, of)
		return words.Clean(value, limit)
	}
	f.Rule = same(message.MaxName, func(a notify.Alert) string { return a.Rule })
	f.Mute = same(message.MaxDetail, func(a notify.Alert) string { return a.Mute })
	f.Ack = same(message.MaxDetail, func(a notify.Alert) string { return a.Ack })
	f.Drill = slices.ContainsFunc(alerts, func(a notify.Alert) bool { return a.Drill })
	f.Time, f.Count, f.Firing = message.Newest(alerts), len(alerts), 0
	for _, a := range alerts {
		if a.State == "firing" {
			f.Firing++
		}
	}
	f.Project = notify.Named{}
	if a := alerts[0]; !slices.ContainsFunc(alerts, func(b notify.Alert) bool { return a.Project != b.Project }) {
		f.Project = cleanNamed(a.Project)
	}
	if len(alerts) == 1 {
		return f.aboutOne(alerts[0])
	}
	return f.aboutSeveral(alerts)
}

func (f Facts) aboutOne(a notify.Alert) Facts {
	c := message.Describe(a)
	f.Level, f.Tone, f.Word, f.Title, f.Advice = words.Clean(a.Level, message.MaxName), string(c.Tone), c.Word, c.Headline, c.Advice
	f.Runbook = c.Runbook
	f.Detail, f.Body, f.Rows = c.Detail, c.Body, nil
	f.Figures = nil
	for _, figure := range c.Facts() {
		f.Figures = append(f.Figures, Figure{figure.Label, figure.Value})
	}
	f.Subject, f.Since, f.AsOf = cleanNamed(a.Subject), c.Since, c.AsOf
	f.Link = cmp.Or(f.Subject.URL, f.Project.URL)
	f.Source = words.Dotted(c.UID, c.Project, "rule "+c.Rule, "alert "+c.ID, message.AsOf(c.AsOf))
	return f
}

func (f Facts) aboutSeveral(alerts []notify.Alert) Facts {
	l := message.DescribeList(f.notification, alerts)
	f.Level, f.Tone = words.Clean(l.Groups[0].Alerts[0].Level, message.MaxName), string(l.Tone)
	f.Word, f.Title, f.Detail, f.Advice = l.Word, l.Headline, l.Detail, ""
	f.Runbook = ""
	if !l.Digest() {
		f.Advice, f.Runbook = l.Groups[0].Advice, l.Groups[0].Runbook
	}
	f.Figures, f.Body, f.Subject, f.Since, f.AsOf = nil, nil, notify.Named{}, time.Time{}, l.AsOf
	f.Link = f.Project.URL
	f.Source = words.Dotted(words.Count(l.Count, "alert"), "message "+l.ID+" ("+l.Hint()+")", message.AsOf(l.AsOf))
	f.Rows = nil
	for _, g := range l.Groups {
		if l.Digest() {
			f.Rows = append(f.Rows, g.Rule+": "+g.Counts)
		}
		for _, a := range g.Alerts[:g.Top] {
			r := message.RowOf(a)
			f.Rows = append(f.Rows, "• "+r.Word+" "+message.NameOf(a.Subject)+" · "+r.Text)
		}
		if left := g.Left(g.Top); left != "" {
			f.Rows = append(f.Rows, left)
		}
	}
	if l.More != "" {
		f.Rows = append(f.Rows, l.More)
	}
	return f
}

// cleanNamed returns n as it may be shown.
func cleanNamed(n notify.Named) notify.Named {
	if n == (notify.Named{}) {
		return n
	}
	return notify.Named{UID: words.Clean(n.UID, message.MaxName), Name: message.NameOf(n), URL: words.Page(n.URL)}
}
