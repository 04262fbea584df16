package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/lookup"
	"notewatch/internal/spelling"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/rules"
)

// whoami is what this person is called in messages.
func whoami() string {
	me, err := user.Current()
	if err != nil || me.Username == "" {
		return "somebody at the terminal"
	}
	return me.Username
}

// alertOf returns the alert of an ID, or of the only one that begins so.
func alertOf(ctx context.Context, db *store.Store, id string) (rules.Alert, error) {
	a, err := lookup.New(lookup.Config{Store: db, Now: time.Now}).Alert(ctx, id)
	if unknown, ok := errors.AsType[*lookup.UnknownError](err); ok && unknown.Nearest == "" {
		err = fmt.Errorf("%w; notewatch alerts --all lists them", err)
	}
	return a, err
}

// unknown is an error about a name that is none of those there are.
func unknown(what, name string, there []string, otherwise string) error {
	hint := otherwise
	if near := spelling.Nearest(name, there); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Errorf("there is no %s %q; %s", what, name, hint)
}

// oneArgument wants one argument: what says which.
func oneArgument(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return usageError{fmt.Errorf("%s wants %s; see %s --help", c.CommandPath(), what, c.CommandPath())}
	}
}

// optionalArgument wants one argument at most: what says which.
func optionalArgument(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return oneArgument(what)(c, args)
	}
}

// A span is a length of time on the command line: 90m, 2h, 3d, 1w.
type span time.Duration

// Set implements pflag.Value.
func (s *span) Set(text string) error {
	length, err := words.Length(text)
	if err != nil {
		return errors.New("want a length of time such as 90m, 2h, 3d or 1w")
	}
	*s = span(length)
	return nil
}

// String implements pflag.Value.
func (s *span) String() string {
	if *s == 0 {
		return ""
	}
	return time.Duration(*s).String()
}

// Type implements pflag.Value.
func (*span) Type() string { return "duration" }

// shownRows is how many rows a list has on a terminal, unless told otherwise.
const shownRows = 50

// A rowLimit is how many rows a list may have.
type rowLimit struct{ n int }

func (l *rowLimit) flag(c *cobra.Command) {
	c.Flags().IntVar(&l.n, "limit", -1, fmt.Sprintf("at most so many; 0 is all (default: %d on a terminal, else all)", shownRows))
	c.Flags().Lookup("limit").DefValue = "0" // hides it: the usage tells more
}

// on returns how many rows may be printed on s; 0 is all.
func (l rowLimit) on(s screen, asJSON bool) int {
	if l.n < 0 && s.width > 0 && !asJSON {
		return shownRows
	}
	return max(l.n, 0)
}

// writeJSON prints a value as indented JSON.
func writeJSON(w io.Writer, value any) error { return encoder(w, "").Encode(value) }

func encoder(w io.Writer, prefix string) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent(prefix, "  ")
	return e
}

// writeList prints an indented JSON array.
func writeList[T any](w io.Writer, list []T) error {
	l := newListWriter[T](w)
	for _, element := range list {
		if err := l.add(element); err != nil {
			return err
		}
	}
	return l.end()
}

// A listWriter prints an indented JSON array, one element after the other.
type listWriter[T any] struct {
	out     *bufio.Writer
	text    bytes.Buffer // of an element
	encoder *json.Encoder
	count   int // elements
}

func newListWriter[T any](w io.Writer) *listWriter[T] {
	l := &listWriter[T]{out: bufio.NewWriterSize(w, 64<<10)}
	l.encoder = encoder(&l.text, "  ")
	return l
}

// add prints an element.
func (l *listWriter[T]) add(element T) error {
	l.text.Reset()
	if err := l.encoder.Encode(element); err != nil {
		return err
	}
	before := ",\n  "
	if l.count == 0 {
		before = "[\n  "
	}
	l.count++
	_, _ = l.out.WriteString(before) // the next line returns the error
	_, err := l.out.Write(bytes.TrimSuffix(l.text.Bytes(), []byte("\n")))
	return err
}

// end prints the end of the array.
func (l *listWriter[T]) end() error {
	end := "\n]\n"
	if l.count == 0 {
		end = "[]\n"
	}
	_, _ = l.out.WriteString(end) // Flush returns the error
	return l.out.Flush()
}

// figure is a number for JSON: null is no data.
func figure(x float64) *float64 {
	if !rules.Known(x) {
		return nil
	}
	return &x
}

// named is what has a UID and a name.
type named struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
}

// nameOf is what people call a thing that may have no name.
func nameOf(n named) string { return cmp.Or(n.Name, n.UID, "-") }

// subjectOf is what people call the subject of an alert, which may be its project.
func subjectOf(subject, project named) string {
	return cmp.Or(subject.Name, subject.UID, nameOf(project))
}
