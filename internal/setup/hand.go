package setup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/words"
)

// CommandBot returns a bot that stores what a person decides, while notewatch run may be running.
func (s Setup) CommandBot(db *store.Store, clock bot.Clock) *bot.Bot {
	return bot.New(bot.Config{
		Store: db, Projects: s.projects(), Rules: s.rules(), Clock: clock, Machine: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

// ReadingBot returns a bot that notifies no one and sends no request. It needs no secrets.
func (s Setup) ReadingBot(db *store.Store, clock bot.Clock) (*bot.Bot, error) {
	file, accounts := *s.File, s.File.Accounts
	file.Accounts, file.Receivers = nil, nil // only these need secrets
	s.File = &file
	wired, err := s.Wire(clock)
	if err != nil {
		return nil, err
	}
	wired.Bot.Store, wired.Bot.Log = db, slog.New(slog.DiscardHandler)
	for _, a := range accounts { // without clients: the interval of polls depends on their request budgets
		wired.Bot.Accounts = append(wired.Bot.Accounts, bot.Account{Name: a.Name, PerMinute: a.RequestsPerMinute})
	}
	return bot.New(wired.Bot), nil
}

// Trouble returns the errors of the newest polls of the projects and of the receivers that do not show the newest state.
func (s Setup) Trouble(ctx context.Context, db *store.Store) error {
	var problems []error
	for _, p := range s.File.Projects {
		state, err := db.Project(ctx, p.UID)
		if err != nil {
			return err
		}
		if state.Failures > 0 {
			problems = append(problems, fmt.Errorf("project %q: %s", p.UID, words.Line(state.Failure)))
		}
	}
	for _, r := range s.File.Receivers {
		missing, problem, err := db.Outbox.Unshown(ctx, r.Name)
		if err != nil {
			return err
		}
		if missing > 0 {
			text := fmt.Sprintf("receiver %q: %s not delivered", r.Name, words.Count(missing, "alert"))
			problems = append(problems, errors.New(words.Sentence(text, words.Line(problem))))
		}
	}
	return errors.Join(problems...)
}
