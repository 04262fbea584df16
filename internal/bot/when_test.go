package bot_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/deliver"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/email"
	"notewatch/notify/notifytest"
	"notewatch/notify/pagerduty"
	notifyslack "notewatch/notify/slack"
	"notewatch/notify/terminal"
	"notewatch/rules"
)

// everyKind adds a receiver of each kind to a rig: Slack as "team", a terminal, an incoming webhook, mail and PagerDuty.
type everyKind struct {
	slack, incoming *notifytest.Slack
	terminal        bytes.Buffer
	mail            *notifytest.SMTP
	pagerDuty       *notifytest.PagerDuty
}

func (r *rig) everyKind() *everyKind {
	k := &everyKind{slack: r.slack(), incoming: notifytest.NewSlack(), pagerDuty: notifytest.NewPagerDuty()}
	r.t.Cleanup(k.incoming.Close)
	r.t.Cleanup(k.pagerDuty.Close)
	var err error
	k.mail, err = notifytest.NewSMTP(notifytest.SMTPOptions{TLS: "none"})
	require.NoError(r.t, err)
	r.t.Cleanup(k.mail.Close)
	incoming, err := notifyslack.NewWebhook(notifyslack.WebhookConfig{
		URL: secret.New(k.incoming.WebhookURL), AllowPrivate: true,
	})
	require.NoError(r.t, err)
	onCall, err := pagerduty.New(pagerduty.Config{
		RoutingKey: secret.New("0123456789abcdef0123456789abcdef"), URL: k.pagerDuty.URL, AllowPrivate: true,
	})
	require.NoError(r.t, err)
	mail, err := email.New(email.Config{Server: k.mail.Addr, TLS: "none", From: "a@example.com", To: []string{"b@example.com"}})
	require.NoError(r.t, err)
	r.config.Receivers = append(r.config.Receivers,
		deliver.Receiver{Name: "terminal", Receiver: terminal.New(&k.terminal, false)},
		deliver.Receiver{Name: "incoming", Receiver: incoming},
		deliver.Receiver{Name: "on-call", Receiver: onCall},
		deliver.Receiver{Name: "mail", Receiver: mail},
	)
	return k
}

// first is the first line of what each receiver shows, or was sent last. PagerDuty is sent nothing with a resolve.
func (r *rig) first(k *everyKind) map[string]string {
	line := func(text string) string { return strings.SplitN(text, "\n", 2)[0] }
	terminal := strings.Split(strings.TrimSpace(k.terminal.String()), "\n")
	for strings.HasPrefix(terminal[len(terminal)-1], "  ") {
		terminal = terminal[:len(terminal)-1]
	}
	printed := strings.Fields(terminal[len(terminal)-1])[4:]
	incoming, mails := k.incoming.Messages(notifytest.IncomingChannel), k.mail.Messages()
	taken := r.taken("ops")
	last := taken[len(taken)-1]
	events := k.pagerDuty.Events()
	event := events[len(events)-1]
	paged := event.Action
	if event.Payload != nil {
		paged += ": " + event.Payload.Summary
	}
	return map[string]string{
		"team": line(k.slack.Messages("C1")[0].Text), "terminal": strings.Join(printed, " "),
		"incoming": line(incoming[len(incoming)-1].Text), "mail": mails[len(mails)-1].Subject,
		"ops": strings.ToUpper(last.State) + ": " + last.Summary, "on-call": paged,
	}
}

// requireFirst checks what each receiver says first. Those that cannot change what they posted keep it where a change is no news.
func (r *rig) requireFirst(k *everyKind, word, headline string, kept ...string) {
	r.t.Helper()
	for receiver, text := range r.first(k) {
		if len(kept) > 0 && (receiver == "incoming" || receiver == "mail") {
			require.Contains(r.t, text, kept[0], receiver)
			continue
		}
		if receiver == "on-call" && word == "RESOLVED" {
			require.Equal(r.t, "resolve", text)
			continue
		}
		require.Contains(r.t, text, headline, receiver)
		if receiver == "terminal" || len(kept) == 0 && (receiver == "team" || receiver == "mail" || receiver == "incoming") {
			require.Contains(r.t, text, word, receiver)
		}
	}
}

// dated is a day rule whose headline names the day.
func dated() rules.Spec {
	spec := events("500")
	spec.Summary = "{{.Subject}} sent {{.Value}} events {{.When}}; usually {{.Usual}}"
	return spec
}

func TestADayIsNamedOnceItIsOver(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute)}, dated())
	k := r.everyKind()
	r.rules(dated())
	r.hourly().run(monday.Add(12 * hour))
	name := sensors(1)[0].Name
	r.requireFirst(k, "FIRING", "events today; usually 24")

	r.run(monday.Add(26 * hour))
	peak := r.delivery("ops", "event-spike").Alert.Peak
	total := fmt.Sprintf("%s sent %s events on Mon 15 Jun; usually 24", name, words.Figure(peak, ""))
	r.requireFirst(k, "QUIET", total, "events today; usually 24")
	require.InDelta(t, r.used(name, monday), peak, 0, "it is all that was sent on that day")
	require.Contains(t, k.slack.Messages("C1")[0].Text, "quiet since 00:00 UTC; resolves Wed 17 Jun 00:00 UTC if it stays quiet")

	r.run(monday.Add(50 * hour))
	over := r.delivery("ops", "event-spike").Alert
	require.Equal(t, rules.Resolved, over.State)
	resolved := fmt.Sprintf("%s: events %s today, peak %s on Mon 15 Jun", name, words.Figure(over.Value, ""), words.Figure(peak, ""))
	r.requireFirst(k, "RESOLVED", resolved)
	require.Equal(t, strings.Replace(resolved, " today", " on Wed 17 Jun", 1), over.Texts.Headline(monday.Add(3*day)))
}

// used is how many events a device sent on a day, as the database has it.
func (r *rig) used(name string, day time.Time) float64 {
	r.t.Helper()
	on := rules.DayOf(day)
	n, ok := r.events(sensors(1)[0].UID, on, on)[on]
	require.True(r.t, ok, "events of %s on %s are not known", name, on)
	return n
}

func TestAPeriodIsNamedOnceItHasEnded(t *testing.T) {
	spec := budget("100")
	spec.Summary = "{{.Subject}} has used {{.Value}} of {{.Limit}} events {{.When}}"
	r := newRig(t, 1, nil, spec)
	k := r.everyKind()
	r.rules(spec)
	r.now = time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	r.hourly().run(r.now.Add(11 * hour))
	r.requireFirst(k, "FIRING", "of 100 events this month")

	r.run(time.Date(2026, 7, 1, 0, 30, 0, 0, time.UTC))
	ended := r.delivery("ops", "event-budget").Alert
	require.Equal(t, rules.PeriodEnded, ended.Reason)
	text := fmt.Sprintf("%s has used %s of 100 events in June", sensors(1)[0].Name, words.Figure(ended.Value, ""))
	require.Equal(t, time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), ended.AsOf.UTC())
	for receiver, first := range r.first(k) {
		if receiver != "on-call" {
			require.Contains(t, first, text, receiver)
		}
	}
}

// A message that is sent after its day names that day.
func TestAReceiverThatIsBackAfterMidnightHearsWhichDayItWas(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(22*hour), 20*time.Minute)}, dated())
	r.hourly()
	failing(r.hooks["ops"], notifytest.Status(http.StatusBadGateway, ""), 30)
	r.run(monday.Add(day - time.Minute))
	require.Empty(t, r.taken("ops"))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.BadGateway})
	r.run(monday.Add(36 * hour))
	for _, a := range r.taken("ops") {
		if a.Rule == "event-spike" {
			require.Contains(t, a.Summary, "events on Mon 15 Jun")
			return
		}
	}
	require.Fail(t, "it was never told")
}

func TestLateDataNamesTheDayItIsAbout(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(day-9*time.Minute), 8*time.Minute)}, func() rules.Spec {
		spec := dated()
		spec.When[0].Expr = "events.today > 200"
		return spec
	}()).hourly()
	lateFlood(r)
	require.Equal(t, []string{"revised"}, r.reasons("ops"))
	require.Contains(t, r.taken("ops")[0].Summary, "events on Mon 15 Jun; usually 24")
}

// While Notehub cannot be read, a message that says today still names its day at midnight.
func TestADayIsNamedThoughNotehubCannotBeRead(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(21*hour), 20*time.Minute)}, dated())
	slack := r.slack()
	r.rules(dated())
	r.hourly().run(monday.Add(23*hour + 30*time.Minute))
	require.Contains(t, slack.Messages("C1")[0].Text, "events today")
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.BadGateway})
	r.run(monday.Add(26 * hour))
	require.Contains(t, slack.Messages("C1")[0].Text, "events on Mon 15 Jun")
	require.Len(t, slack.Messages("C1"), 1)
}

// What people change in the rules file changes what is shown, and disturbs nobody.
func TestChangedWordsChangeWhatIsShown(t *testing.T) {
	many := rules.Spec{Name: "many", Each: rules.EachProject, Show: "project.device_count", Advice: "Count again.", When: []rules.Condition{
		{Level: rules.Info, Expr: "project.device_count > 1"},
	}}
	changes := map[string]struct {
		change func(*rig, *rules.Spec)
		shows  string
	}{
		"advice":  {func(_ *rig, s *rules.Spec) { s.Advice = "Sell some." }, "Sell some."},
		"summary": {func(_ *rig, s *rules.Spec) { s.Summary = "{{.Value}} devices are in {{.Project}}" }, "3 devices are in cold-chain"},
		"name of the project": {func(r *rig, _ *rules.Spec) {
			r.config.Bot.Projects[0].Name = "warm-chain"
		}, "warm-chain: project.device_count 3"},
	}
	for name, c := range changes {
		t.Run(name, func(t *testing.T) {
			spec := many
			r := newRig(t, 3, nil, spec)
			slack := r.slack()
			r.rules(spec)
			r.hourly().run(monday.Add(5 * hour))
			require.Len(t, slack.Calls(), 1)
			c.change(r, &spec)
			r.rules(spec)
			r.open()
			r.run(monday.Add(10 * hour))
			require.Contains(t, slack.Messages("C1")[0].Text, c.shows)
			require.Len(t, slack.Calls(), 2, "once, in place")
			require.Empty(t, slack.Replies("C1", slack.Messages("C1")[0].TS))
			require.Equal(t, []string{"fired"}, r.reasons("ops"))
			alerts, err := r.store.Alerts(t.Context(), store.AlertFilter{})
			require.NoError(t, err)
			require.EqualValues(t, 1, alerts[len(alerts)-1].Version)
		})
	}
}
