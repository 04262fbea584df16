package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/demo"
	"notewatch/internal/lookup"
	"notewatch/internal/metrics"
	"notewatch/internal/store"
	"notewatch/internal/watch"
)

// An opened is a database with its time: it is now, but in that of a demo, which ended then.
type opened struct {
	store *store.Store
	clock bot.Clock
	demo  bool
}

// timed returns a database with its time.
func timed(ctx context.Context, db *store.Store) (opened, error) {
	end, err := db.DemoEnd(ctx)
	if end.IsZero() {
		return opened{db, bot.SystemClock(), false}, err
	}
	return opened{db, demo.NewClock(end).Clock(), true}, err
}

// look lets f read the database, while other processes work with it.
func look(c *cobra.Command, f func(db opened) error) error { return with(c, store.OpenReadOnly, f) }

// change lets f write to the database, which must be there, while other processes work with it.
func change(c *cobra.Command, f func(db opened) error) error {
	if err := exists(c); err != nil {
		return err
	}
	return with(c, store.Open, func(db opened) error {
		if err := upToDate(c.Context(), db.store); err != nil {
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
	db, err := open(c.Context(), environment.Database.Reveal())
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

// desk returns a desk that answers questions about the database, and about the rules file if that can be read.
func (o opened) desk(c *cobra.Command) *lookup.Desk {
	s, _ := outline(c)
	return s.desk(o.store, o.clock.Now)
}

// hand returns a bot that notes what a person does, beside the one that runs.
func hand(o opened) *bot.Bot {
	return bot.New(bot.Config{Store: o.store, Clock: o.clock, Machine: time.Now, Log: slog.New(slog.DiscardHandler)})
}

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

// open opens the database for this process: a file for it alone. A server is shared with others.
func (s setup) open(ctx context.Context) (*store.Store, func(), error) {
	release, err := store.Lock(s.environment.Database.Reveal())
	if err != nil {
		return nil, nil, err
	}
	db, err := store.OpenToMigrate(ctx, s.environment.Database.Reveal())
	if err != nil {
		return nil, nil, errors.Join(err, release())
	}
	closeAll := func() {
		left := db.Leave(context.WithoutCancel(ctx), s.process, time.Now())
		if err := errors.Join(left, db.Close(), release()); err != nil {
			s.log.Error("closing the database", "err", err)
		}
	}
	if err := refuseDemo(ctx, db, s.environment.Database.Reveal()); err != nil {
		closeAll()
		return nil, nil, err
	}
	return db, closeAll, nil
}

// start makes a watch of the settings, on the database that they name. m counts what it does; nil counts nothing. The third
// result closes it.
func start(c *cobra.Command, m *metrics.Metrics) (setup, *watch.Watch, func(), error) {
	s, err := configure(c)
	if err != nil {
		return s, nil, nil, err
	}
	s.metrics, s.process = m, thisProcess(s.environment)
	w, closeDB, err := s.start(c.Context(), false)
	return s, w, closeDB, err
}

// start makes a watch of the settings, on the database that they name. once is that it takes one turn. The second result closes it.
func (s setup) start(ctx context.Context, once bool) (*watch.Watch, func(), error) {
	wired, err := s.wire(bot.SystemClock())
	if err != nil {
		return nil, nil, err
	}
	db, closeDB, err := s.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	wired.Bot.Store, wired.Bot.Once = db, once
	w, err := begin(ctx, wired)
	if err == nil && !w.StandsBy() {
		err = rulesFileValid(ctx, w, s.environment.Rules) // the alert may be of a process before
	}
	if err != nil {
		closeDB()
		return nil, nil, err
	}
	return w, closeDB, nil
}

// begin makes a watch on a database that is open. Processes that share it go by its clock, since those of their hosts may differ.
func begin(ctx context.Context, wired watch.Config) (*watch.Watch, error) {
	db := wired.Bot.Store
	if db.Shared() {
		wired.Clock = watch.NewClock(db.Time, time.Now)
		if err := wired.Clock.Measure(ctx); err != nil {
			return nil, err
		}
		wired.Bot.Clock, wired.Bot.Machine = wired.Clock.Domain(), wired.Clock.Now
	}
	wired.Process.Started = wired.Bot.Machine()
	if err := db.TakeOver(ctx, wired.Process.Started); err != nil {
		return nil, err
	}
	return watch.Start(ctx, wired)
}
