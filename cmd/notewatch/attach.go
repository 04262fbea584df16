package main

import (
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/watch"
)

// attach makes a watch of the settings that works beside the one that runs, if one does. It polls nothing, so that it needs
// no Notehub token. What its receivers print is talk. The second result closes its database.
func attach(c *cobra.Command) (*watch.Watch, func(), error) {
	s, err := configure(c)
	if err != nil {
		return nil, nil, err
	}
	s.stdout = c.ErrOrStderr()
	file := *s.file
	file.Accounts = nil
	s.file = &file
	wired, err := s.wire(bot.SystemClock())
	if err != nil {
		return nil, nil, err
	}
	wired.Bot.Log = slog.New(slog.DiscardHandler) // the command says itself what has come of it
	db, err := store.Open(c.Context(), s.environment.Database.Reveal())
	if err != nil {
		return nil, nil, err
	}
	err = refuseDemo(c.Context(), db, s.environment.Database.Reveal())
	if err == nil {
		err = upToDate(c.Context(), db)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	wired.Bot.Store = db
	closeDB := func() {
		if err := db.Close(); err != nil {
			s.log.Error("closing the database", "err", err)
		}
	}
	return watch.Attach(wired), closeDB, nil
}
