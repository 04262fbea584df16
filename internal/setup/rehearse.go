package setup

import (
	"log/slog"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/config/environ"
	"notewatch/internal/watch"
	"notewatch/notehub"
	"notewatch/notify"
)

// Rehearse returns the configuration of a watch for a rules file whose Notehub and receivers are played: all accounts read Notehub with one
// client, without a limit of requests, and stand makes what stands for a receiver. It needs no secrets, and no environment.
func Rehearse(file *config.File, clock bot.Clock, client *notehub.Client, stand func(config.Receiver) notify.Receiver) watch.Config {
	s := Setup{File: file, Environment: environ.Settings{Rules: file.Path}}
	left := bot.Config{
		Projects: s.projects(), Rules: s.rules(), DefaultReceivers: file.DefaultReceivers, Windows: file.Silences, Period: file.Period,
		Clock: clock, Log: slog.New(slog.DiscardHandler),
	}
	for _, a := range file.Accounts {
		account := s.account(a, client)
		account.PerMinute, account.TokenFrom = unlimited, s.accessFrom(a)
		left.Accounts = append(left.Accounts, account)
	}
	wired := watch.Config{Bot: left, DataBlock: s.dataBlock()}
	for _, r := range file.Receivers {
		wired.Receivers = append(wired.Receivers, s.served(r, stand(r)))
	}
	return wired
}

// unlimited is more requests a minute than a rehearsal makes.
const unlimited = 1e6
