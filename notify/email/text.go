package email

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// Maximum sizes: a subject that can be read at a glance, and a list that mail servers accept.
const (
	maxSubject = 150     // characters
	maxBytes   = 1 << 20 // of the rows, before they are encoded
)

// compose makes the mail about the changes in n. first is the Message-ID of the first mail of its thread; "" means that this mail is the
// first.
func (e *Receiver) compose(n notify.Notification, first string) *gomail.Msg {
	subject, text := textOf(n)
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	message.FromMailAddress(e.from)
	message.ToMailAddress(e.to...)
	message.Subject(encodeSubject(subject))
	message.SetDateWithValue(n.Sent.UTC())
	message.SetMessageIDWithValue(strings.Trim(e.messageID(n), "<>"))
	if first != "" {
		message.SetGenHeader(gomail.HeaderInReplyTo, first)
		message.SetGenHeader(gomail.HeaderReferences, first)
	}
	// Prevents automatic replies about absences.
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	message.SetBodyString(gomail.TypeTextPlain, text)
	return message
}

// encodeSubject returns the text of a header: in encoded words of RFC 2047, unless it is ASCII. Each word fits into the line
// that begins with "Subject: ". If the first word did not fit, the library would leave that line empty, and some mail programs
// would show no subject.
func encodeSubject(text string) string {
	if isASCII(text) {
		return text
	}
	const room = 9 // characters, of at most 4 bytes, which base64 makes a word of at most 60
	var words []string
	for characters := range slices.Chunk([]rune(text), room) {
		words = append(words, "=?UTF-8?b?"+base64.StdEncoding.EncodeToString([]byte(string(characters)))+"?=")
	}
	return strings.Join(words, " ")
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

// messageID returns an ID that is the same in repeated attempts to send this state of n, so that a mail program shows it once.
func (e *Receiver) messageID(n notify.Notification) string {
	_, domain, _ := strings.Cut(e.from.Address[strings.LastIndex(e.from.Address, "@"):], "@")
	return "<" + url.QueryEscape(n.ID) + "." + url.QueryEscape(n.Key) + "@" + domain + ">"
}

// textOf returns the changes in n as a subject and a text.
func textOf(n notify.Notification) (subject, text string) {
	var m document
	changed := n.ChangedAlerts()
	if len(changed) == 1 {
		subject = m.card(message.DescribeIn(n, changed[0]), changed[0])
	} else {
		subject = m.list(n, changed)
	}
	if same := slices.DeleteFunc(slices.Clone(n.Alerts), message.IsChanged); len(same) > 0 && len(changed) < len(n.Alerts) {
		m.paragraph("As before: " + message.CountLevels(same))
		m.rows(n, same)
	}
	subject = strings.ReplaceAll(subject, "=?", "= ?") // this sequence would be read as encoded
	return words.Cut(subject, maxSubject), strings.TrimSpace(m.text.String()) + "\n"
}

// A document collects paragraphs, with an empty line after each.
type document struct {
	text strings.Builder
}

// paragraph writes the lines that are not empty.
func (m *document) paragraph(lines ...string) {
	if lines = message.Filled(lines); len(lines) > 0 {
		m.text.WriteString(strings.Join(lines, "\n") + "\n\n")
	}
}

// table writes facts in two columns. It leaves out those without a value.
func (m *document) table(facts ...message.Fact) {
	facts = slices.DeleteFunc(facts, func(f message.Fact) bool { return f.Value == "" })
	width := 0
	for _, f := range facts {
		width = max(width, utf8.RuneCountInString(f.Label))
	}
	lines := make([]string, len(facts))
	for i, f := range facts {
		lines[i] = fmt.Sprintf("  %-*s  %s", width, f.Label, f.Value)
	}
	m.paragraph(lines...)
}

// fact is a row of a table.
func fact(label, value string) message.Fact { return message.Fact{Label: label, Value: value} }

// card writes one alert and returns a subject for it.
func (m *document) card(c message.Card, a notify.Alert) (subject string) {
	subject = c.Word + ": " + c.Headline
	m.paragraph(subject)
	m.table(c.Facts()...)
	m.paragraph(c.Detail...)
	if len(c.Body) > 0 {
		m.text.WriteString(strings.Join(c.Body, "\n") + "\n\n") // its empty lines too
	}
	m.paragraph(message.Filled([]string{message.Labelled("→ ", c.Advice), message.RunbookLine(c.Runbook)})...)
	m.table(
		fact("subject", words.Dotted(c.Subject, c.UID)), fact("page", words.Page(a.Subject.URL)), fact("project", c.Project),
		fact("rule", c.Rule), fact("alert", c.ID), fact("figures", message.AsOf(c.AsOf)),
	)
	return subject
}

// list writes several alerts and returns a subject for them.
func (m *document) list(n notify.Notification, alerts []notify.Alert) (subject string) {
	l := message.DescribeList(n, alerts)
	subject = l.Word + ": " + l.Headline
	m.paragraph(subject)
	m.paragraph(l.Detail...)
	m.rows(n, alerts)
	m.table(fact("message", l.ID), fact("figures", message.AsOf(l.AsOf)))
	return subject
}

// rows writes a line for each alert, by rule, as long as they fit.
func (m *document) rows(n notify.Notification, alerts []notify.Alert) {
	groups := message.GroupByRule(notify.WorstFirst(alerts))
	for _, g := range groups {
		if len(groups) > 1 {
			m.line(g.Rule + ": " + g.Counts)
		}
		for i, a := range g.Alerts {
			if m.text.Len() > maxBytes {
				m.line("  " + g.Left(i) + "; see " + message.DescribeList(n, n.Alerts).Hint())
				break
			}
			r := message.RowOf(a)
			m.line(fmt.Sprintf("  %-8s  %s", r.Word, words.Dotted(message.NameOf(a.Subject), r.Text)))
			for _, line := range message.BodyLines(a.Body) {
				m.line(strings.TrimRight("    "+line, " "))
			}
		}
		if g.Advice != "" {
			m.line("  → " + g.Advice)
		}
		if g.Runbook != "" {
			m.line("  " + message.RunbookLine(g.Runbook))
		}
		m.line("")
	}
}

func (m *document) line(text string) { m.text.WriteString(text + "\n") }
