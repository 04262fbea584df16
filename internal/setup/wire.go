package setup

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/deliver"
	"notewatch/internal/env"
	"notewatch/internal/proxy"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
	"notewatch/notehub"
	"notewatch/notify"
	"notewatch/notify/email"
	"notewatch/notify/heartbeat"
	"notewatch/notify/pagerduty"
	"notewatch/notify/slack"
	"notewatch/notify/terminal"
	"notewatch/notify/webhook"
	"notewatch/rules"
)

// Wire returns the configuration of a watch, without the database.
func (s Setup) Wire(clock bot.Clock) (watch.Config, error) {
	if err := proxy.CheckEnvironment(os.LookupEnv); err != nil {
		return watch.Config{}, err
	}
	accounts, err := s.accounts()
	if err != nil {
		return watch.Config{}, err
	}
	receivers, err := s.receivers()
	if err != nil {
		return watch.Config{}, err
	}
	beat, err := s.heartbeat()
	if err != nil {
		return watch.Config{}, err
	}
	left := bot.Config{
		Accounts: accounts, Projects: s.projects(), Rules: s.rules(), DefaultReceivers: s.File.DefaultReceivers, Windows: s.File.Silences,
		Summary: s.File.Summary, Period: s.File.Period, Heartbeat: beat,
		Clock: clock, Machine: time.Now, Metrics: s.Metrics, Log: s.Log,
	}
	return watch.Config{Bot: left, Receivers: receivers, DataBlock: s.dataBlock(), Process: s.Process}, nil
}

// heartbeat returns what calls the URL of the environment after a good cycle; nil if there is none.
func (s Setup) heartbeat() (func(context.Context) error, error) {
	if s.Environment.Heartbeat.IsZero() {
		return nil, nil
	}
	beat, err := heartbeat.New(heartbeat.Config{URL: s.Environment.Heartbeat, AllowPrivate: s.Environment.HeartbeatPrivate})
	if err != nil {
		return nil, fmt.Errorf("NOTEWATCH_HEARTBEAT_URL: %w", err)
	}
	return beat.Call, nil
}

// ThisProcess returns the entry of this process in the list of processes on the database. version is that of the program.
func (s Setup) ThisProcess(version string) work.Process {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	file, err := filepath.Abs(s.Environment.Rules)
	if err != nil {
		file = s.Environment.Rules
	}
	return work.Process{
		ID: rand.Text(), Host: host, PID: os.Getpid(), Version: version, File: file, Started: time.Now(),
	}
}

func (s Setup) projects() (projects []bot.Project) {
	for _, p := range s.File.Projects {
		projects = append(projects, bot.Project{UID: p.UID, Name: p.Name, Account: p.Account, Notify: p.Notify, Period: p.Period, Satellite: satelliteOf(cmp.Or(p.Satellite, s.File.Satellite))})
	}
	return projects
}

func satelliteOf(s config.Satellite) env.Satellite {
	return env.Satellite{Bytes: s.Allowance, Once: s.Once, Period: s.Period, From: s.From}
}

func (s Setup) rules() (all []bot.Rule) {
	for _, r := range s.File.Rules {
		all = append(all, bot.Rule{Rule: r.Rule, Notify: r.Notify})
	}
	return all
}

// accounts makes a client for each account. An account without a token or OAuth client in the rules file uses that of the environment.
func (s Setup) accounts() ([]bot.Account, error) {
	var accounts []bot.Account
	for _, a := range s.File.Accounts {
		from := s.accessFrom(a) // before the client has those of the environment
		a, client, err := s.client(a, nil)
		if err != nil {
			return nil, err
		}
		account := s.account(a, client)
		account.PerMinute, account.TokenFrom = a.RequestsPerMinute, from
		accounts = append(accounts, account)
	}
	return accounts, nil
}

// Client returns a client for an account of the rules file, whose transport is wrapped unless wrap is nil.
func (s Setup) Client(account string, wrap func(http.RoundTripper) http.RoundTripper) (*notehub.Client, error) {
	if err := proxy.CheckEnvironment(os.LookupEnv); err != nil {
		return nil, err
	}
	for _, a := range s.File.Accounts {
		if a.Name == account {
			_, client, err := s.client(a, wrap)
			return client, err
		}
	}
	return nil, fmt.Errorf("unknown account %q", account)
}

// client returns a client for an account, which has the access of the environment if it has none of its own.
func (s Setup) client(a config.Account, wrap func(http.RoundTripper) http.RoundTripper) (config.Account, *notehub.Client, error) {
	if a.OfEnvironment() {
		a.Token, a.ClientID, a.ClientSecret = s.Environment.NotehubToken, s.Environment.ClientID, s.Environment.ClientSecret
	}
	if a.OfEnvironment() { // the environment has none either
		return a, nil, errors.New("no Notehub token: make one at notehub.io/api-access and set NOTEWATCH_NOTEHUB_TOKEN, " +
			"or NOTEWATCH_NOTEHUB_TOKEN_FILE to a file that holds it")
	}
	client, err := notehub.New(notehub.Config{
		BaseURL: s.Environment.NotehubURL, Token: a.Token, Credentials: notehub.Credentials{ID: a.ClientID, Secret: a.ClientSecret}, Wrap: wrap,
	})
	return a, client, err
}

// account returns an account that reads Notehub with a client, without its request budget.
func (s Setup) account(a config.Account, client *notehub.Client) bot.Account {
	return bot.Account{
		Name: a.Name, Client: client, OAuth: a.ClientID != "", All: s.listsAll(a.Name),
		Organization: a.Organization, Prices: env.Prices{Event: a.Prices.Event, Free: a.Prices.FreeEvents}, Currency: a.Prices.Currency,
	}
}

// dataBlock returns the price of a block of data.
func (s Setup) dataBlock() deliver.Price {
	return deliver.Price{Amount: s.File.Prices.DataBlock, Currency: s.File.Prices.Currency}
}

// accessFrom says where the token of an account is set.
func (s Setup) accessFrom(a config.Account) string {
	if a.OfEnvironment() {
		return s.accessVariable()
	}
	return fmt.Sprintf("the entry %q of accounts in %s", a.Name, s.Environment.Rules)
}

// accessVariable names the environment variable of the token of Notehub, or of the secret of the OAuth client.
func (s Setup) accessVariable() string {
	name := "NOTEWATCH_NOTEHUB_TOKEN"
	if s.Environment.ClientID != "" {
		name = "NOTEWATCH_NOTEHUB_CLIENT_SECRET"
	}
	if file := os.Getenv(name + "_FILE"); file != "" {
		return "the file " + file
	}
	return name
}

func (s Setup) receivers() ([]deliver.Receiver, error) {
	var receivers []deliver.Receiver
	var problems []error
	for _, r := range s.File.Receivers {
		receiver, err := s.Receiver(r)
		if err != nil {
			problems = append(problems, fmt.Errorf("receiver %q: %w", r.Name, err))
			continue
		}
		receivers = append(receivers, s.served(r, receiver))
	}
	return receivers, errors.Join(problems...)
}

// served returns a receiver with what decides how it is served.
func (s Setup) served(r config.Receiver, receiver notify.Receiver) deliver.Receiver {
	served := deliver.Receiver{Name: r.Name, From: r.From, Fallback: r.Fallback, Receiver: receiver, Hours: s.File.HoursOf(r)}
	if r.Slack != nil {
		served.Live = r.Slack.Channel != ""
		served.Lane, served.Pause = s.lane(r), slackPause
	}
	if r.PagerDuty != nil || r.Webhook != nil && slices.Contains(harmless, r.Webhook.Format) && r.Webhook.Template == "" {
		served.Batch = deliver.MaxBatch
	}
	return served
}

// harmless are the formats of webhooks with an ID in each message, so that a receiver recognizes a repeated one.
var harmless = []string{"", "standard", "cloudevents"}

// slackPause is the time between two messages to a channel that Slack requires.
const slackPause = time.Second

// lane names the target of a Slack receiver: the channel, or the first receiver with the same URL, which is a secret.
func (s Setup) lane(r config.Receiver) string {
	if r.Slack.Channel != "" {
		return "slack " + r.Slack.Channel
	}
	for _, other := range s.File.Receivers {
		if other.Slack != nil && other.Slack.URL == r.Slack.URL {
			return "slack webhook of " + other.Name
		}
	}
	return ""
}

// Receiver makes a receiver from its section in the rules file.
func (s Setup) Receiver(r config.Receiver) (notify.Receiver, error) {
	switch {
	case r.Webhook != nil:
		return webhook.New(webhookOf(r))
	case r.PagerDuty != nil:
		return pagerduty.New(pagerDutyOf(r))
	case r.Email != nil:
		return email.New(emailOf(r))
	case r.Slack == nil:
		return terminal.New(s.Stdout, s.Color).Within(s.Width), nil
	case r.Slack.Channel == "":
		return slack.NewWebhook(slackWebhookOf(r))
	case s.Environment.SlackBotToken.IsZero():
		return nil, errNoSlackToken
	}
	return slack.NewBot(s.slackOf(r))
}

// check returns the problem of a receiver, without making it.
func (s Setup) check(r config.Receiver) error {
	switch {
	case r.Webhook != nil:
		return webhookOf(r).Validate()
	case r.PagerDuty != nil:
		return pagerDutyOf(r).Validate()
	case r.Email != nil:
		return emailOf(r).Validate()
	case r.Slack == nil:
		return nil
	case r.Slack.Channel == "":
		return slackWebhookOf(r).Validate()
	case s.Environment.SlackBotToken.IsZero():
		return errNoSlackToken
	}
	return s.slackOf(r).Validate()
}

var errNoSlackToken = errors.New("no Slack token: install the app with the scope chat:write and set " +
	"NOTEWATCH_SLACK_BOT_TOKEN to its xoxb- token")

func webhookOf(r config.Receiver) webhook.Config {
	hook := webhook.Config{
		Name: r.Name, URL: r.Webhook.URL, Secrets: r.Webhook.Secrets, Format: r.Webhook.Format, Template: r.Webhook.Template,
		AllowPrivate: r.Webhook.AllowPrivate,
	}
	for _, h := range r.Webhook.Headers {
		hook.Headers = append(hook.Headers, webhook.Header(h))
	}
	return hook
}

func pagerDutyOf(r config.Receiver) pagerduty.Config {
	return pagerduty.Config{Name: r.Name, RoutingKey: r.PagerDuty.RoutingKey, URL: r.PagerDuty.URL.Reveal()}
}

func emailOf(r config.Receiver) email.Config {
	return email.Config{
		Name: r.Name, Server: r.Email.Server, TLS: r.Email.TLS, User: r.Email.User, Password: r.Email.Password,
		From: r.Email.From, To: r.Email.To,
	}
}

func slackWebhookOf(r config.Receiver) slack.WebhookConfig {
	return slack.WebhookConfig{Name: r.Name, URL: r.Slack.URL, Mention: mentions(r.Slack.Mention)}
}

// slackOf returns the configuration for a channel in the workspace of the bot token.
func (s Setup) slackOf(r config.Receiver) slack.BotConfig {
	return slack.BotConfig{
		Token: s.Environment.SlackBotToken, Channel: r.Slack.Channel, APIURL: s.Environment.SlackAPIURL,
		Mention: mentions(r.Slack.Mention), Buttons: s.Environment.AnswersSlack(),
	}
}

// mentions returns mentions by the names of levels.
func mentions(byLevel map[rules.Level]string) map[string]string {
	words := make(map[string]string, len(byLevel))
	for level, mention := range byLevel {
		words[level.String()] = mention
	}
	return words
}
