package commands

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/budget"
	"notewatch/internal/lookup"
	"notewatch/internal/secret"
	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/watch"
	"notewatch/internal/watch/watchtest"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

const (
	coldChainUID = "app:2606f411-dea6-44a0-9743-1130f57d77d8"
	labUID       = "app:11111111-dea6-44a0-9743-1130f57d77d8"
	teamRoom     = "C0123456789"
	otherRoom    = "C0999999999"

	signingSecret = "0123456789abcdef0123456789abcdef"
)

// midday is a Monday.
var midday = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// An askDesk is where people ask: an App, a bot on a simulated Notehub that has watched two projects for some days, and a real
// database, in driven time.
type askDesk struct {
	t     *testing.T
	now   time.Time // domain
	slack *notifytest.Slack
	app   *slackapp.App
	watch *watch.Watch
	bot   *bot.Bot
	store *store.Store
	look  lookup.Config
	allow Allow

	answerer *Answerer
}

// A scene is what the bot watches.
type scene struct {
	coldChain, lab []notehubtest.Device
	incidents      []notehubtest.Incident // of cold-chain
	rules          []rules.Spec
	windows        []muting.Window
	prices         lookup.Prices
}

// usualScene has a sensor with a flood of events, and rules that find it.
func usualScene() scene {
	return scene{
		coldChain: fleetOf(12, notehubtest.HourlySensor), lab: fleetOf(2, notehubtest.DailyTank),
		incidents: []notehubtest.Incident{{
			Kind: notehubtest.EventFlood, Devices: []string{fleetOf(1, notehubtest.HourlySensor)[0].UID},
			Start: midday.Add(-5 * time.Hour), Duration: 2 * time.Hour, Every: 30 * time.Second,
		}},
		rules: []rules.Spec{
			{
				Name: "event-budget", Each: rules.EachDevice, Limit: "600", Show: "events.used",
				When: []rules.Condition{{Level: rules.Warning, Expr: "events.used > 0.9 * limit"}, {Level: rules.Critical, Expr: "events.used > 1.5 * limit"}},
			},
			{Name: "event-spike", Each: rules.EachDevice, Show: "events.today", When: []rules.Condition{{Level: rules.Critical, Expr: "events.today > 100 && bytes.today >= 0"}}},
			{Name: "lively-project", Each: rules.EachProject, Show: "events.today", When: []rules.Condition{{Level: rules.Info, Expr: "events.today > 400"}}},
		},
		prices: lookup.Prices{Currency: "USD", Event: 0.00075, FreeEvents: 5000, AsOf: "2026-06"},
	}
}

// fleetOf are devices alike.
func fleetOf(n int, archetype notehubtest.Archetype) []notehubtest.Device {
	return notehubtest.Fleet(1, n, midday.AddDate(-1, 0, 0), []notehubtest.Share{{Archetype: archetype, Weight: 1}})
}

// newAskDesk returns one at noon of a Monday. The test runs beside others.
func newAskDesk(t *testing.T, s scene) *askDesk {
	t.Helper()
	t.Parallel()
	d := &askDesk{t: t, now: midday.Add(-6 * time.Hour), slack: notifytest.NewSlack()}
	t.Cleanup(d.slack.Close)
	var err error
	d.store, err = store.Open(t.Context(), storetest.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = d.store.Close() })
	config := watch.Config{Bot: bot.Config{
		Store:    d.store,
		Accounts: []bot.Account{{Name: "acme", Client: d.notehub(s), PerMinute: 6}},
		Projects: []bot.Project{
			{UID: coldChainUID, Name: "cold-chain", Account: "acme", Notify: []string{"team"}},
			{UID: labUID, Name: "lab", Account: "acme", Notify: []string{"log"}},
		},
		Windows: s.windows, Interval: time.Hour,
		Clock: bot.Clock{Now: func() time.Time { return d.now }, Timer: d.timer}, Machine: time.Now,
		Log: slog.New(slog.DiscardHandler),
	}}
	for _, name := range []string{"team", "log"} {
		_, receiver := watchtest.Webhook(t, name)
		config.Receivers = append(config.Receivers, receiver)
	}
	d.look = lookup.Config{
		Store: d.store, Accounts: []lookup.Account{{Name: "acme", PerMinute: 6}}, Receivers: []string{"team", "log"}, Prices: s.prices,
		Projects: []lookup.Project{{UID: coldChainUID, Name: "cold-chain", Account: "acme"}, {UID: labUID, Name: "lab", Account: "acme"}},
		Windows:  s.windows, Interval: time.Hour, Kinds: budget.Kinds{Usage: 2}, Now: func() time.Time { return d.now },
	}
	for _, spec := range s.rules {
		rule := watchtest.Compile(t, spec)
		config.Bot.Rules = append(config.Bot.Rules, bot.Rule{Rule: rule})
		d.look.Rules = append(d.look.Rules, rule)
	}
	d.watch, err = watch.New(t.Context(), config)
	require.NoError(t, err)
	d.bot = d.watch.Bot
	d.open("")
	d.run(midday)
	return d
}

// notehub returns a client of a simulated Notehub.
func (d *askDesk) notehub(s scene) *notehub.Client {
	hub := notehubtest.New(notehubtest.Config{
		Now: func() time.Time { return d.now }, Token: "a-token", Seed: 1, RequestsPerMinute: 7,
		Projects: []notehubtest.Project{
			{UID: coldChainUID, Name: "cold-chain", Devices: s.coldChain, Incidents: s.incidents},
			{UID: labUID, Name: "lab", Devices: s.lab},
		},
	})
	return watchtest.Client(d.t, hub, "a-token")
}

// operators changes who is told how notewatch itself does.
func (d *askDesk) operators(names ...string) {
	config := d.bot.Config()
	config.DefaultReceivers = names
	d.bot = bot.New(config)
}

// open makes the App. Of the receivers, team is a channel in Slack. appToken "" is HTTP.
func (d *askDesk) open(appToken string) {
	log := slog.New(slog.NewTextHandler(d.t.Output(), nil))
	d.answerer = New(Config{
		Bot: func() *bot.Bot { return d.bot }, Reader: func() *lookup.Reader { return lookup.New(d.look) },
		Channels: func() map[string]string { return map[string]string{"team": teamRoom} },
		Command:  func() string { return "/notewatch" }, Allow: func() Allow { return d.allow },
		Slack: client(d.slack), Machine: time.Now, Log: log,
	})
	var err error
	d.app, err = slackapp.New(slackapp.Config{
		OnCommand: d.answerer.Command, OnPress: d.answerer.Press,
		BotToken: secret.New("xoxb-1"), AppToken: secret.New(appToken), SigningSecret: secret.New(signingSecret), APIURL: d.slack.URL,
		Machine: time.Now, Log: log,
	})
	require.NoError(d.t, err)
}

// client returns a client of a Slack that is played.
func client(s *notifytest.Slack) *slack.Client {
	return slackapi.New(s.URL, secret.New("xoxb-1"), secret.Text{}, slackapi.NewDoer(new(http.Client)))
}

// timer lets time pass at once.
func (d *askDesk) timer(until time.Time) *time.Timer {
	if until.After(d.now) {
		d.now = until
	}
	return time.NewTimer(0)
}

// run lets the bot work until an instant.
func (d *askDesk) run(until time.Time) {
	d.t.Helper()
	watchtest.RunUntil(d.t, d.watch, until, func() time.Time { return d.now }, func(to time.Time) { d.timer(to) })
}

// from asks from a channel, as amy.
func (d *askDesk) from(channel, text string) slackapp.Reply {
	d.t.Helper()
	r := d.answerer.Command(d.t.Context(), slackapp.Command{Person: slackapp.Person{ID: "U0AMY", Name: "amy"}, Channel: channel, Text: text})
	require.NotEmpty(d.t, r.Text, text)
	return r
}

// ask asks from the channel that is told of alerts, and is answered.
func (d *askDesk) ask(text string) string {
	d.t.Helper()
	r := d.from(teamRoom, text)
	require.False(d.t, r.Failed, "%s: %s", text, r.Text)
	return r.Text
}

// refused asks, and is refused.
func (d *askDesk) refused(text string) string {
	d.t.Helper()
	r := d.from(teamRoom, text)
	require.True(d.t, r.Failed, "%s: %s", text, r.Text)
	return r.Text
}
