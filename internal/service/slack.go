package service

import (
	"context"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapp"
	"notewatch/internal/slackapp/commands"
)

// slackApp returns the app that answers commands and buttons in Slack. It always uses the settings in effect.
func (w *watcher) slackApp() (*slackapp.App, error) {
	c := w.setup.SlackConfig()
	answerer := commands.New(commands.Config{
		Bot:      func() *bot.Bot { return w.running.Load().watch.Bot },
		Reader:   func() *lookup.Reader { return w.running.Load().reader },
		Channels: func() map[string]string { return w.running.Load().setup.SlackChannels() },
		Command:  func() string { return w.running.Load().setup.File.Slack.Command },
		Allow:    func() commands.Allow { return commands.Allow(w.running.Load().setup.File.Slack.Allow) },
		Slack:    c.Client(), Machine: c.Machine, Log: c.Log,
	})
	c.OnCommand, c.OnPress = answerer.Command, answerer.Press
	c.Take = func(ctx context.Context, request string) (bool, error) {
		return w.running.Load().watch.Config.Bot.Store.TakeAsked(ctx, request, time.Now())
	}
	c.Processes = func(ctx context.Context) int { return w.running.Load().watch.Processes(ctx) }
	return slackapp.New(c)
}
