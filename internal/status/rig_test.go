package status_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

const minute = time.Minute

var now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

var (
	cold = lookup.Project{UID: "app:cold", Name: "cold-chain", Account: "acme"}
	lab  = lookup.Project{UID: "app:lab", Name: "lab", Account: "acme"}
	far  = lookup.Project{UID: "app:far", Name: "far-away", Account: "other"} // was never polled
)

// A scene is a store, and what a reader for questions about it needs.
type scene struct {
	testing.TB
	lookup.Config
}

func newScene(t testing.TB) *scene {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &scene{t, lookup.Config{
		Store:     s,
		Projects:  []lookup.Project{cold, lab, far},
		Accounts:  []lookup.Account{{Name: "acme", PerMinute: 4}, {Name: "other", PerMinute: 2}},
		Receivers: []string{"team", "on-call"},
		Hours:     map[string]muting.Hours{"on-call": {Open: &muting.Window{From: 20 * time.Hour, To: 6 * time.Hour}}},
		Interval:  15 * minute,
		Now:       func() time.Time { return now },
	}}
}

func (s *scene) reader() *lookup.Reader { return lookup.New(s.Config) }

// read is a poll of a project that listed some devices.
func (s *scene) read(p lookup.Project, at time.Time, devices int) {
	s.Helper()
	list := make([]usage.Device, devices)
	for i := range list {
		list[i] = usage.Device{UID: fmt.Sprint("dev:", i), Name: fmt.Sprint(i), LastActivity: at}
	}
	storetest.SaveDevices(s, s.Store, p.UID, list, at)
	s.poll(p, at, store.Project{PolledAt: at}, store.Decision{})
}

// poll commits a poll of a project. The next one is due a quarter of an hour later.
func (s *scene) poll(p lookup.Project, at time.Time, state store.Project, decision store.Decision) {
	s.Helper()
	ctx := s.Context()
	require.NoError(s, s.Store.Work.AddWork(ctx, work.Poll, []string{p.UID}, at))
	require.NoError(s, s.Store.Work.MakeDue(ctx, work.Poll, p.UID, at))
	lease, ok, err := s.Store.Work.Claim(ctx, work.Poll, p.UID, at, at)
	require.NoError(s, err)
	require.True(s, ok)
	state.UID, decision.Now = p.UID, at
	require.NoError(s, s.Store.Commit(ctx, lease, store.Commit{Decision: decision, Project: state, Due: at.Add(15 * minute)}))
}

// alert returns an alert that is firing for a device.
func alert(id, subject string) rules.Alert {
	return rules.Alert{
		ID: id, Rule: "data-budget", Project: cold.UID, Subject: subject,
		State: rules.Firing, Level: rules.Warning, Worst: rules.Warning, Version: 1, Reason: rules.Fired,
		Since: now.Add(-time.Hour), FiredAt: now.Add(-time.Hour), ChangedAt: now.Add(-time.Hour),
		Value: math.NaN(), Peak: math.NaN(), Limit: math.NaN(), Usual: math.NaN(),
	}
}

// alerts commits alerts. The first of them has been waiting for a receiver for an hour.
func (s *scene) alerts(all ...rules.Alert) {
	s.Helper()
	state, err := s.Store.Project(s.Context(), cold.UID)
	require.NoError(s, err)
	var decided []*rules.Alert
	for i := range all {
		decided = append(decided, &all[i])
	}
	s.poll(cold, now, state, store.Decision{Alerts: decided})
	_, seq, err := s.Store.Silences(s.Context(), now)
	require.NoError(s, err)
	require.NoError(s, s.Store.Decide(s.Context(), store.Decision{
		Show: map[string][]string{all[0].ID: {"team"}}, Silences: seq, Now: now.Add(-time.Hour),
	}))
}
