package setup

import (
	"time"

	"notewatch/internal/slackapp"
)

// SlackConfig returns the configuration of the Slack app, without the fields that may change while notewatch runs.
func (s Setup) SlackConfig() slackapp.Config {
	return slackapp.Config{
		BotToken: s.Environment.SlackBotToken, AppToken: s.Environment.SlackAppToken,
		SigningSecret: s.Environment.SlackSigningSecret, APIURL: s.Environment.SlackAPIURL,
		Machine: time.Now, Metrics: s.Metrics, Log: s.Log,
	}
}

// CheckSlack returns an error if notewatch is set up to answer Slack but its settings do not allow that.
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
