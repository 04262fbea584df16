package setup

import (
	"context"
	"errors"
	"log/slog"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/watch"
)

// Attach makes a watch for use while notewatch run is running, or without it. It polls nothing, so it needs no Notehub token. The second
// result closes its database.
func (s Setup) Attach(ctx context.Context) (*watch.Watch, func(), error) {
	file := *s.File
	file.Accounts = nil
	s.File = &file
	wired, err := s.Wire(bot.SystemClock())
	if err != nil {
		return nil, nil, err
	}
	wired.Bot.Log = slog.New(slog.DiscardHandler) // the command itself prints the result
	db, err := store.Open(ctx, s.Environment.Database.Reveal())
	if err != nil {
		return nil, nil, err
	}
	listed, err := s.With(ctx, db)
	wired.Bot.Projects = listed.projects()
	if err == nil {
		err = refuseDemo(ctx, db, s.Environment.Database.Reveal())
	}
	if err == nil {
		err = UpToDate(ctx, db)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	wired.Bot.Store = db
	closeDB := func() {
		if err := db.Close(); err != nil {
			s.Log.Error("closing the database", "err", err)
		}
	}
	return watch.Attach(wired), closeDB, nil
}
