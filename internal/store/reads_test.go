package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// populate stores a fleet, some devices of which are members of a fleet, with alerts that fire and others that are over: the
// newest of them of devices that are gone.
func populate(t *testing.T, s *store.Store, devices, members, days, firingAlerts, ended int) {
	t.Helper()
	var list []usage.Device
	var rows []storetest.Usage
	for i := range devices {
		d := usage.Device{UID: fmt.Sprintf("dev:%05d", i), Name: fmt.Sprintf("sensor-%05d", i), Fleets: []string{"fleet:any"}}
		if i < members {
			d.Fleets = append(d.Fleets, "fleet:some")
		}
		list = append(list, d)
		for day := today - rules.Day(days) + 1; day <= today; day++ {
			rows = append(rows, storetest.Usage{Device: d.UID, Day: day})
		}
	}
	storetest.SaveDevices(t, s, project, list, noon)
	storetest.SaveUsage(t, s, project, rows, rules.Bytes, rules.Events)
	var all []rules.Alert
	for i := range firingAlerts {
		all = append(all, firing(fmt.Sprintf("firing-%d", i), list[i/2].UID))
		all[i].Rule = fmt.Sprintf("rule-%d", i%2)
	}
	for i := range ended {
		all = append(all, resolved(firing(fmt.Sprintf("over-%d", i), fmt.Sprintf("dev:gone-%d", i)), noon))
	}
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(all...)}})
}

// What is looked up is found by an index: none of it leads through the history of all devices, nor through all alerts that
// ever were.
func TestRowsRead(t *testing.T) {
	const devices, members, days, firing, ended = 300, 20, 36, 50, 400
	count := storetest.CountRows(t)
	ctx, s := t.Context(), open(t, filepath.Join(t.TempDir(), "notewatch.db"))
	populate(t, s, devices, members, days, firing, ended)
	count.Watch(t, s.DB(), map[string]string{"history": "vals", "device": "sku", "alert": "id"})
	one := []string{"dev:00007"}
	for _, c := range []struct {
		what string
		f    func(ctx context.Context) error
		want map[string]int
	}{
		{"a device", func(ctx context.Context) error { _, _, err := s.Usage.Device(ctx, project, one[0]); return err }, map[string]int{"device": 1}},
		{"a name", func(ctx context.Context) error { _, err := s.Usage.DevicesCalled(ctx, "SENSOR-00007"); return err }, map[string]int{"device": 1}},
		{"all names", func(ctx context.Context) error { _, err := s.Usage.DeviceNames(ctx); return err }, map[string]int{"device": devices}},
		{"names that begin so", func(ctx context.Context) error {
			_, err := s.Usage.DevicesNamed(ctx, []string{project}, "sensor-", 5)
			return err
		}, map[string]int{"device": 5 + 1}}, // the last may share its name with the next
		{"UIDs that begin so", func(ctx context.Context) error { _, err := s.Usage.DevicesFrom(ctx, project, "dev:", 5); return err }, map[string]int{"device": 5}},
		{"members", func(ctx context.Context) error { _, err := s.Usage.FleetPlaces(ctx, project, "fleet:some"); return err }, map[string]int{"device": devices}},
		{"a block", func(ctx context.Context) error { _, err := s.Usage.BlockDevices(ctx, project, 0); return err }, map[string]int{"device": devices}},
		{"another block", func(ctx context.Context) error { _, err := s.Usage.ChangedPlaces(ctx, project, 1, noon); return err }, map[string]int{}},
		{"an ordinal", func(ctx context.Context) error { _, _, err := s.Usage.DeviceAt(ctx, project, 7); return err }, map[string]int{"device": 1}},
		{"how many", func(ctx context.Context) error { _, _, err := s.Usage.DeviceCount(ctx, project); return err }, map[string]int{"device": devices}},
		{"a number", func(ctx context.Context) error { _, _, err := s.Usage.Ordinal(ctx, project, one[0]); return err }, map[string]int{"device": 1}},
		{"one figure", func(ctx context.Context) error {
			return s.Usage.Columns(ctx, project, 0, rules.Bytes, today-9, today, func(rules.Day, []history.Cell) {})
		}, map[string]int{"history": 10}},
		{"open alerts", func(ctx context.Context) error {
			_, err := s.Alerts(ctx, store.AlertFilter{Open: true, Limit: 5})
			return err
		}, map[string]int{"alert": 3*5 + 3}},
		{"how many are open", func(ctx context.Context) error {
			_, err := s.CountAlerts(ctx, store.AlertFilter{Open: true})
			return err
		}, map[string]int{"alert": firing}},
		{"an alert", func(ctx context.Context) error {
			_, err := s.Alerts(ctx, store.AlertFilter{Match: muting.Match{Alert: "firing-7"}})
			return err
		}, map[string]int{"alert": 1}},
		{"IDs", func(ctx context.Context) error { _, err := s.AlertIDs(ctx, "firing-7", 5); return err }, map[string]int{"alert": 1}},
		{"alerts of all", func(ctx context.Context) error { _, _, err := s.AlertsOf(ctx, "", "", 5); return err }, map[string]int{"alert": 2*firing + 5}},
		{"alerts of a project", func(ctx context.Context) error { _, _, err := s.AlertsOf(ctx, project, "", 5); return err }, map[string]int{"alert": firing + 2*5 + 2}},
		{"alerts of a device", func(ctx context.Context) error { _, _, err := s.AlertsOf(ctx, project, one[0], 5); return err }, map[string]int{"alert": 3 * 2}},
		{"alerts of a fleet", func(ctx context.Context) error {
			_, _, err := s.AlertsOfFleet(ctx, project, "fleet:some", 5)
			return err
		}, map[string]int{"device": firing / 2, "alert": 2*firing + 5}},
		{"how many alerts of a fleet", func(ctx context.Context) error {
			_, err := s.CountAlerts(ctx, store.AlertFilter{Match: muting.Match{Fleet: "fleet:some"}, Open: true})
			return err
		}, map[string]int{"device": firing, "alert": firing}},
		{"gone devices", func(ctx context.Context) error { _, err := s.GoneDevices(ctx, 30); return err }, map[string]int{"alert": 30}},
		{"held back", func(ctx context.Context) error { _, _, err := s.CountMutedAndAcknowledged(ctx); return err }, map[string]int{}},
		{"standing", func(ctx context.Context) error { _, err := s.Standing(ctx, noon); return err }, map[string]int{"alert": firing}},
	} {
		rows := count.Read(func() { require.NoError(t, c.f(ctx), c.what) })
		require.Equal(t, c.want, rows, c.what)
	}
}

// What was sent of an alert and what waits for a receiver are found by an index: neither leads through all that was ever sent.
func TestRowsReadOfWhatWasSent(t *testing.T) {
	const sent = 300
	count := storetest.CountRows(t)
	ctx, s := t.Context(), open(t, filepath.Join(t.TempDir(), "notewatch.db"))
	var all []rules.Alert
	to := map[string][]string{}
	for i := range sent + 3 {
		a := firing(fmt.Sprintf("a-%d", i), fmt.Sprintf("dev:%05d", i))
		all, to[a.ID] = append(all, a), []string{team}
	}
	all[sent+1] = silenced(all[sent+1])
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(all...), Show: to}})
	lease := claim(t, s, work.Receiver, team)
	for _, a := range all[:sent] {
		post(t, s, lease, "m-"+a.ID, waits(a))
	}
	late, kept, gone := told(t, s, "a-300")[team], told(t, s, "a-301")[team], told(t, s, "a-302")[team]
	message := outbox.Message{ID: "m", Receiver: team}
	attempt, err := beginOne(ctx, s, lease, message, []outbox.Delivery{late, gone}, noon)
	require.NoError(t, err)
	require.NoError(t, s.Outbox.End(ctx, lease, of(attempt, refused(message, outbox.Retrying, late)), of(attempt, refused(message, outbox.GivenUp, gone))))
	settle(t, s, lease, kept)

	count.Watch(t, s.DB(), map[string]string{"attempt": "started", "attempt_alert": "version", "delivery": "error"})
	rows := count.Read(func() {
		attempts, err := s.Outbox.Attempts(ctx, "a-7")
		require.NoError(t, err)
		require.Len(t, attempts, 1)
		require.Equal(t, map[string]int64{"a-7": 1}, attempts[0].Versions)
	})
	require.Equal(t, map[string]int{"attempt": 1, "attempt_alert": 2}, rows)
	rows = count.Read(func() {
		missing, problem, err := s.Outbox.Unshown(ctx, team)
		require.NoError(t, err)
		require.Equal(t, 2, missing, "one waits and one was given up")
		require.Equal(t, "status 500", problem)
	})
	require.Equal(t, map[string]int{"delivery": 2}, rows)
	missing, problem, err := s.Outbox.Unshown(ctx, "on-call")
	require.NoError(t, err)
	require.Zero(t, missing)
	require.Empty(t, problem)
}
