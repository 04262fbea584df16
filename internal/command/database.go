package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/config/environ"
	"notewatch/internal/demo"
	"notewatch/internal/lookup"
	"notewatch/internal/setup"
	"notewatch/internal/store"
)

// An Opened is an open database with its clock: the present time, or for a demo database the time at which the demo ended.
type Opened struct {
	Store *store.Store
	Clock bot.Clock
	Demo  bool // whether nothing runs on it
}

// Look calls f with the database, opened read-only. Other processes may be working with it.
func Look(c *cobra.Command, f func(db Opened) error) error { return with(c, store.OpenReadOnly, f) }

// Change calls f with the database, opened for writing; it must exist. Other processes may be working with it.
func Change(c *cobra.Command, f func(db Opened) error) error {
	if err := Exists(c); err != nil {
		return err
	}
	return with(c, store.Open, func(db Opened) error {
		if err := setup.UpToDate(c.Context(), db.Store); err != nil {
			return err
		}
		return f(db)
	})
}

// NoteConversion prints a remark that days are missing, as long as the database holds rows of an older version.
func NoteConversion(c *cobra.Command, db *store.Store) error {
	left, err := db.Usage.Conversion(c.Context())
	if err == nil && !left.Ended() {
		_, err = fmt.Fprintf(c.ErrOrStderr(), "Older days are missing: notewatch run is updating the database (%s).\n", left)
	}
	return err
}

// with calls f with the database of the settings.
func with(c *cobra.Command, open func(context.Context, string) (*store.Store, error), f func(db Opened) error) error {
	environment, err := environ.Read()
	if err != nil {
		return err
	}
	db, err := open(c.Context(), environment.Database.Reveal())
	if err != nil {
		return err
	}
	clock, ended, err := demo.ClockOf(c.Context(), db)
	if err == nil {
		err = f(Opened{db, clock, ended})
	}
	return errors.Join(err, db.Close())
}

// Exists returns the error of the database, if there is one. It does not create a database.
func Exists(c *cobra.Command) error { return Look(c, func(Opened) error { return nil }) }

// Reader returns a reader that answers questions about the database, and about the rules file if that can be read.
func (o Opened) Reader(c *cobra.Command) *lookup.Reader {
	s, _ := Outline(c)
	return o.Settings(c, s).Reader(o.Store, o.Clock.Now)
}

// Bot returns a bot that stores what a person decides. notewatch run may be running.
func Bot(o Opened) *bot.Bot {
	return setup.Setup{File: &config.File{}}.CommandBot(o.Store, o.Clock)
}

// Hence describes the effect of a change: what notewatch run does about it.
func (o Opened) Hence(does string) string {
	if o.Demo {
		return "Nothing runs on a demo database, so this is recorded and has no further effect"
	}
	return "notewatch run " + does + " within seconds"
}
