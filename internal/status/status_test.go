package status_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/status"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

func TestStatus(t *testing.T) {
	s := newScene(t)
	s.read(cold, now, 4)
	s.read(lab, now.Add(-10*minute), 1)
	ctx := t.Context()
	critical, muted, pending := alert("a2", "dev:2"), alert("a3", "dev:3"), alert("a4", "dev:4")
	critical.Level, critical.Ack = rules.Critical, rules.Ack{By: "amy", At: now}
	muted.Mute = rules.Mute{Kind: rules.BySilence, By: "amy"}
	pending.State = rules.Pending
	s.alerts(alert("a1", "dev:1"), critical, muted, pending)
	s.poll(lab, now, store.Project{PolledAt: now.Add(-time.Hour), Failures: 2, Failure: "Notehub is down", Truncated: true}, store.Decision{})
	require.NoError(t, s.Store.AddSilence(ctx, muting.Silence{ID: "s1", Start: now, End: now.Add(time.Hour), By: "amy"}, now))
	_, _, _, err := s.Store.TakeRequest(ctx, "acme", 4, func() time.Time { return now })
	require.NoError(t, err)
	_, err = s.Store.RefuseRequest(ctx, "other", now, now, now.Add(minute))
	require.NoError(t, err)

	got, err := status.Of(ctx, s.reader())
	require.NoError(t, err)
	require.Equal(t, status.Status{
		Now: now,
		Projects: []status.Project{
			{Project: cold, Devices: 4, ListedAt: now, PolledAt: now, Next: now.Add(15 * minute)},
			{
				Project: lab, Devices: 1, ListedAt: now.Add(-10 * minute), PolledAt: now.Add(-time.Hour),
				Failures: 2, Failure: "Notehub is down", Truncated: true, Next: now.Add(15 * minute),
			},
			{Project: far},
		},
		Accounts: []status.Account{
			{Account: s.Accounts[0], Today: 1, Interval: 15 * minute, Rate: 4},
			{Account: s.Accounts[1], Interval: 15 * minute, Rate: 1, RestoredAt: now.Add(5 * minute), HeldUntil: now.Add(minute)},
		},
		Receivers: []status.Receiver{{Name: "team", Waiting: 1, Oldest: time.Hour, Next: now.Add(-time.Hour)}, {Name: "on-call", Outside: true, Begin: now.Add(8 * time.Hour)}},
		Alerts:    status.Alerts{Warning: 2, Critical: 1, Pending: 1, Muted: 1, Acknowledged: 1, Silences: 1},
	}, got)
}

// A project that nobody has put down to be polled is expected an interval after it was last.
func TestStatusNext(t *testing.T) {
	s := newScene(t)
	s.read(cold, now, 1)
	lease, ok, err := s.Store.Work.Claim(t.Context(), work.Poll, cold.UID, now.Add(time.Hour), now)
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, s.Store.Work.Complete(t.Context(), lease, now, time.Time{}, 0))
	got, err := status.Of(t.Context(), s.reader())
	require.NoError(t, err)
	require.Equal(t, now.Add(15*minute), got.Projects[0].Next)
	require.Zero(t, got.Projects[1].Next, "never read")
}
