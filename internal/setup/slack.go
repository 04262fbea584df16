package setup

import (
	"time"

	"notewatch/internal/slackapp"
)

// SlackConfig is how they are, but for what may change while notewatch runs.
func (s Setup) SlackConfig() slackapp.Config {
	return slackapp.Config{
		BotToken: s.Environment.SlackBotToken, AppToken: s.Environment.SlackAppToken,
		SigningSecret: s.Environment.SlackSigningSecret, APIURL: s.Environment.SlackAPIURL,
		Machine: time.Now, Metrics: s.Metrics, Log: s.Log,
	}
}

// CheckSlack returns what keeps commands and buttons from being answered, if they are to be.
func (s Setup) CheckSlack() error {
	if !s.Environment.AnswersSlack() {
		return nil
	}
	return s.SlackConfig().Validate()
}

// SlackChannels returns the channels of the receivers whose messages have buttons.
func (s Setup) SlackChannels() map[string]string {
	channels := map[string]string{}
	for _, r := range s.File.Receivers {
		if r.Slack != nil && r.Slack.Channel != "" {
			channels[r.Name] = r.Slack.Channel
		}
	}
	return channels
}
