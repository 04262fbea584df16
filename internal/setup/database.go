package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/watch"
)

// UpToDate returns an error while the database holds rows of an older version.
func UpToDate(ctx context.Context, db *store.Store) error {
	left, err := db.Usage.Conversion(ctx)
	if err == nil && !left.Ended() {
		err = fmt.Errorf("notewatch run is updating the database (%s): repeat the command when that is done; if notewatch run is not running, start it", left)
	}
	return err
}

// refuseDemo returns an error if the database at path was created by a demo: real data must not be mixed with simulated data.
func refuseDemo(ctx context.Context, db *store.Store, path string) error {
	end, err := db.DemoEnd(ctx)
	if err == nil && !end.IsZero() {
		err = fmt.Errorf("the database %q was created by notewatch demo: set NOTEWATCH_DATABASE to another one", database.NameOf(path))
	}
	return err
}

// Open opens the database for this process: a file exclusively, a server together with others.
func (s Setup) Open(ctx context.Context) (*store.Store, func(), error) {
	release, err := database.Lock(s.Environment.Database.Reveal())
	if err != nil {
		return nil, nil, err
	}
	db, err := store.OpenToMigrate(ctx, s.Environment.Database.Reveal())
	if err != nil {
		return nil, nil, errors.Join(err, release())
	}
	closeAll := func() {
		left := db.Work.Leave(context.WithoutCancel(ctx), s.Process, time.Now())
		if database.Unavailable(left) {
			left = nil // the work of the command reports an unusable database, and the lease time ends what this process left
		}
		if err := errors.Join(left, db.Close(), release()); err != nil {
			s.Log.Error("closing the database", "err", err)
		}
	}
	if err := refuseDemo(ctx, db, s.Environment.Database.Reveal()); err != nil {
		closeAll()
		return nil, nil, err
	}
	return db, closeAll, nil
}

// Start opens the database and makes a watch on it, with the projects that With adds. once says that the watch makes only one turn. The second result closes the database.
func (s Setup) Start(ctx context.Context, once bool) (*watch.Watch, func(), error) {
	wired, err := s.Wire(bot.SystemClock())
	if err != nil {
		return nil, nil, err
	}
	db, closeDB, err := s.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	wired.Bot.Store, wired.Bot.Once = db, once
	w, err := s.begin(ctx, wired)
	if err == nil && !w.StandsBy() {
		err = RulesFileValid(ctx, w, s.Environment.Rules) // the alert may have been raised by an earlier process
	}
	if err != nil {
		closeDB()
		return nil, nil, err
	}
	return w, closeDB, nil
}

// begin makes a watch on an open database. Processes that share it use its clock, because the clocks of their hosts may differ.
func begin(ctx context.Context, wired watch.Config) (*watch.Watch, error) {
	db := wired.Bot.Store
	if db.Shared() {
		wired.Clock = watch.NewClock(db.Work.Time, time.Now)
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

// RulesFile is the rule name of alerts that the rules file is not valid.
const RulesFile = "rules-file"

// RulesFileValid ends the alert that a rules file is not valid. If a process is alone, it also ends those about other files, which no one
// reads.
func RulesFileValid(ctx context.Context, made *watch.Watch, file string) error {
	if made.Processes(ctx) == 1 {
		return made.Bot.ResolveAll(ctx, RulesFile)
	}
	_, err := made.Bot.Resolve(ctx, RulesFile, file)
	return err
}
