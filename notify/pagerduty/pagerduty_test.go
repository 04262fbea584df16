package pagerduty_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
	"notewatch/notify/pagerduty"
)

const routingKey = "R0123456789ABCDEF0123456789ABCDE"

func newPagerDutyServer(t *testing.T) *notifytest.PagerDuty {
	server := notifytest.NewPagerDuty()
	t.Cleanup(server.Close)
	return server
}

func newPagerDuty(t *testing.T, url string) *pagerduty.Receiver {
	t.Helper()
	receiver, err := pagerduty.New(pagerduty.Config{
		Name: "on-call", RoutingKey: secret.New(routingKey), URL: url, AllowPrivate: true,
	})
	require.NoError(t, err)
	return receiver
}

func TestPagerDutyTriggers(t *testing.T) {
	drill := func(a *notify.Alert) { a.Drill = true }
	silence := fixture.With(func(a *notify.Alert) {
		a.ID, a.Rule, a.Level, a.Figure, a.Unit = "51d0", "fleet-silent", "warning", "fleet.silent_pct", ""
		a.Subject = notify.Named{UID: "fleet:1", Name: "north"}
		a.Summary, a.Value, a.Peak, a.Limit = "40 % of north is silent", 40, 40, 20
	})
	over := fixture.With(func(a *notify.Alert) { fixture.Ended(a); a.ID = "9b1c"; a.Subject.Name = "sensor-15" })
	for name, alerts := range map[string][]notify.Alert{
		"fired":      {fixture.Firing()},
		"drill":      {fixture.With(drill)},
		"runbook":    {fixture.SampleNamed(t, "runbook")},
		"no_data":    {fixture.Samples()[len(fixture.Samples())-1].Alert},
		"group":      {fixture.Firing(), over},
		"digest":     {silence, fixture.Firing()},
		"list_10000": fixture.Fleet(10_000),
	} {
		t.Run(name, func(t *testing.T) {
			server := newPagerDutyServer(t)
			ref, err := newPagerDuty(t, server.URL).Send(t.Context(), fixture.Notification(alerts...), nil)
			require.NoError(t, err)
			require.JSONEq(t, `{"dedup_key":"msg_4kx0","state":"triggered"}`, string(ref))
			events := server.Events()
			require.Len(t, events, 1)
			require.True(t, events[0].Taken)
			var indented bytes.Buffer
			require.NoError(t, json.Indent(&indented, events[0].Body, "", "  "))
			fixture.Golden(t, "pagerduty_"+name+".golden.json", indented.String()+"\n")
		})
	}
}

// Each step is a state of one message, and the events that it leads to.
func TestPagerDutyKeepsInStep(t *testing.T) {
	type step struct {
		n    notify.Notification
		want string // actions
		at   string // the state in the reference
	}
	with := func(reason string, changes ...func(*notify.Alert)) notify.Alert {
		return fixture.With(func(a *notify.Alert) {
			a.Reason, a.Was = reason, "critical"
			for _, change := range changes {
				change(a)
			}
		})
	}
	acked := func(a *notify.Alert) { a.Ack = "amy at 13:02 UTC" }
	mute := func(a *notify.Alert) { a.Mute = "silenced until 14:00 UTC by amy" }
	as := func(level, was string) func(*notify.Alert) {
		return func(a *notify.Alert) { a.Level, a.Was = level, was }
	}
	same := func(a *notify.Alert) { a.ID, a.Changed = "0000", false }
	quiet := func(alerts ...notify.Alert) notify.Notification {
		n := fixture.Notification(alerts...)
		n.Quiet = true
		return n
	}
	fired := step{fixture.Notification(fixture.Firing()), "trigger", "triggered"}
	taken := step{fixture.Notification(with("acknowledged", acked)), "acknowledge", "acknowledged"}
	over := step{fixture.Notification(with("resolved", fixture.Ended)), "resolve", "resolved"}
	for name, steps := range map[string][]step{
		"fired and resolved": {fired, over},
		"acknowledged":       {fired, taken, over},
		"already so":         {fired, taken, {taken.n, "", "acknowledged"}, over, {over.n, "", "resolved"}},
		"updates are logged": {fired, {fixture.Notification(with("updated")), "trigger", "triggered"}},
		"updates once it is taken on are not": {
			fired, taken, {fixture.Notification(with("updated", acked)), "", "acknowledged"},
		},
		"unseen":           {{fixture.Notification(fixture.With(func(a *notify.Alert) { fixture.Ended(a); a.Was = "" })), "", ""}},
		"revised":          {{fixture.Notification(fixture.With(func(a *notify.Alert) { a.State, a.Reason = "resolved", "revised" })), "", ""}},
		"withdrawn":        {fired, {fixture.Notification(with("withdrawn", fixture.Ended, func(a *notify.Alert) { a.State = "withdrawn" })), "resolve", "resolved"}},
		"corrected":        {fired, {fixture.Notification(with("corrected", fixture.Ended)), "resolve", "resolved"}},
		"fires again":      {fired, over, {fixture.Notification(fixture.Firing()), "trigger", "triggered"}, over},
		"reported":         {{fixture.Notification(with("reported")), "", ""}, {fixture.Notification(with("reported", fixture.Ended)), "", ""}},
		"report beside it": {fired, {fixture.Notification(with("resolved", fixture.Ended), with("reported")), "resolve", "resolved"}},

		// PagerDuty tells nobody of a trigger while its incident is acknowledged: it has to be a new one.
		"nobody has it any more": {fired, taken, {fixture.Notification(with("unacknowledged")), "resolve trigger", "triggered"}},
		"worse once it is taken on": {
			{fixture.Notification(with("fired", as("warning", ""))), "trigger", "triggered"},
			{fixture.Notification(with("acknowledged", acked, as("warning", "warning"))), "acknowledge", "acknowledged"},
			{fixture.Notification(with("escalated", as("critical", "warning"))), "resolve trigger", "triggered"},
			{fixture.Notification(with("acknowledged", acked)), "acknowledge", "acknowledged"},
		},
		"worse, and updated since": {
			fired, taken, {fixture.Notification(with("updated", as("critical", "warning"))), "resolve trigger", "triggered"},
		},
		// Only the newest state is sent, whatever happened before it.
		"taken on, and more since": {
			fired, {fixture.Notification(with("updated", acked)), "acknowledge", "acknowledged"},
		},
		"taken on, and muted since": {
			fired, {fixture.Notification(with("muted", acked, mute)), "acknowledge", "acknowledged"},
		},
		"worse, and taken on since": {
			{fixture.Notification(with("fired", as("warning", ""))), "trigger", "triggered"},
			{fixture.Notification(with("updated", acked, as("critical", "warning"))), "acknowledge", "acknowledged"},
		},
		"another joins": {
			fired, taken, {fixture.Notification(with("acknowledged", acked, same), fixture.Firing()), "resolve trigger", "triggered"},
		},

		"several, one of them taken on": {
			{fixture.Notification(fixture.Firing(), fixture.Firing()), "trigger", "triggered"},
			{fixture.Notification(with("acknowledged", acked), with("fired", same)), "trigger", "triggered"},
			{fixture.Notification(with("acknowledged", acked, same), with("resolved", fixture.Ended)), "acknowledge", "acknowledged"},
			{fixture.Notification(with("resolved", fixture.Ended), with("resolved", fixture.Ended)), "resolve", "resolved"},
		},
		"several, one of them over": {
			{fixture.Notification(fixture.Firing(), fixture.Firing()), "trigger", "triggered"},
			{fixture.Notification(with("resolved", fixture.Ended), with("fired", same)), "trigger", "triggered"},
		},

		"acknowledged before anybody was paged": {{fixture.Notification(with("acknowledged", acked, as("critical", ""))), "", ""}},
		"escalated before anybody was paged": {
			{fixture.Notification(with("escalated", as("critical", ""))), "trigger", "triggered"},
		},
		"muted": {
			{fixture.Notification(with("muted", mute, as("critical", ""))), "", ""},
			{fixture.Notification(with("unmuted", as("critical", ""))), "trigger", "triggered"},
			{fixture.Notification(with("muted", mute)), "", "triggered"},
			over,
		},
		"muted beside one that is not": {{fixture.Notification(with("muted", mute), fixture.Firing()), "trigger", "triggered"}},

		"quiet":                 {{quiet(fixture.Firing()), "", ""}},
		"quiet update":          {fired, {quiet(with("updated")), "", "triggered"}},
		"quiet unacknowledging": {fired, taken, {quiet(with("unacknowledged")), "", "acknowledged"}},
		"taken on quietly":      {fired, {quiet(with("acknowledged", acked)), "acknowledge", "acknowledged"}},
		"over quietly":          {fired, {quiet(with("resolved", fixture.Ended)), "resolve", "resolved"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := newPagerDutyServer(t)
			receiver := newPagerDuty(t, server.URL)
			var ref notify.Ref
			for i, step := range steps {
				before := len(server.Events())
				got, err := receiver.Send(t.Context(), step.n, ref)
				fixture.RequireSent(t, step.want != "", err)
				var actions []string
				for _, event := range server.Events()[before:] {
					require.True(t, event.Taken)
					require.Equal(t, routingKey, event.RoutingKey)
					require.Equal(t, "msg_4kx0", event.DedupKey)
					actions = append(actions, event.Action)
				}
				require.Equal(t, step.want, strings.Join(actions, " "), "step %d", i)
				if step.at == "" {
					require.Empty(t, got)
					continue
				}
				require.JSONEq(t, `{"dedup_key":"msg_4kx0","state":"`+step.at+`"}`, string(got), "step %d", i)
				incidents := server.Incidents()
				require.Equal(t, step.at, incidents[len(incidents)-1].State, "step %d", i)
				ref = got
			}
		})
	}
}

func TestPagerDutySendsOnlyWhatIsNeededToEnd(t *testing.T) {
	server := newPagerDutyServer(t)
	ref := notify.Ref(`{"dedup_key":"msg_4kx0","state":"triggered"}`)
	_, err := newPagerDuty(t, server.URL).Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
	require.NoError(t, err)
	require.JSONEq(t, `{"routing_key":"`+routingKey+`","event_action":"resolve","dedup_key":"msg_4kx0"}`,
		string(server.Events()[0].Body))
}

func TestPagerDutySeverityIsThatOfTheWorstThatFires(t *testing.T) {
	level := func(level string, changes ...func(*notify.Alert)) notify.Alert {
		return fixture.With(func(a *notify.Alert) {
			a.Level = level
			for _, change := range changes {
				change(a)
			}
		})
	}
	muted := func(a *notify.Alert) { a.Mute = "silenced" }
	for _, test := range []struct {
		want   string
		alerts []notify.Alert
	}{
		{"info", []notify.Alert{level("info")}},
		{"error", []notify.Alert{level("dreadful")}},
		{"critical", []notify.Alert{level("info"), level("critical"), level("warning")}},
		{"warning", []notify.Alert{level("critical", fixture.Ended), level("warning")}},
		{"warning", []notify.Alert{level("critical", muted), level("warning")}},
	} {
		server := newPagerDutyServer(t)
		_, err := newPagerDuty(t, server.URL).Send(t.Context(), fixture.Notification(test.alerts...), nil)
		require.NoError(t, err)
		require.Equal(t, test.want, server.Incidents()[0].Severity)
	}
}

// A drill beside the real thing must not make it look like one.
func TestPagerDutyMarksDrills(t *testing.T) {
	drill := fixture.With(func(a *notify.Alert) { a.Drill = true })
	for _, test := range []struct {
		alerts []notify.Alert
		marked bool
	}{
		{[]notify.Alert{drill}, true},
		{[]notify.Alert{drill, drill}, true},
		{[]notify.Alert{drill, fixture.Firing()}, false},
	} {
		server := newPagerDutyServer(t)
		_, err := newPagerDuty(t, server.URL).Send(t.Context(), fixture.Notification(test.alerts...), nil)
		require.NoError(t, err)
		require.Equal(t, test.marked, strings.HasPrefix(server.Incidents()[0].Summary, "DRILL: "))
		require.Equal(t, test.marked, bytes.Contains(server.Events()[0].Body, []byte("This is a drill")))
	}
}

// However long texts are, an event stays within PagerDuty's limits and is cut between characters.
func TestPagerDutyKeepsLimits(t *testing.T) {
	long := strings.Repeat("🛰", 3000)
	alerts := make([]notify.Alert, 500)
	for i := range alerts {
		alerts[i] = fixture.With(func(a *notify.Alert) {
			a.Subject = notify.Named{UID: long, Name: long, URL: "https://h.example/" + long}
			a.Project, a.Rule, a.Summary, a.Advice, a.Figure = a.Subject, long, long, long, long
			a.Detail, a.Body, a.ID = []string{long, long + "1", long + "2"}, strings.Repeat(long+"\n", 50), long
		})
	}
	server := newPagerDutyServer(t)
	receiver := newPagerDuty(t, server.URL)
	for _, n := range []int{1, 2, 500} {
		_, err := receiver.Send(t.Context(), fixture.Notification(alerts[:n]...), nil)
		require.NoError(t, err)
	}
	for _, event := range server.Events() {
		require.True(t, event.Taken)
		require.Less(t, len(event.Body), 512<<10)
		require.NotContains(t, event.Payload.Summary, "\ufffd")
	}
}

func TestPagerDutyRepeatsAreHarmless(t *testing.T) {
	server := newPagerDutyServer(t)
	receiver := newPagerDuty(t, server.URL)
	server.Fail(notifytest.TakeAndCut())
	failure := fixture.FailsToSend(t, receiver, fixture.Notification(fixture.Firing()), nil)
	require.Equal(t, notify.Temporary, failure.Class)
	require.True(t, failure.Uncertain)
	ref, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	require.Len(t, server.Incidents(), 1)

	server.Fail(notifytest.TakeAndCut())
	_ = fixture.FailsToSend(t, receiver, fixture.Notification(fixture.With(fixture.Ended)), ref)
	_, err = receiver.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
	require.NoError(t, err)
	require.Len(t, server.Incidents(), 1)
	require.Equal(t, notifytest.Resolved, server.Incidents()[0].State)
}

// Between the two events of a new incident in place of an acknowledged one, nothing is lost.
func TestPagerDutyOpensAfreshInTwoSteps(t *testing.T) {
	server := newPagerDutyServer(t)
	receiver := newPagerDuty(t, server.URL)
	_, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	ref := notify.Ref(`{"dedup_key":"msg_4kx0","state":"acknowledged"}`)
	again := fixture.Notification(fixture.With(func(a *notify.Alert) { a.Reason, a.Was = "unacknowledged", "critical" }))
	server.Fail(notifytest.Fault{}, notifytest.Status(http.StatusInternalServerError, ""))
	_ = fixture.FailsToSend(t, receiver, again, ref)
	_, err = receiver.Send(t.Context(), again, ref)
	require.NoError(t, err)
	incidents := server.Incidents()
	require.Len(t, incidents, 2)
	require.Equal(t, notifytest.Resolved, incidents[0].State)
	require.Equal(t, notifytest.Triggered, incidents[1].State)
}

func TestPagerDutyTakesAStrangeReferenceForNone(t *testing.T) {
	for _, ref := range []string{`{"posted":true}`, `[]`, `"x"`, `{`, `{"state":7}`, `{"state":"odd"}`} {
		server := newPagerDutyServer(t)
		_, err := newPagerDuty(t, server.URL).Send(t.Context(), fixture.Notification(fixture.Firing()), notify.Ref(ref))
		require.NoError(t, err)
		require.Len(t, server.Incidents(), 1)
	}
}

// An incident that may have been opened by an attempt of which nothing is known is closed when its alerts have ended.
func TestPagerDutyClosesWhatItMayHaveOpened(t *testing.T) {
	server := newPagerDutyServer(t)
	receiver := newPagerDuty(t, server.URL)
	server.Fail(notifytest.TakeAndCut())
	_, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.Error(t, err)
	over := fixture.Notification(fixture.With(fixture.Ended))
	over.Tried = true
	_, err = receiver.Send(t.Context(), over, nil)
	require.NoError(t, err)
	require.Equal(t, "resolved", server.Incidents()[0].State)
}
