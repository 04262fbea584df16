package commands_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/secret"
	"notewatch/internal/slackapp"
	"notewatch/internal/slackapp/commands"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/watch"
	"notewatch/internal/watch/watchtest"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/notify/notifytest"
	"notewatch/notify/pagerduty"
	notifyslack "notewatch/notify/slack"
	"notewatch/rules"
	"notewatch/rules/muting"
)

const (
	coldChain   = "app:2606f411-dea6-44a0-9743-1130f57d77d8"
	teamChannel = "C0123456789"
)

// stageSecret is what Slack signs with.
const stageSecret = "0123456789abcdef"

// stageTime is the time on the machine clock.
func stageTime() time.Time { return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) }

// june15 is a Monday, 00:00 UTC.
var june15 = time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)

var (
	amy = slackapp.Person{ID: "U0AMY", Name: "amy"}
	bob = slackapp.Person{ID: "U0BOB", Name: "bob"}
)

// A stage is a bot on a simulated Notehub and a real database, which tells a Slack channel and PagerDuty, and an App that
// takes the presses of people in the channel, in driven time.
type stage struct {
	t        *testing.T
	now      time.Time // domain
	slack    *notifytest.Slack
	pager    *notifytest.PagerDuty
	database string
	store    *store.Store
	config   watch.Config
	watch    *watch.Watch
	bot      *bot.Bot
	channels map[string]string // of receivers
	allow    commands.Allow
	sockets  int // that were opened
}

// newStage returns a stage at the start of june15 with n hourly sensors and some rules. The test runs beside others.
func newStage(t *testing.T, n int, incidents []notehubtest.Incident, specs ...rules.Spec) *stage {
	t.Helper()
	t.Parallel()
	s := &stage{t: t, now: june15, slack: notifytest.NewSlack(), pager: notifytest.NewPagerDuty()}
	t.Cleanup(s.slack.Close)
	t.Cleanup(s.pager.Close)
	s.database = storetest.Database(t)
	s.config.Bot = bot.Config{
		Accounts: []bot.Account{{Name: "acme", Client: s.hub(n, incidents), PerMinute: 4}},
		Projects: []bot.Project{{UID: coldChain, Name: "cold-chain", Account: "acme", Notify: []string{"team", "on-call"}}},
		Interval: 30 * time.Minute,
		Clock:    bot.Clock{Now: func() time.Time { return s.now }, Timer: s.timer},
		Machine:  stageTime,
		Log:      slog.New(slog.DiscardHandler),
	}
	s.receivers()
	s.channels = map[string]string{"team": teamChannel}
	for _, spec := range specs {
		s.config.Bot.Rules = append(s.config.Bot.Rules, bot.Rule{Rule: watchtest.Compile(t, spec)})
	}
	s.open()
	return s
}

// newApp returns an App that hears of presses over HTTP, and over a socket if it has a token for that.
func (s *stage) newApp(token string) *slackapp.App {
	s.t.Helper()
	answerer := s.answerer()
	app, err := slackapp.New(slackapp.Config{
		OnCommand: answerer.Command, OnPress: answerer.Press,
		Take: func(ctx context.Context, request string) (bool, error) {
			return s.store.TakeAsked(ctx, request, stageTime())
		},
		BotToken: secret.New("xoxb-token"), AppToken: secret.New(token), SigningSecret: secret.New(stageSecret), APIURL: s.slack.URL,
		Machine: stageTime, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(s.t, err)
	return app
}

// answerer returns who answers what people ask.
func (s *stage) answerer() *commands.Answerer {
	return commands.New(commands.Config{
		Bot: func() *bot.Bot { return s.bot }, Reader: s.reader,
		Channels: func() map[string]string { return s.channels },
		Command:  func() string { return "/notewatch" },
		Allow:    func() commands.Allow { return s.allow },
		Machine:  stageTime, Log: slog.New(slog.DiscardHandler),
	})
}

// hub returns a client of a simulated Notehub.
func (s *stage) hub(n int, incidents []notehubtest.Incident) *notehub.Client {
	hub := notehubtest.New(notehubtest.Config{
		Now: func() time.Time { return s.now }, Token: "a-token", Seed: 1, RequestsPerMinute: 7,
		Projects: []notehubtest.Project{{UID: coldChain, Name: "cold-chain", Devices: stageSensors(n), Incidents: incidents}},
	})
	return watchtest.Client(s.t, hub, "a-token")
}

// receivers are a Slack channel, whose messages have buttons, and PagerDuty.
func (s *stage) receivers() {
	team, err := notifyslack.NewBot(notifyslack.BotConfig{
		Token: secret.New("xoxb-token"), Channel: teamChannel, APIURL: s.slack.URL, Buttons: true,
	})
	require.NoError(s.t, err)
	onCall, err := pagerduty.New(pagerduty.Config{
		Name: "on-call", RoutingKey: secret.New(strings.Repeat("a1", 16)), URL: s.pager.URL, AllowPrivate: true,
	})
	require.NoError(s.t, err)
	s.config.Receivers = []deliver.Receiver{{Name: "team", Receiver: team, Live: true}, {Name: "on-call", Receiver: onCall}}
}

// stageSensors are devices alike: hourly sensors with 24 events a day.
func stageSensors(n int) []notehubtest.Device {
	return notehubtest.Fleet(1, n, june15.AddDate(-1, 0, 0), []notehubtest.Share{{Archetype: notehubtest.HourlySensor, Weight: 1}})
}

// open starts the bot on the database, as a new process would.
func (s *stage) open() {
	s.t.Helper()
	if s.store != nil {
		require.NoError(s.t, s.store.Close())
	}
	var err error
	s.store, err = store.Open(s.t.Context(), s.database)
	require.NoError(s.t, err)
	opened := s.store
	s.t.Cleanup(func() { _ = opened.Close() })
	require.NoError(s.t, s.store.ReleaseAll(s.t.Context()))
	s.config.Bot.Store = s.store
	s.watch, err = watch.New(s.t.Context(), s.config)
	require.NoError(s.t, err)
	s.bot = s.watch.Bot
}

// A slow receiver does something after it sent, before the bot can note that.
type slow struct {
	notify.Receiver
	then func()
}

// Send sends and does it.
func (s slow) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	defer s.then()
	return s.Receiver.Send(ctx, n, ref)
}

// slowly has the bot do something whenever it has sent to the channel and not noted it. It returns what ends that.
func (s *stage) slowly(then func()) (end func()) {
	s.t.Helper()
	quick := s.config.Receivers[0].Receiver
	s.config.Receivers[0].Receiver = slow{quick, then}
	s.open()
	return func() { s.config.Receivers[0].Receiver = quick; s.open() }
}

// dieAfterSending lets the bot send to the channel what is due, and die then. The next process is ready.
func (s *stage) dieAfterSending() {
	s.t.Helper()
	died := false
	restart := s.slowly(func() { died = s.store.Close() == nil })
	_, err := s.watch.Turn(s.t.Context())
	require.Error(s.t, err)
	require.True(s.t, died)
	restart()
}

// together does something n times at once.
func (s *stage) together(n int, do func(int) slackapp.Reply) []slackapp.Reply {
	replies := make([]slackapp.Reply, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { replies[i] = do(i) })
	}
	all.Wait()
	return replies
}

// reader is one as it would be now.
func (s *stage) reader() *lookup.Reader {
	config := lookup.Config{
		Store: s.store, Projects: []lookup.Project{{UID: coldChain, Name: "cold-chain", Account: "acme"}},
		Receivers: []string{"team", "on-call"}, Now: func() time.Time { return s.now },
	}
	for _, r := range s.config.Bot.Rules {
		config.Rules = append(config.Rules, r.Rule)
	}
	return lookup.New(config)
}

// timer lets time pass at once.
func (s *stage) timer(until time.Time) *time.Timer {
	if until.After(s.now) {
		s.now = until
	}
	return time.NewTimer(0)
}

// run lets the bot work until an instant.
func (s *stage) run(until time.Time) {
	s.t.Helper()
	watchtest.RunUntil(s.t, s.watch, until, func() time.Time { return s.now }, func(to time.Time) { s.timer(to) })
}

// settle lets the bot do what is due now.
func (s *stage) settle() {
	s.t.Helper()
	s.run(s.now)
}

// messages are what the channel shows.
func (s *stage) messages() []notifytest.Message { return s.slack.Messages(teamChannel) }

// newest is the message that was posted last.
func (s *stage) newest() notifytest.Message {
	s.t.Helper()
	all := s.messages()
	require.NotEmpty(s.t, all)
	return all[len(all)-1]
}

// offered returns the values of what can be pressed below a message: by action ID, of a menu by action ID and text.
func (s *stage) offered(m notifytest.Message) map[string]string {
	s.t.Helper()
	var blocks slack.Blocks
	require.NoError(s.t, json.Unmarshal(m.Blocks, &blocks))
	values := map[string]string{}
	for _, block := range blocks.BlockSet {
		actions, ok := block.(*slack.ActionBlock)
		if !ok {
			continue
		}
		for _, element := range actions.Elements.ElementSet {
			switch e := element.(type) {
			case *slack.ButtonBlockElement:
				values[e.ActionID] = e.Value
			case *slack.SelectBlockElement:
				for _, option := range e.Options {
					values[e.ActionID+" "+option.Text.Text] = option.Value
				}
			}
		}
	}
	return values
}

// button returns the press of what the newest message offers.
func (s *stage) button(who slackapp.Person, offer string) slackapp.Press {
	s.t.Helper()
	m := s.newest()
	value, ok := s.offered(m)[offer]
	require.True(s.t, ok, "%q is not offered, but %v", offer, s.offered(m))
	action, _, _ := strings.Cut(offer, " ")
	return slackapp.Press{Person: who, Channel: m.Channel, TS: m.TS, Action: action, Value: value}
}

// press presses what the newest message offers, and returns what the person is told.
func (s *stage) press(who slackapp.Person, offer string) string {
	s.t.Helper()
	return s.answerer().Press(s.t.Context(), s.button(who, offer)).Text
}

// alert returns the only alert of a rule.
func (s *stage) alert(rule string) rules.Alert {
	s.t.Helper()
	alerts, err := s.store.Alerts(s.t.Context(), store.AlertFilter{Match: muting.Match{Rule: rule}})
	require.NoError(s.t, err)
	require.Len(s.t, alerts, 1)
	return alerts[0]
}

// history returns what happened to the only alert of a rule.
func (s *stage) history(rule string) []rules.Event {
	s.t.Helper()
	all, err := s.store.Transitions(s.t.Context(), s.alert(rule).ID)
	require.NoError(s.t, err)
	events := make([]rules.Event, len(all))
	for i, transition := range all {
		events[i] = transition.Reason
	}
	return events
}

// silences returns the silences that are not over.
func (s *stage) silences() []muting.Silence {
	s.t.Helper()
	silences, _, err := s.store.Silences(s.t.Context(), s.now)
	require.NoError(s.t, err)
	return silences
}

// paged returns the events that PagerDuty took, and the incident they are all about.
func (s *stage) paged() (actions []string, incident string) {
	s.t.Helper()
	for _, event := range s.pager.Events() {
		require.True(s.t, event.Taken)
		require.True(s.t, incident == "" || incident == event.DedupKey, "all are about one incident")
		actions, incident = append(actions, event.Action), event.DedupKey
	}
	return actions, incident
}

// silentDevice is a live rule, spiking a day rule, eventBudget a period rule.
func silentDevice() rules.Spec {
	return rules.Spec{
		Name: "silent-device", Each: rules.EachDevice, Show: "device.silent_hours",
		When: []rules.Condition{{Level: rules.Warning, Expr: "device.silent_hours > 6"}},
	}
}

func eventBudget() rules.Spec {
	return rules.Spec{
		Name: "event-budget", Each: rules.EachDevice, Limit: "1100", Show: "events.used",
		When: []rules.Condition{
			{Level: rules.Warning, Expr: "events.used > 0.8 * limit"}, {Level: rules.Critical, Expr: "events.used > limit"},
		},
	}
}

// silentFor is n sensors going silent for two days.
func silentFor(n int, start time.Time) []notehubtest.Incident {
	incident := notehubtest.Incident{Kind: notehubtest.Silence, Start: start, Duration: 2 * day}
	for _, d := range stageSensors(n) {
		incident.Devices = append(incident.Devices, d.UID)
	}
	return []notehubtest.Incident{incident}
}

// flood is an event each two seconds from the first sensor.
func flood(start time.Time, lasts time.Duration) []notehubtest.Incident {
	return []notehubtest.Incident{{Kind: notehubtest.EventFlood, Devices: []string{stageSensors(1)[0].UID}, Start: start, Duration: lasts}}
}
