package webhook_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
	"notewatch/notify/internal/fixture"
)

func TestWebhookAlertmanagerHoldsAThousand(t *testing.T) {
	server := newWebhookServer(t)
	_, err := newFormat(t, server, "alertmanager").Send(t.Context(), fixture.Notification(fixture.Fleet(1200)...), nil)
	require.NoError(t, err)
	var body struct {
		TruncatedAlerts int
		Alerts          []struct {
			Labels         map[string]string
			EndsAt         time.Time
			Fingerprint    string
			StartsAt       time.Time
			Status, Ignore string
		}
		GroupLabels, CommonLabels map[string]string
	}
	require.NoError(t, json.Unmarshal(server.Requests()[0].Body, &body))
	require.Equal(t, 200, body.TruncatedAlerts)
	require.Len(t, body.Alerts, 1000)
	require.True(t, body.Alerts[0].EndsAt.IsZero())
	require.Equal(t, map[string]string{"alertname": "data-budget"}, body.GroupLabels)
	require.NotContains(t, body.CommonLabels, "subject")
	require.Equal(t, "cold-chain", body.CommonLabels["project"])
}

// alertmanagerPost is what tests read of a body of the format alertmanager.
type alertmanagerPost struct {
	Status, ExternalURL string
	Alerts              []struct {
		Status, GeneratorURL, Fingerprint string
		Labels, Annotations               map[string]string
	}
}

// statuses are those of the alerts, by their fingerprints.
func (p alertmanagerPost) statuses() map[string]string {
	all := make(map[string]string)
	for _, a := range p.Alerts {
		all[a.Fingerprint] = a.Status
	}
	return all
}

// postToAlertmanager sends n and returns what is posted.
func postToAlertmanager(t *testing.T, n notify.Notification) (post alertmanagerPost) {
	t.Helper()
	server := newWebhookServer(t)
	_, err := newFormat(t, server, "alertmanager").Send(t.Context(), n, webhookPosted)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(server.Requests()[0].Body, &post))
	return post
}

// memberOf is an alert of a group.
func memberOf(id string, changes ...func(*notify.Alert)) notify.Alert {
	return fixture.With(func(a *notify.Alert) {
		a.ID, a.Changed = id, false
		for _, change := range changes {
			change(a)
		}
	})
}

func changed(a *notify.Alert) { a.Changed = true }

func TestWebhookAlertmanagerSendsAnEndOnce(t *testing.T) {
	for _, test := range []struct {
		name    string
		members []notify.Alert
		status  string
		want    map[string]string
	}{
		{
			"one ends", []notify.Alert{memberOf("a", fixture.Ended, changed), memberOf("b"), memberOf("c")},
			"firing", map[string]string{"a": "resolved", "b": "firing", "c": "firing"},
		},
		{
			"another one joins", []notify.Alert{memberOf("a", fixture.Ended), memberOf("b"), memberOf("c"), memberOf("d", changed)},
			"firing", map[string]string{"b": "firing", "c": "firing", "d": "firing"},
		},
		{
			"the others end", []notify.Alert{memberOf("a", fixture.Ended), memberOf("b", fixture.Ended, changed), memberOf("c", fixture.Ended, changed)},
			"resolved", map[string]string{"b": "resolved", "c": "resolved"},
		},
		{
			"it is sent again", []notify.Alert{memberOf("a", fixture.Ended), memberOf("b", fixture.Ended)},
			"resolved", map[string]string{"a": "resolved", "b": "resolved"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			post := postToAlertmanager(t, fixture.Notification(test.members...))
			require.Equal(t, test.status, post.Status)
			require.Equal(t, test.want, post.statuses())
		})
	}
}

// An end is not in the posts that follow, so it is sent at once.
func TestWebhookAlertmanagerSendsAQuietEnd(t *testing.T) {
	quiet := fixture.Notification(memberOf("a", fixture.Ended, changed), memberOf("b"))
	quiet.Quiet = true
	require.Equal(t, map[string]string{"a": "resolved", "b": "firing"}, postToAlertmanager(t, quiet).statuses())
	quiet.Alerts[0].Was = "" // the receiver does not show it
	_, err := newFormat(t, newWebhookServer(t), "alertmanager").Send(t.Context(), quiet, webhookPosted)
	require.ErrorIs(t, err, notify.ErrSkipped)
}

func TestWebhookAlertmanagerLeavesOutWhatIsAsItWas(t *testing.T) {
	members := make([]notify.Alert, 1200)
	for i := range members {
		members[i] = memberOf(fmt.Sprint(i))
	}
	fixture.Ended(&members[1100])
	members[1100].Changed = true
	statuses := postToAlertmanager(t, fixture.Notification(members...)).statuses()
	require.Equal(t, "firing", statuses["0"])
	require.Equal(t, "resolved", statuses["1100"])
}

// Bridges show these as they are, and nothing if they are empty.
func TestWebhookAlertmanagerFillsWhatBridgesShow(t *testing.T) {
	bare := fixture.With(func(a *notify.Alert) {
		a.Subject, a.Project = notify.Named{UID: "dev:1"}, notify.Named{}
		a.Summary, a.Advice, a.Detail, a.Figure = "", "", nil, ""
		a.Value, a.Peak, a.Limit, a.Usual = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	})
	for _, a := range []notify.Alert{fixture.Firing(), fixture.With(fixture.Ended), fixture.SampleNamed(t, "no_data"), bare} {
		post := postToAlertmanager(t, fixture.Notification(a))
		require.NotEmpty(t, post.Alerts[0].Annotations["description"])
		require.NotEmpty(t, post.Alerts[0].Labels["instance"])
		require.Contains(t, post.ExternalURL, "https://")
	}
	post := postToAlertmanager(t, fixture.Notification(fixture.With(func(a *notify.Alert) {
		a.Subject, a.Project = notify.Named{Name: "pump-1"}, notify.Named{Name: "lab", URL: "https://notehub.io/project/app:1"}
	})))
	require.Equal(t, "pump-1", post.Alerts[0].Labels["instance"])
	require.Equal(t, "https://notehub.io/project/app:1", post.Alerts[0].GeneratorURL)
	require.Equal(t, "https://notehub.io/project/app:1", post.ExternalURL)
}
