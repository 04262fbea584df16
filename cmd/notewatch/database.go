package main

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

// An opened is an open database with its clock: the present time, or for a demo database the time at which the demo ended.
type opened struct {
	store *store.Store
	clock bot.Clock
	demo  bool
}

// look calls f with the database, opened read-only. Other processes may be working with it.
func look(c *cobra.Command, f func(db opened) error) error { return with(c, store.OpenReadOnly, f) }

// change calls f with the database, opened for writing; it must exist. Other processes may be working with it.
func change(c *cobra.Command, f func(db opened) error) error {
	if err := exists(c); err != nil {
		return err
	}
	return with(c, store.Open, func(db opened) error {
		if err := setup.UpToDate(c.Context(), db.store); err != nil {
			return err
		}
		return f(db)
	})
}

// noteConversion prints a remark that days are missing, as long as the database holds rows of an older version.
func noteConversion(c *cobra.Command, db *store.Store) error {
	left, err := db.Usage.Conversion(c.Context())
	if err == nil && !left.Ended() {
		_, err = fmt.Fprintf(c.ErrOrStderr(), "Older days are missing: notewatch run is updating the database (%s).\n", left)
	}
	return err
}

// with calls f with the database of the settings.
func with(c *cobra.Command, open func(context.Context, string) (*store.Store, error), f func(db opened) error) error {
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
		err = f(opened{db, clock, ended})
	}
	return errors.Join(err, db.Close())
}

// exists returns the error of the database, if there is one. It does not create a database.
func exists(c *cobra.Command) error { return look(c, func(opened) error { return nil }) }

// desk returns a desk that answers questions about the database, and about the rules file if that can be read.
func (o opened) desk(c *cobra.Command) *lookup.Desk {
	s, _ := outline(c)
	return on(c, s, o).Desk(o.store, o.clock.Now)
}

// hand returns a bot that stores what a person decides. notewatch run may be running.
func commandBot(o opened) *bot.Bot {
	return setup.Setup{File: &config.File{}}.CommandBot(o.store, o.clock)
}

// hence describes the effect of a change: what notewatch run does about it.
func (o opened) hence(does string) string {
	if o.demo {
		return "Nothing runs on a demo database, so this is recorded and has no further effect"
	}
	return "notewatch run " + does + " within seconds"
}
