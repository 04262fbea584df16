package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Dialog asks a person at a terminal.
type Dialog struct {
	screen Screen
	lines  *bufio.Reader
}

// NewDialog returns a dialog that prints questions on a screen and reads answers from in.
func NewDialog(s Screen, in io.Reader) *Dialog { return &Dialog{screen: s, lines: bufio.NewReader(in)} }

// errNoAnswer means that the input ended.
var errNoAnswer = errors.New("the input ended without an answer: use --yes to be asked nothing")

// Ask returns a function that prints a question and returns the line that is typed. It returns early when ctx is done.
func (d *Dialog) Ask(ctx context.Context) func(question string) (string, error) {
	return func(question string) (string, error) {
		shown := strings.Join(d.screen.lines(question), "\n")
		if _, err := fmt.Fprint(d.screen.W, shown+" "); err != nil {
			return "", err
		}
		type answer struct {
			line string
			err  error
		}
		typed := make(chan answer, 1)
		go func() { // a read of a terminal cannot be interrupted
			line, err := d.lines.ReadString('\n')
			typed <- answer{line, err}
		}()
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case a := <-typed:
			if a.err != nil && strings.TrimSpace(a.line) == "" {
				return "", errNoAnswer
			}
			return strings.TrimSpace(a.line), nil
		}
	}
}
