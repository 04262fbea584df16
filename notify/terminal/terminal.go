package notify

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"notewatch/internal/words"
)

// A Terminal prints alerts for an operator, as blocks of a few lines:
//
//	12 Jan 14:05 UTC  FIRING critical      sensor-14 has used 41.2 MB of 40 MB this month
//	                  bytes.used 41.2 MB (103 %) · limit 40 MB · usual day 1.25 MB · since 13:50 (15 min) · as of 14:04
//	                  → Check the sync period. [cold-chain · data-budget · 7f3a]
//
// The first time is that of the alert, not of the printing. All times are UTC, those of the same day without a date. What
// was printed stays: each change is a further block.
type Terminal struct {
	w     io.Writer
	color bool
}

// NewTerminal returns a receiver that prints to w. Without color it writes no escape sequences at all; control characters
// in names never reach w as such.
func NewTerminal(w io.Writer, color bool) *Terminal { return &Terminal{w: w, color: color} }

// Send prints the changed alerts of n in one write: one at length, of several the worst of each rule; ErrSkipped if n is
// quiet.
func (t *Terminal) Send(ctx context.Context, n Notification, ref Ref) (Ref, error) {
	if n.Quiet {
		return ref, ErrSkipped
	}
	if err := ctx.Err(); err != nil {
		return nil, &Error{Class: Temporary, Err: fmt.Errorf("printing to the terminal: %w", err)}
	}
	var b strings.Builder
	if changed := n.ChangedAlerts(); len(changed) == 1 {
		t.block(&b, n, changed[0])
	} else {
		t.list(&b, n, changed)
	}
	if _, err := io.WriteString(t.w, b.String()); err != nil {
		return nil, &Error{Class: Temporary, Uncertain: true, Err: fmt.Errorf("printing to the terminal: %w", err)}
	}
	return Ref(`{"printed":true}`), nil
}

// The widths of the first two columns and the blanks before further lines.
const (
	terminalTime = "2 Jan 15:04 UTC"
	timeWidth    = len("12 Jan 14:05 UTC")
	wordWidth    = len("FIRED AND WITHDRAWN")
)

var indent = strings.Repeat(" ", timeWidth+2)

func (t *Terminal) block(b *strings.Builder, n Notification, a Alert) {
	c, at := describeIn(n, a), happened(a).UTC()
	t.head(b, at, c.tone, c.word, c.headline)
	t.line(b, terminalFacts(c, at))
	t.line(b, strings.Join(c.detail, " · "))
	for _, line := range c.body {
		b.WriteString(strings.TrimRight(indent+line, " ") + "\n")
	}
	t.advice(b, c.advice, words.Dotted(c.project, c.rule, c.id))
}

// list prints several alerts, a line each.
func (t *Terminal) list(b *strings.Builder, n Notification, alerts []Alert) {
	l := describeList(n, alerts)
	t.head(b, newest(alerts).UTC(), l.tone, l.word, l.headline)
	t.line(b, strings.Join(l.detail, " · "))
	hidden := l.more != ""
	for _, g := range l.groups {
		hidden = t.group(b, g, l.digest()) || hidden
	}
	t.line(b, l.more)
	if hidden {
		t.line(b, "all "+words.Number(l.count)+": "+l.hint())
	}
	first := l.groups[0]
	if l.digest() {
		first = group{}
	}
	t.advice(b, first.advice, words.Dotted(first.figure, first.rule, l.id))
}

// group prints the worst alerts of a rule, with its name and advice in a digest, and reports whether it left any out.
func (t *Terminal) group(b *strings.Builder, g group, digest bool) (hidden bool) {
	if digest {
		t.line(b, t.paint(bold, g.rule+": "+g.about()))
	}
	for _, a := range g.alerts[:g.top] {
		r := rowOf(a)
		t.line(b, fmt.Sprintf("%-8s  %s", r.word, words.Dotted(nameOf(a.Subject), r.text)))
	}
	left := g.left(g.top)
	t.line(b, left)
	if digest {
		t.line(b, labelled("→ ", g.advice))
	}
	return left != ""
}

// head prints the first line of a block.
func (t *Terminal) head(b *strings.Builder, at time.Time, tone tone, word, headline string) {
	when := "time unknown"
	if !at.IsZero() {
		when = at.Format(terminalTime)
	}
	fmt.Fprintf(b, "%*s  %s  %s\n", timeWidth, when, t.paint(styles[tone], pad(word)), t.paint(bold, headline))
}

// advice prints the last line of a block.
func (t *Terminal) advice(b *strings.Builder, advice, where string) {
	if where != "" {
		where = t.paint(dim, "["+where+"]")
	}
	t.line(b, joinWords(labelled("→ ", advice), where))
}

func (t *Terminal) line(b *strings.Builder, text string) {
	if text != "" {
		b.WriteString(indent + text + "\n")
	}
}

// terminalFacts is the line of figures and times of a block that is headed by the instant at.
func terminalFacts(c card, at time.Time) string {
	parts := []string{joinFacts(c.figures)}
	since := "since " + shortTime(c.since, at)
	switch {
	case c.since.IsZero(), c.status == report:
	case !c.ended.IsZero():
		parts = append(parts, since, "lasted "+words.Duration(c.lasted))
	case c.lasted >= time.Minute:
		parts = append(parts, since+" ("+words.Duration(c.lasted)+")")
	default:
		parts = append(parts, since)
	}
	if !c.asOf.IsZero() {
		parts = append(parts, "as of "+shortTime(c.asOf, at))
	}
	return words.Dotted(parts...)
}

// shortTime is t in UTC, without the date if that is the day of at.
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

var styles = map[tone]style{
	"critical": "1;31", // bold red
	"warning":  "1;33", // bold yellow
	"info":     "1;36", // bold cyan
	good:       "1;32", // bold green
	gone:       dim,
	neutral:    bold,
}

func (t *Terminal) paint(s style, text string) string {
	if !t.color || s == plain {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}
