package main

import (
	"context"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapp"
	"notewatch/internal/slackapp/commands"
)

// slackConfig is how they are, but for what may change while notewatch runs.
func (s setup) slackConfig() slackapp.Config {
	return slackapp.Config{
		BotToken: s.environment.SlackBotToken, AppToken: s.environment.SlackAppToken,
		SigningSecret: s.environment.SlackSigningSecret, APIURL: s.environment.SlackAPIURL,
		Machine: time.Now, Metrics: s.metrics, Log: s.log,
	}
}

// checkSlack returns what keeps commands and buttons from being answered, if they are to be.
func (s setup) checkSlack() error {
	if !s.environment.AnswersSlack() {
		return nil
	}
	return s.slackConfig().Validate()
}

// slackChannels returns the channels of the receivers whose messages have buttons.
func (s setup) slackChannels() map[string]string {
	channels := map[string]string{}
	for _, r := range s.file.Receivers {
		if r.Slack != nil && r.Slack.Channel != "" {
			channels[r.Name] = r.Slack.Channel
		}
	}
	return channels
}

// slackApp makes who answers commands and buttons in Slack, always by the settings that run.
func (w *watcher) slackApp() (*slackapp.App, error) {
	c := w.slackConfig()
	answerer := commands.New(commands.Config{
		Bot:      func() *bot.Bot { return w.running.Load().watch.Bot },
		Desk:     func() *lookup.Desk { return w.running.Load().desk },
		Channels: func() map[string]string { return w.running.Load().slackChannels() },
		Command:  func() string { return w.running.Load().file.Slack.Command },
		Allow:    func() commands.Allow { return commands.Allow(w.running.Load().file.Slack.Allow) },
		Slack:    c.Client(), Machine: c.Machine, Log: c.Log,
	})
	c.OnCommand, c.OnPress = answerer.Command, answerer.Press
	c.Take = func(ctx context.Context, request string) (bool, error) {
		return w.running.Load().watch.Config.Bot.Store.TakeAsked(ctx, request, time.Now())
	}
	c.Processes = func(ctx context.Context) int { return w.running.Load().watch.Processes(ctx) }
	return slackapp.New(c)
}
