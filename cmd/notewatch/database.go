package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/demo"
	"notewatch/internal/lookup"
	"notewatch/internal/setup"
	"notewatch/internal/store"
)

// An opened is a database with its time: it is now, but in that of a demo, which ended then.
type opened struct {
	store *store.Store
	clock bot.Clock
	demo  bool
}

// look lets f read the database, while other processes work with it.
func look(c *cobra.Command, f func(db opened) error) error { return with(c, store.OpenReadOnly, f) }

// change lets f write to the database, which must be there, while other processes work with it.
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

// noteConversion says that days are missing as long as the database holds rows of an older version.
func noteConversion(c *cobra.Command, db *store.Store) error {
	left, err := db.Conversion(c.Context())
	if err == nil && !left.Ended() {
		_, err = fmt.Fprintf(c.ErrOrStderr(), "Older days are missing: notewatch run is updating the database (%s).\n", left)
	}
	return err
}

// with lets f work with the database of the settings.
func with(c *cobra.Command, open func(context.Context, string) (*store.Store, error), f func(db opened) error) error {
	environment, err := config.ReadEnvironment()
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

// exists returns what is wrong with the database, and does not make one.
func exists(c *cobra.Command) error { return look(c, func(opened) error { return nil }) }

// desk returns a desk that answers questions about the database, and about the rules file if that can be read.
func (o opened) desk(c *cobra.Command) *lookup.Desk {
	s, _ := outline(c)
	return s.Desk(o.store, o.clock.Now)
}

// hand returns a bot that stores what a person decides. notewatch run may run at the same time.
func hand(o opened) *bot.Bot { return setup.Setup{File: &config.File{}}.Hand(o.store, o.clock) }

// hence describes the effect of a change: what notewatch run does about it.
func (o opened) hence(does string) string {
	if o.demo {
		return "This is a demo database, so no receiver is notified"
	}
	return "notewatch run " + does + " within seconds"
}
