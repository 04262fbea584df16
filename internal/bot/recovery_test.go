package bot_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/deliver"
	"notewatch/internal/delivery"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/notify/pagerduty"
	"notewatch/notify/webhook"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// onCall adds the receiver "on-call", a service of PagerDuty.
func (r *rig) onCall() *notifytest.PagerDuty {
	pager := notifytest.NewPagerDuty()
	r.t.Cleanup(pager.Close)
	sender, err := pagerduty.New(pagerduty.Config{
		Name: "on-call", RoutingKey: secret.New(strings.Repeat("a1", 16)), URL: pager.URL, AllowPrivate: true,
	})
	require.NoError(r.t, err)
	r.config.Receivers = append(r.config.Receivers, deliver.Receiver{Name: "on-call", Receiver: sender})
	return pager
}

// What is quiet may need no call at all: that it went well says nothing of a receiver that cannot be told.
func TestWhatIsQuietDoesNotShowThatAReceiverIsBack(t *testing.T) {
	outage := silence(monday.Add(5*hour), 2*day)
	outage.Devices = []string{sensors(2)[1].UID}
	floods := []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute), flood(monday.Add(12*hour), 20*time.Minute), outage}
	r := newRig(t, 2, floods, budget("1150"), silent())
	r.receiver("second", rules.Inactive)
	r.config.Bot.DefaultReceivers = []string{"second"}
	r.open()
	r.run(monday.Add(10 * hour))
	require.Equal(t, []string{"fired"}, r.reasonsOf("ops", "event-budget"))
	r.hush(muting.Match{Rule: "event-budget"}, 5*hour)
	r.run(monday.Add(10*hour + time.Minute))
	failing(r.hooks["ops"], notifytest.Status(http.StatusGone, ""), 100)
	r.run(monday.Add(14 * hour))
	require.Equal(t, rules.Critical, r.delivery("ops", "event-budget").Alert.Level, "it got worse in silence")
	require.Equal(t, delivery.GivenUp, r.delivery("ops", "silent-device").State)
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "receiver-dead"))
}

// A weekly summary is nothing to PagerDuty: that no call was made for it says nothing of whether one would be answered.
func TestWhatIsSkippedDoesNotShowThatAReceiverIsBack(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 30*day)}, silent())
	pager := r.onCall()
	for range 1000 {
		pager.Fail(notifytest.Status(http.StatusForbidden, ""))
	}
	r.config.Bot.DefaultReceivers, r.config.Bot.Summary = []string{"ops", "on-call"}, true
	r.rules(silent())
	r.hourly().run(monday.Add(16 * day))
	require.Equal(t, []string{"fired"}, r.reasonsOf("ops", "receiver-dead"))
}

func TestWhatIsSkippedIsNotPosted(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	pager := r.onCall()
	r.open()
	r.page(report("report"))
	r.run(r.now.Add(time.Minute))
	require.Empty(t, pager.Events())
	d := r.delivery("on-call", "report")
	require.Equal(t, delivery.Skipped, d.State, "there is nothing left to do")
	require.Empty(t, d.Message)
	require.Equal(t, "this receiver has nothing to show of it", d.Detail)
	attempts, err := r.store.Outbox.Attempts(t.Context(), d.Alert.ID)
	require.NoError(t, err)
	require.Len(t, attempts, 1)
	require.Equal(t, outbox.Skipped, attempts[0].Status)
}

// What was skipped and changes to what is not is as new to the receiver as anything else.
func TestWhatWasSkippedIsShownOnceThereIsSomethingToShow(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute), flood(monday.Add(12*hour), 20*time.Minute)}, budget("1150"))
	hook := notifytest.NewWebhook()
	t.Cleanup(hook.Close)
	sender, err := webhook.New(webhook.Config{URL: secret.New(hook.URL), AllowPrivate: true, Template: `
		{{define "send"}}{{eq .Level "critical"}}{{end}}{"title": {{json .Word}}}`})
	require.NoError(t, err)
	r.config.Receivers = append(r.config.Receivers, deliver.Receiver{Name: "worst", Receiver: sender})
	r.rules(budget("1150"))
	r.open()
	r.run(monday.Add(11 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	require.Empty(t, hook.Requests())
	r.run(monday.Add(14 * hour))
	require.Equal(t, []string{"fired", "escalated"}, r.reasons("ops"))
	require.Len(t, hook.Requests(), 1)
	require.JSONEq(t, `{"title": "FIRING critical"}`, string(hook.Requests()[0].Body))
	d := r.delivery("worst", "event-budget")
	require.Equal(t, rules.Critical, d.Shown)
	require.Empty(t, d.Detail)
	message, _, err := r.store.Outbox.Members(t.Context(), d.Message)
	require.NoError(t, err)
	require.False(t, message.BegunAt.IsZero(), "now it counts to the hourly cap")
}

// The pauses between attempts go on growing where they were.
func TestWhatIsSkippedIsNoEndOfFailures(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	pager := r.onCall()
	r.open()
	for range 100 {
		pager.Fail(notifytest.Status(http.StatusBadGateway, ""))
	}
	r.page(pump("1"))
	r.run(r.now.Add(time.Minute))
	tried := len(pager.Events())
	require.Greater(t, tried, 1)
	r.hush(muting.Match{Rule: "pump"}, 5*hour)
	r.page(report("report"))
	r.run(r.now.Add(hour))
	require.Len(t, pager.Events(), tried)
	require.NoError(t, r.store.Work.MakeDue(t.Context(), work.Receiver, "on-call", r.now))
	lease, ok, err := r.store.Work.Claim(t.Context(), work.Receiver, "on-call", r.now, r.machine)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, tried, lease.Failures)
}

// What is skipped is not among the 20 messages that a receiver gets in an hour.
func TestWhatIsSkippedDoesNotCountToTheHourlyCap(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	pager := r.onCall()
	r.open()
	for i := range 20 {
		r.page(report("report-" + strconv.Itoa(i)))
	}
	r.run(r.now.Add(time.Minute))
	for i := range 3 {
		r.page(pump(strconv.Itoa(i)))
	}
	r.run(r.now.Add(time.Minute))
	require.Len(t, pager.Incidents(), 3, "each on its own")
}

// report is one that PagerDuty has nothing to show of; pump is an alert that it has.
func report(rule string) rules.Alert {
	return rules.Key{Rule: rule, Subject: "this"}.Report(rules.Texts{Subject: "this", Summary: "a report"}, monday)
}

func pump(subject string) rules.Alert {
	a, _ := rules.Key{Rule: "pump", Subject: subject}.Inactive().Raise(rules.Critical, rules.Texts{Subject: subject}, monday)
	return a
}

// page has on-call told of an alert.
func (r *rig) page(a rules.Alert) {
	r.t.Helper()
	_, seq, err := r.store.Silences(r.t.Context(), r.now)
	require.NoError(r.t, err)
	require.NoError(r.t, r.store.Decide(r.t.Context(), store.Decision{
		Alerts: []*rules.Alert{&a}, Show: map[string][]string{a.ID: {"on-call"}}, Silences: seq, Now: r.now,
	}))
}

// A receiver that takes nothing is tried again every hour, also if another process takes it over at any instant after the attempt that showed
// that.
func TestWhatIsGivenUpIsTriedAgainWhereverTheLeaseIsLost(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	pager := r.onCall()
	var calls, left int // of the pager until it is armed; looks at a clock from then on until the lease is lost
	look := func() {
		if len(pager.Events()) < calls {
			return
		}
		if left--; left != 0 {
			return
		}
		other, ok, err := r.store.Work.Claim(t.Context(), work.Receiver, "on-call", r.now, r.machine.Add(work.LeaseTime))
		require.NoError(t, err)
		if ok { // else the round has ended
			require.NoError(t, r.store.Work.Complete(t.Context(), other, r.now, r.now, 0))
		}
	}
	r.config.Bot.Clock.Now = func() time.Time { look(); return r.clock() }
	r.config.Bot.Machine = func() time.Time { look(); return r.machineClock() }
	r.config.Bot.DefaultReceivers = []string{"ops"}
	r.open()
	for n := 1; ; n++ {
		calls, left = len(pager.Events())+1, n
		pager.Fail(notifytest.Status(http.StatusForbidden, ""))
		a := pump(strconv.Itoa(n))
		r.page(a)
		r.run(r.now.Add(30 * time.Second))
		reached := left <= 0
		r.run(r.now.Add(61 * time.Minute))
		shown, err := r.store.Outbox.DeliveriesOf(t.Context(), a.ID)
		require.NoError(t, err)
		require.Equal(t, delivery.Delivered, shown["on-call"].State, "the lease was lost at look %d", n)
		if !reached {
			require.Greater(t, n, 3)
			return
		}
	}
}

func TestAFigureThatCannotBeShownDoesNotShowThatAChannelIsBack(t *testing.T) {
	outage := silence(monday.Add(6*hour), 2*day)
	outage.Devices = []string{sensors(2)[1].UID}
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute), outage}, budget("1150"), silent()).hourly()
	slack := r.slack()
	r.rules(budget("1150"), silent())
	for i := range r.config.Bot.Rules {
		r.config.Bot.Rules[i].Notify = []string{"team"}
	}
	r.config.Bot.DefaultReceivers = []string{"ops"}
	r.open()
	r.run(monday.Add(10 * hour))
	require.Len(t, slack.Messages("C1"), 1)
	for range 1000 {
		slack.Fail(notifytest.Code("not_in_channel"))
	}
	r.run(monday.Add(day))
	require.Len(t, slack.Messages("C1"), 1)
	require.Equal(t, []string{"fired"}, r.reasonsOf("ops", "receiver-dead"))
}

func TestTwoWhoRefuseEverythingAreNotToldOfEachOtherForEver(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
	r.receiver("second", rules.Inactive)
	r.config.Bot.DefaultReceivers = []string{"ops", "second"}
	r.open()
	for _, hook := range r.hooks {
		failing(hook, notifytest.Status(http.StatusBadRequest, ""), 300)
	}
	r.run(monday.Add(day))
	require.Less(t, len(r.hooks["ops"].Requests())+len(r.hooks["second"].Requests()), 10)
}
