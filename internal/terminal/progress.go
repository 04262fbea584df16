package terminal

import (
	"fmt"
	"io"

	"notewatch/internal/words"
)

// A Progress shows on a terminal how far a command has come, in one line. A Screen without a width shows nothing.
type Progress struct {
	Screen Screen
	shown  bool
}

// Show replaces the line.
func (p *Progress) Show(text string) {
	if p.Screen.Width == 0 {
		return
	}
	p.shown = true
	_, _ = io.WriteString(p.Screen.W, "\r\x1b[K"+clip(words.Line(text), p.Screen.Width))
}

// Days shows how many days are done.
func (p *Progress) Days(days, total int) { p.Show(fmt.Sprintf("Day %d of %d", days, total)) }

// End clears the line.
func (p *Progress) End() {
	if p.shown {
		_, _ = io.WriteString(p.Screen.W, "\r\x1b[K")
	}
	p.shown = false
}
