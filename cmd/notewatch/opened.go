package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/store"
)

// An opened is a database with its time: it is now, but in that of a demo, which ended then.
type opened struct {
	*store.Store
	clock bot.Clock
	demo  bool
}

// timed returns a database with its time.
func timed(ctx context.Context, db *store.Store) (opened, error) {
	end, err := db.DemoEnd(ctx)
	if end.IsZero() {
		return opened{db, bot.SystemClock(), false}, err
	}
	return opened{db, newStepClock(end).clock(), true}, err
}

// look lets f read the database, beside whoever works with it.
func look(c *cobra.Command, f func(db opened) error) error { return with(c, store.OpenReadOnly, f) }

// change lets f write to the database, which must be there, beside whoever works with it.
func change(c *cobra.Command, f func(db opened) error) error {
	if err := exists(c); err != nil {
		return err
	}
	return with(c, store.Open, func(db opened) error {
		if err := upToDate(c.Context(), db.Store); err != nil {
			return err
		}
		return f(db)
	})
}

// upToDate is an error as long as the database holds rows of an older version.
func upToDate(ctx context.Context, db *store.Store) error {
	left, err := db.Conversion(ctx)
	if err == nil && !left.Ended() {
		err = fmt.Errorf("notewatch run is bringing the database up to date (%s): try again when it is done; if it is not running, start it", left)
	}
	return err
}

// noteConversion says that days are missing as long as the database holds rows of an older version.
func noteConversion(c *cobra.Command, db *store.Store) error {
	left, err := db.Conversion(c.Context())
	if err == nil && !left.Ended() {
		_, err = fmt.Fprintf(c.ErrOrStderr(), "Older days are missing: notewatch run is bringing the database up to date (%s).\n", left)
	}
	return err
}

// with lets f work with the database of the settings.
func with(c *cobra.Command, open func(context.Context, string) (*store.Store, error), f func(db opened) error) error {
	environment, err := config.ReadEnvironment()
	if err != nil {
		return err
	}
	db, err := open(c.Context(), environment.Database)
	if err != nil {
		return err
	}
	o, err := timed(c.Context(), db)
	if err == nil {
		err = f(o)
	}
	return errors.Join(err, db.Close())
}

// exists returns what is wrong with the database, and does not make one.
func exists(c *cobra.Command) error { return look(c, func(opened) error { return nil }) }

// hence says what comes of a change: what notewatch run does about it.
func (o opened) hence(does string) string {
	if o.demo {
		return "Nothing runs on the database of a demo, so nobody is told"
	}
	return "notewatch run " + does + " within seconds"
}

// refuseDemo is an error if the database at path is that of a demo: what is real does not go with what never was.
func refuseDemo(ctx context.Context, db *store.Store, path string) error {
	end, err := db.DemoEnd(ctx)
	if err == nil && !end.IsZero() {
		err = fmt.Errorf("the database %q is that of a demo, to ask and to try things on; to watch, set NOTEWATCH_DATABASE to another", store.NameOf(path))
	}
	return err
}
