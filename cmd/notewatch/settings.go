package main

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

// configure reads the environment and the rules file for a command. It returns early when the command is interrupted.
func configure(c *cobra.Command) (setup.Setup, error) { return setup.Read(c.Context(), outputOf(c)) }

// outline reads the environment and the rules file for a command that only reads, like setup.Outline.
func outline(c *cobra.Command) (setup.Setup, error) { return setup.Outline(outputOf(c)) }

func outputOf(c *cobra.Command) setup.Output {
	return setup.Output{Data: c.OutOrStdout(), Talk: c.ErrOrStderr(), Color: colored(c.OutOrStdout())}
}

// attach makes a watch of the settings for use while another one is running. Its receivers print to stderr. The second result closes its
// database.
func attach(c *cobra.Command) (*watch.Watch, func(), error) {
	s, err := configure(c)
	if err != nil {
		return nil, nil, err
	}
	s.Stdout, s.Color = c.ErrOrStderr(), colored(c.ErrOrStderr())
	return s.Attach(c.Context())
}

// screenOf returns the screen for the output of a command.
func screenOf(c *cobra.Command) terminal.Screen {
	out := c.OutOrStdout()
	return terminal.Screen{W: out, Talk: c.ErrOrStderr(), Width: terminal.Width(out), Color: colored(out)}
}

// colored reports whether w is a terminal that shows colour.
func colored(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}

// alertDesk returns a desk that answers questions about alerts. Without a rules file, it knows only the values of their newest event.
func alertDesk(c *cobra.Command, db opened) *lookup.Desk {
	s, err := outline(c)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.PrintErrln("Values are those of the newest event of each alert, since the rules file cannot be read: notewatch check says why.")
	}
	return on(c, s, db).Desk(db.store, db.clock.Now)
}

// ask calls f with a desk on the database and the rules file, opened read-only. Other processes may be working with it.
func ask(c *cobra.Command, f func(d *lookup.Desk) error) error {
	s, err := outline(c)
	if err != nil {
		return err
	}
	return look(c, func(db opened) error {
		if err := noteConversion(c, db.store); err != nil {
			return err
		}
		return terminal.Hinted(f(on(c, s, db).Desk(db.store, db.clock.Now)))
	})
}

// on returns the settings with the projects that the database knows, for a command that reads it. If they cannot be read, the command finds
// that out itself.
func on(c *cobra.Command, s setup.Setup, db opened) setup.Setup {
	s, _ = s.With(c.Context(), db.store)
	return s
}

// show prints an answer, as JSON or laid out, or returns err.
func show[T any](c *cobra.Command, asJSON bool, answer T, err error, lay func(terminal.Screen, T) error) error {
	switch {
	case err != nil:
		return err
	case asJSON:
		return terminal.WriteJSON(c.OutOrStdout(), answer)
	}
	return lay(screenOf(c), answer)
}

// showList is show for a list.
func showList[T any](c *cobra.Command, asJSON bool, list []T, lay func(terminal.Screen, []T) error) error {
	if asJSON {
		return terminal.WriteList(c.OutOrStdout(), list)
	}
	return lay(screenOf(c), list)
}
