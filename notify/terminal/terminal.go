package terminal

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// A Receiver prints alerts for an operator, as blocks of a few lines:
//
//	12 Jan 14:05 UTC  FIRING critical      sensor-14 has used 41.2 MB of 40 MB this month
//	                  bytes.used 41.2 MB (103 %) · limit 40 MB · usual day 1.25 MB · alert since 13:50 (15 min) · data of 14:04
//	                  → Check the sync period. [project cold-chain · rule data-budget · alert 7f3a]
//
// The first time is that of the alert, not of the printing. All times are UTC, those of the same day without a date. Printed blocks stay:
// each change is a new block.
type Receiver struct {
	w     io.Writer
	color bool
	width int // of the terminal in columns; 0: nothing is broken
}

// New returns a receiver that prints to w. Without color it writes no escape sequences; control characters in names never reach w
// unescaped.
func New(w io.Writer, color bool) *Receiver { return &Receiver{w: w, color: color} }

// Within lets the receiver break lines that are wider than a number of columns, and returns it. 0 breaks none, as for files and pipes.
func (t *Receiver) Within(columns int) *Receiver {
	t.width = columns
	return t
}

// Send prints the changed alerts of n in one write: a single one in full, of several the worst of each rule. It returns ErrSkipped if n is
// quiet.
func (t *Receiver) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	if n.Quiet {
		return ref, notify.ErrSkipped
	}
	if err := ctx.Err(); err != nil {
		return nil, &notify.Error{Class: notify.Temporary, Err: fmt.Errorf("printing to the terminal: %w", err)}
	}
	var b strings.Builder
	if changed := n.ChangedAlerts(); len(changed) == 1 {
		t.block(&b, n, changed[0])
	} else {
		t.list(&b, n, changed)
	}
	if _, err := io.WriteString(t.w, words.Fold(b.String(), t.width, len(indent))); err != nil {
		return nil, &notify.Error{Class: notify.Temporary, Uncertain: true, Err: fmt.Errorf("printing to the terminal: %w", err)}
	}
	return notify.Ref(`{"printed":true}`), nil
}

// The widths of the first two columns, and the indent of further lines.
const (
	timeLayout = "2 Jan 15:04 UTC"
	timeWidth  = len("12 Jan 14:05 UTC")
	wordWidth  = len("FIRED AND WITHDRAWN")
)

var indent = strings.Repeat(" ", timeWidth+2)

func (t *Receiver) block(b *strings.Builder, n notify.Notification, a notify.Alert) {
	c, at := message.DescribeIn(n, a), message.Happened(a).UTC()
	t.head(b, at, c.Tone, c.Word, c.Headline)
	t.line(b, factsLine(c, at))
	t.line(b, strings.Join(c.Detail, " · "))
	for _, line := range c.Body {
		b.WriteString(strings.TrimRight(indent+line, " ") + "\n")
	}
	t.line(b, message.RunbookLine(c.Runbook))
	t.advice(b, c.Advice, c.Where())
}

// list prints several alerts, one line each.
func (t *Receiver) list(b *strings.Builder, n notify.Notification, alerts []notify.Alert) {
	l := message.DescribeList(n, alerts)
	t.head(b, message.Newest(alerts).UTC(), l.Tone, l.Word, l.Headline)
	t.line(b, strings.Join(l.Detail, " · "))
	hidden := l.More != ""
	for _, g := range l.Groups {
		hidden = t.group(b, g, l.Digest()) || hidden
	}
	t.line(b, l.More)
	if hidden {
		t.line(b, "all "+words.Number(l.Count)+": "+l.Hint())
	}
	first := l.Groups[0]
	if l.Digest() {
		first = message.Group{}
	}
	t.line(b, message.RunbookLine(first.Runbook))
	t.advice(b, first.Advice, words.Dotted(message.Labelled("rule ", first.Rule), message.Labelled("message ", l.ID)))
}

// group prints the worst alerts of a rule, with its name and advice in a digest, and reports whether it left any out.
func (t *Receiver) group(b *strings.Builder, g message.Group, digest bool) (hidden bool) {
	if digest {
		t.line(b, t.paint(bold, g.Rule+": "+g.About()))
	}
	for _, a := range g.Alerts[:g.Top] {
		r := message.RowOf(a)
		t.line(b, fmt.Sprintf("%-8s  %s", r.Word, words.Dotted(message.NameOf(a.Subject), r.Text)))
	}
	left := g.Left(g.Top)
	t.line(b, left)
	if digest {
		t.line(b, message.Labelled("→ ", g.Advice))
		t.line(b, message.RunbookLine(g.Runbook))
	}
	return left != ""
}

// head prints the first line of a block.
func (t *Receiver) head(b *strings.Builder, at time.Time, tone message.Tone, word, headline string) {
	when := "time unknown"
	if !at.IsZero() {
		when = at.Format(timeLayout)
	}
	fmt.Fprintf(b, "%*s  %s  %s\n", timeWidth, when, t.paint(styles[tone], pad(word)), t.paint(bold, headline))
}

// advice prints the last line of a block.
func (t *Receiver) advice(b *strings.Builder, advice, where string) {
	if where != "" {
		where = t.paint(dim, "["+where+"]")
	}
	t.line(b, message.JoinWords(message.Labelled("→ ", advice), where))
}

func (t *Receiver) line(b *strings.Builder, text string) {
	if text != "" {
		b.WriteString(indent + text + "\n")
	}
}

// factsLine returns the line of values and times of a block that is headed by the instant at. Times that are that instant are left out.
func factsLine(c message.Card, at time.Time) string {
	parts := []string{message.JoinFacts(c.Figures)}
	since := "alert since " + shortTime(c.Since, at)
	switch {
	case c.Since.IsZero(), c.Status == message.Report:
	case !c.Ended.IsZero():
		parts = append(parts, since, "lasted "+words.Duration(c.Lasted))
	case c.Lasted >= time.Minute:
		parts = append(parts, since+" ("+words.Duration(c.Lasted)+")")
	case !sameMinute(c.Since, at):
		parts = append(parts, since)
	}
	if !c.AsOf.IsZero() && !sameMinute(c.AsOf, at) {
		parts = append(parts, "data of "+shortTime(c.AsOf, at))
	}
	return words.Dotted(parts...)
}

// sameMinute reports whether two times are printed alike.
func sameMinute(t, u time.Time) bool { return t.Truncate(time.Minute).Equal(u.Truncate(time.Minute)) }

// shortTime formats t in UTC, without the date if that is the day of at.
func shortTime(t, at time.Time) string {
	t = t.UTC()
	if t.Truncate(24 * time.Hour).Equal(at.Truncate(24 * time.Hour)) {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 15:04")
}

// pad fills word to the width of its column.
func pad(word string) string { return fmt.Sprintf("%-*s", wordWidth, word) }

// A style is an ANSI graphic rendition.
type style string

const (
	plain style = ""
	bold  style = "1"
	dim   style = "2"
)

var styles = map[message.Tone]style{
	"critical":      "1;31", // bold red
	"warning":       "1;33", // bold yellow
	"info":          "1;36", // bold cyan
	message.Good:    "1;32", // bold green
	message.Gone:    dim,
	message.Neutral: bold,
}

func (t *Receiver) paint(s style, text string) string {
	if !t.color || s == plain {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}
