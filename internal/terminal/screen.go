package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"
	"golang.org/x/term"

	"notewatch/internal/words"
)

// A Screen is where a command prints.
type Screen struct {
	W     io.Writer // for data
	Talk  io.Writer // for remarks about the data
	Width int       // of W in columns; 0 if it is not a terminal: then nothing is cut or wrapped
	Color bool
}

// Width returns the number of columns of w; 0 if it is not a terminal.
func Width(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	width, _, _ := term.GetSize(int(file.Fd()))
	if width <= 0 {
		return 80 // the terminal does not report its width
	}
	return width
}

// Say prints a text. Outside text in it is made safe.
func (s Screen) Say(text string) error { return s.say(plain, text) }

// say prints a text in a style.
func (s Screen) say(as style, text string) error {
	var b strings.Builder
	for _, line := range s.lines(words.Line(text)) {
		b.WriteString(s.paint(as, line) + "\n")
	}
	_, err := io.WriteString(s.W, b.String())
	return err
}

// blank prints an empty line.
func (s Screen) blank() error {
	_, err := io.WriteString(s.W, "\n")
	return err
}

// More prints a remark about the rows that a limit has left out.
func (s Screen) More(n int) {
	if n > 0 {
		s.remark("%s more not shown; use --limit 0 to list all\n", words.Number(n))
	}
}

// remark prints a remark.
func (s Screen) remark(format string, args ...any) { fmt.Fprintf(s.Talk, format, args...) }

// lines breaks text into lines that fit.
func (s Screen) lines(text string) []string {
	if s.Width == 0 {
		return []string{text}
	}
	return Wrap(text, s.Width)
}

// A style is an ANSI graphic rendition.
type style string

const (
	plain style = ""
	bold  style = "1"
	dim   style = "2"
	red   style = "1;31"
	amber style = "1;33"
	cyan  style = "1;36"
	green style = "1;32"
)

// styles are the styles of words that stand out in any table.
var styles = map[string]style{
	"critical": red, "warning": amber, "info": cyan,
	"muted": dim, "acknowledged": dim, "resolved": green, "withdrawn": dim, "pending": dim,
	"true": bold, "false": dim, "no data": amber,
}

func (s Screen) paint(as style, text string) string {
	if !s.Color || as == plain || text == "" {
		return text
	}
	return "\x1b[" + string(as) + "m" + text + "\x1b[0m"
}

// clip shortens text to a width. The last column of a shortened text shows that something is missing.
func clip(text string, width int) string { return displaywidth.TruncateString(text, width, "…") }

// Wrap breaks text into lines of a width, between words if possible.
func Wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && displaywidth.String(line)+1+displaywidth.String(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
		for displaywidth.String(line) > width {
			head := displaywidth.TruncateString(line, max(width, 2), "") // no character is wider than 2
			lines = append(lines, head)
			line = line[len(head):]
		}
	}
	return append(lines, line)
}

// moment formats an instant in UTC for tables.
func moment(t time.Time) string { return instant(t, time.DateTime) }

// minute formats an instant in UTC without seconds.
func minute(t time.Time) string { return instant(t, "2006-01-02 15:04") }

func instant(t time.Time, layout string) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(layout)
}

// ago formats how long something is in the past.
func ago(d time.Duration) string { return words.Duration(d) + " ago" }

// seconds formats a short length of time.
func seconds(x float64) string {
	if x < 1 {
		return fmt.Sprintf("%.0f ms", x*1000)
	}
	return fmt.Sprintf("%.1f s", x)
}

// times formats how often something happened.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// ShownRows is the number of rows of a list on a terminal by default.
const ShownRows = 50

// Rows returns the maximum number of rows to print; 0 means all. limit is the value of the flag, negative if it is not set.
func (s Screen) Rows(limit int, asJSON bool) int {
	if limit < 0 && s.Width > 0 && !asJSON {
		return ShownRows
	}
	return max(limit, 0)
}
