package command

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"notewatch/internal/lookup"
	"notewatch/internal/setup"
	"notewatch/internal/terminal"
	"notewatch/internal/watch"
)

// Configure reads the environment and the rules file for a command. It returns early when the command is interrupted.
func Configure(c *cobra.Command) (setup.Setup, error) { return setup.Read(c.Context(), OutputOf(c)) }

// Outline reads the environment and the rules file for a command that only reads, like setup.Outline.
func Outline(c *cobra.Command) (setup.Setup, error) { return setup.Outline(OutputOf(c)) }

// OutputOf returns where a command prints.
func OutputOf(c *cobra.Command) setup.Output {
	return setup.Output{Data: c.OutOrStdout(), Talk: c.ErrOrStderr(), Color: Colored(c.OutOrStdout()), Width: terminal.Width(c.OutOrStdout())}
}

// Attach makes a watch from the settings while another one may be running. Its receivers print to stderr. The second result closes its
// database.
func Attach(c *cobra.Command) (*watch.Watch, func(), error) {
	s, err := Configure(c)
	if err != nil {
		return nil, nil, err
	}
	s.Stdout, s.Color, s.Width = c.ErrOrStderr(), Colored(c.ErrOrStderr()), terminal.Width(c.ErrOrStderr())
	return s.Attach(c.Context())
}

// ScreenOf returns the screen for the output of a command.
func ScreenOf(c *cobra.Command) terminal.Screen {
	out := c.OutOrStdout()
	return terminal.Screen{W: out, Talk: c.ErrOrStderr(), Width: terminal.Width(out), Color: Colored(out)}
}

// TalkOf returns the screen for messages that are not the output of a command.
func TalkOf(c *cobra.Command) terminal.Screen {
	talk := c.ErrOrStderr()
	return terminal.Screen{W: talk, Talk: talk, Width: terminal.Width(talk)}
}

// Colored reports whether w is a terminal that shows colour.
func Colored(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}

// AlertReader returns a reader for questions about alerts. Without a rules file, the values of an alert are those of its newest event.
func AlertReader(c *cobra.Command, db Opened) *lookup.Reader {
	s, err := Outline(c)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.PrintErrln("Values are those of the newest event of each alert, since the rules file cannot be read: notewatch check says why.")
	}
	return db.Settings(c, s).Reader(db.Store, db.Clock.Now)
}

// Ask calls f with a reader on the database and the rules file, opened read-only. Other processes may be working with it.
func Ask(c *cobra.Command, f func(r *lookup.Reader) error) error {
	s, err := Outline(c)
	if err != nil {
		return err
	}
	return Look(c, func(db Opened) error {
		if err := NoteConversion(c, db.Store); err != nil {
			return err
		}
		return terminal.Hinted(f(db.Settings(c, s).Reader(db.Store, db.Clock.Now)))
	})
}

// Settings returns s with the projects that the database knows. It ignores an error, because the command that reads the database reports
// it.
func (o Opened) Settings(c *cobra.Command, s setup.Setup) setup.Setup {
	s, _ = s.With(c.Context(), o.Store)
	return s
}

// Show prints an answer, as JSON or laid out, or returns err.
func Show[T any](c *cobra.Command, asJSON bool, answer T, err error, lay func(terminal.Screen, T) error) error {
	switch {
	case err != nil:
		return err
	case asJSON:
		return terminal.WriteJSON(c.OutOrStdout(), answer)
	}
	return lay(ScreenOf(c), answer)
}

// ShowList is Show for a list.
func ShowList[T any](c *cobra.Command, asJSON bool, list []T, lay func(terminal.Screen, []T) error) error {
	if asJSON {
		return terminal.WriteList(c.OutOrStdout(), list)
	}
	return lay(ScreenOf(c), list)
}
