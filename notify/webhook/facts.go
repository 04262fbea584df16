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

// Facts are the data of a template of a webhook: a message in the words of all receivers, made safe for display but not for JSON, for which
// the template has the function json. A message about one alert has Figures, and one about several has Rows.
//
// A template is one of text/template that writes a JSON body. In addition to the body it may define templates with these names, each of
// which writes one word:
//
//	send    true or false: whether to send a request; without it, a request is sent if the message is not quiet
//	method  POST, PUT or PATCH; without it, POST
//	path    appended to the path of the URL; text after a ? is appended to its query; without it, nothing
//	ref     the part of the answer to store, as Ref of later states
//	status  the HTTP status of an error in the text of an answer of 2xx; without it, such an answer is a success
//
// A template fails if it takes more than 100,000 steps or writes more than 1 MiB. Methods take only constants, and printf has no
// widths above 999.
//
// The functions, in addition to those of text/template, are
//
//	json V           any value as JSON
//	cut N S          S, shortened to N characters
//	bytes N S        S, shortened to N bytes
//	fit N LINES      as many of the lines as fit into N bytes: the first ones, the number of those left out, and the last
//	join SEP LINES   the lines as one text
//	code LINES       the lines as a block of code in Markdown
//	md S             S with a backslash before each character that has a meaning in Markdown
//	default D S      S, or D if that is empty
//	path S           S as one part of a URL's path
//	time T           an instant as text for people
//	rfc3339 T        an instant as in RFC 3339
//	figure X UNIT    a value as text for people
//	find PATTERN S   the match of a regular expression in S, or its first group if it has one; "" if nothing matches
type Facts struct {
	ID     string // of the message, the same for all its states, to identify an incident
	Key    string // of this state
	Rule   string // "" if the alerts are of several
	Status string // firing while any alert is firing; resolved; or report
	Level  string // info, warning, critical: the highest of the firing alerts, or of the ended ones if none is firing
	Tone   string // for a colour: a level; good if ended, gone if withdrawn, neutral for a report

	Word   string // FIRING critical. A drill begins with "DRILL: "
	Title  string // one sentence
	Advice string // one next step; may be ""

	Runbook string // address of a page with instructions; may be ""

	Figures []Figure
	Rows    []string // the worst alerts, one line each, and the number of others
	Detail  []string // further lines, such as that it is a drill, muted or acknowledged
	Body    []string // lines to show unchanged, such as a report

	Subject notify.Named // the device or project; zero for several alerts
	Project notify.Named // zero if the alerts are of several projects
	Link    string       // page of the subject or the project; may be ""
	Source  string       // rule, alert and time of the data, in one line

	Time  time.Time // of the newest change; may be zero, like the next two
	Since time.Time // when the condition was first found true
	AsOf  time.Time // of the values

	Count  int // of alerts
	Firing int // number of firing alerts
	Drill  bool
	Mute   string // why it is muted; for several alerts only if it is the same for all
	Ack    string // who acknowledged it; likewise

	Quiet  bool   // disturb no one
	Posted bool   // something was posted before, or may have been
	Ref    string // what was stored of an earlier answer; may be ""
	Target string // the last part of the URL's path

	Answer     any    // of the receiver, decoded JSON; nil if it is not JSON. Only in ref and status, like AnswerText
	AnswerText string // of the receiver, without white space around it

	notification notify.Notification
	all          func() Facts
	data         func() Data
}

// A Figure is a labelled piece of text, such as "limit" and "40 MB".
type Figure struct{ Label, Value string }

// newFacts describes the changes in n.
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

// All returns the facts of all alerts of the message, not only of those that changed, for receivers that show the whole message in place of
// the earlier one.
func (f Facts) All() Facts {
	all := f.all()
	all.Answer, all.AnswerText = f.Answer, f.AnswerText
	return all
}

// Data returns the member data of the format standard.
func (f Facts) Data() Data { return f.data() }

// Lines returns all lines below the title. The last line is the source.
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

// Text returns the lines without values and body.
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

// cleanNamed returns n fit for display.
func cleanNamed(n notify.Named) notify.Named {
	if n == (notify.Named{}) {
		return n
	}
	return notify.Named{UID: words.Clean(n.UID, message.MaxName), Name: message.NameOf(n), URL: words.Page(n.URL)}
}
