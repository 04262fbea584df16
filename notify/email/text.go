package notify

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
)

// What a mail holds at most: a subject that is read at a glance, and a list that mail servers take.
const (
	maxSubject   = 150     // characters
	maxMailBytes = 1 << 20 // of the rows, before they are encoded
)

// compose makes the mail that says what changed in n. first is the Message-ID of the first mail of its thread; "" is that
// this is it.
func (e *Email) compose(n Notification, first string) *gomail.Msg {
	subject, text := mailText(n)
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
	// So that nobody's absence is answered to us.
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

// messageID is the same over repeated attempts to send this state of n: who gets it twice sees it once.
func (e *Email) messageID(n Notification) string {
	_, domain, _ := strings.Cut(e.from.Address[strings.LastIndex(e.from.Address, "@"):], "@")
	return "<" + url.QueryEscape(n.ID) + "." + url.QueryEscape(n.Key) + "@" + domain + ">"
}

// mailText is what changed in n, as a subject and as lines to read.
func mailText(n Notification) (subject, text string) {
	var m mailBody
	changed := n.ChangedAlerts()
	if len(changed) == 1 {
		subject = m.card(describeIn(n, changed[0]), changed[0])
	} else {
		subject = m.list(n, changed)
	}
	if same := slices.DeleteFunc(slices.Clone(n.Alerts), isChanged); len(same) > 0 && len(changed) < len(n.Alerts) {
		m.paragraph("As before: " + countLevels(same))
		m.rows(n, same)
	}
	subject = strings.ReplaceAll(subject, "=?", "= ?") // what begins so would be read as encoded
	return words.Cut(subject, maxSubject), strings.TrimSpace(m.text.String()) + "\n"
}

// A mailBody is built of paragraphs, with an empty line behind each.
type mailBody struct {
	text strings.Builder
}

// paragraph writes the lines that are not empty.
func (m *mailBody) paragraph(lines ...string) {
	if lines = filled(lines); len(lines) > 0 {
		m.text.WriteString(strings.Join(lines, "\n") + "\n\n")
	}
}

// table writes facts in two columns. Those without a value are left out.
func (m *mailBody) table(facts ...fact) {
	facts = slices.DeleteFunc(facts, func(f fact) bool { return f.value == "" })
	width := 0
	for _, f := range facts {
		width = max(width, utf8.RuneCountInString(f.label))
	}
	lines := make([]string, len(facts))
	for i, f := range facts {
		lines[i] = fmt.Sprintf("  %-*s  %s", width, f.label, f.value)
	}
	m.paragraph(lines...)
}

// card writes one alert and returns a subject for it.
func (m *mailBody) card(c card, a Alert) (subject string) {
	subject = c.word + ": " + c.headline
	m.paragraph(subject)
	m.table(c.facts()...)
	m.paragraph(c.detail...)
	if len(c.body) > 0 {
		m.text.WriteString(strings.Join(c.body, "\n") + "\n\n") // its empty lines too
	}
	m.paragraph(labelled("→ ", c.advice))
	m.table(
		fact{"subject", words.Dotted(c.subject, c.uid)}, fact{"page", words.Page(a.Subject.URL)}, fact{"project", c.project},
		fact{"rule", c.rule}, fact{"alert", c.id}, fact{"figures", asOf(c.asOf)},
	)
	return subject
}

// list writes several alerts and returns a subject for them.
func (m *mailBody) list(n Notification, alerts []Alert) (subject string) {
	l := describeList(n, alerts)
	subject = l.word + ": " + l.headline
	m.paragraph(subject)
	m.paragraph(l.detail...)
	m.rows(n, alerts)
	m.table(fact{"message", l.id}, fact{"figures", asOf(l.asOf)})
	return subject
}

// rows writes a line for each alert, by rule, as long as there is room.
func (m *mailBody) rows(n Notification, alerts []Alert) {
	groups := groupByRule(WorstFirst(alerts))
	for _, g := range groups {
		if len(groups) > 1 {
			m.line(g.rule + ": " + g.counts)
		}
		for i, a := range g.alerts {
			if m.text.Len() > maxMailBytes {
				m.line("  " + g.left(i) + "; see " + describeList(n, n.Alerts).hint())
				break
			}
			r := rowOf(a)
			m.line(fmt.Sprintf("  %-8s  %s", r.word, words.Dotted(nameOf(a.Subject), r.text)))
			for _, line := range lines(a.Body) {
				m.line(strings.TrimRight("    "+line, " "))
			}
		}
		if g.advice != "" {
			m.line("  → " + g.advice)
		}
		m.line("")
	}
}

func (m *mailBody) line(text string) { m.text.WriteString(text + "\n") }
