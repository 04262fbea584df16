package evaluate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

const north = "fleet:north"

// inFleet lists devices, all of them in one fleet.
func (b *bench) inFleet(names ...string) {
	b.t.Helper()
	devices := make([]usage.Device, len(names))
	for i, name := range names {
		devices[i] = usage.Device{UID: "dev:" + name, Name: name, Provisioned: noon.AddDate(-1, 0, 0), LastActivity: b.now, Fleets: []string{north}}
	}
	storetest.SaveDevices(b.t, b.store, project, devices, b.now)
	require.NoError(b.t, b.store.Usage.SaveFleets(b.t.Context(), project, []usage.Fleet{{UID: north, Name: "North"}}))
}

func each(scope rules.Scope, name, when string) rules.Spec {
	return rules.Spec{Name: name, Each: scope, When: []rules.Condition{{Level: rules.Warning, Expr: when}}}
}

// alertOf returns the alert of a rule that a pass has in its commit.
func alertOf(t *testing.T, alerts []*rules.Alert, rule string) *rules.Alert {
	t.Helper()
	for _, a := range alerts {
		if a.Rule == rule {
			return a
		}
	}
	return nil
}

// An alert about a fleet goes by the sum of its devices, mutes theirs, and ends with the last of them.
func TestFleetAlerts(t *testing.T) {
	device := each(rules.EachDevice, "device", "events.today > 50")
	device.Unless = "fleet"
	b := newBench(t, each(rules.EachFleet, "fleet", "events.today > 100 && fleet.name == \"North\""), device)
	b.inFleet("pump", "valve")
	b.events(today, 60, 39)
	pass := b.evaluate()
	require.Nil(t, alertOf(t, pass.Commit.Alerts, "fleet"))
	require.Zero(t, alertOf(t, pass.Commit.Alerts, "device").Mute)

	b.now = b.now.Add(time.Hour)
	b.events(today, 60, 41)
	pass = b.evaluate()
	a := alertOf(t, pass.Commit.Alerts, "fleet")
	require.Equal(t, north, a.Subject)
	require.Equal(t, "North: events 101 today", a.Texts.Summary)
	require.Equal(t, rules.Firing, a.State)
	require.Equal(t, 2, a.Then.Members)
	muted := alertOf(t, pass.Commit.Versions, "device")
	require.NotNil(t, muted, "by the rule for its fleet")
	require.Equal(t, rules.Mute{Kind: rules.ByUnless, By: "fleet"}, muted.Mute)

	b.now = b.now.Add(time.Hour)
	b.list("pump", "valve")
	pass = b.evaluate()
	a = alertOf(t, append(pass.Commit.Alerts, pass.Commit.States...), "fleet")
	require.Equal(t, rules.Withdrawn, a.State)
	require.Equal(t, "no listed device is in the fleet", a.Why)
}

// The sum of a fleet that a device leaves is lower, not wrong: an alert about the period stays until that ends.
func TestFleetThatDevicesLeave(t *testing.T) {
	b := newBench(t, each(rules.EachFleet, "fleet", "events.used > 300"))
	b.inFleet("pump", "valve")
	for day := today - 16; day <= today; day++ {
		b.events(day, 10, 10)
	}
	a := alertOf(t, b.evaluate().Commit.Alerts, "fleet")
	require.Equal(t, rules.Firing, a.State)
	require.Equal(t, 2, a.Then.Members)
	require.InDelta(t, 340, a.Value, 0)

	b.now = b.now.Add(time.Hour)
	b.inFleet("pump")
	pass := b.evaluate()
	a = alertOf(t, append(pass.Commit.Alerts, pass.Commit.States...), "fleet")
	require.Equal(t, rules.Firing, a.State)

	b.now = b.now.Add(time.Hour)
	b.inFleet("pump", "valve")
	b.events(today, 1, 1)
	b.events(today-1, 1, 1)
	b.events(today-2, 1, 1)
	a = alertOf(t, b.evaluate().Commit.Alerts, "fleet")
	require.Equal(t, rules.Corrected, a.Reason)
	require.Equal(t, "events.used was 340, is 286: values were corrected, or devices left", a.Why)
}

// Values of a fleet that Notehub corrects end its alert; late ones of a closed day are announced.
func TestFleetCorrections(t *testing.T) {
	b := newBench(t, each(rules.EachFleet, "fleet", "events.today > 100"))
	b.inFleet("pump", "valve")
	b.events(today, 60, 61)
	require.Equal(t, rules.Firing, alertOf(t, b.evaluate().Commit.Alerts, "fleet").State)

	b.now = b.now.Add(time.Hour)
	b.events(today, 60, 10)
	a := alertOf(t, b.evaluate().Commit.Alerts, "fleet")
	require.Equal(t, rules.Corrected, a.Reason)
	require.Equal(t, "events.today was 121, is 70: values were corrected, or devices left", a.Why)

	b.now = b.now.AddDate(0, 0, 1)
	b.events(today+1, 1, 1)
	require.Nil(t, alertOf(t, b.evaluate().Commit.Alerts, "fleet"))
	b.now = b.now.Add(time.Hour)
	storetest.SaveUsage(t, b.store, project, []storetest.Usage{
		{Device: "dev:valve", Day: today, Figures: storetest.Figures{rules.Events: 90}},
		{Device: "dev:valve", Day: today + 1, Figures: storetest.Figures{rules.Events: 1}},
	}, rules.Events)
	a = alertOf(t, b.evaluate().Commit.Alerts, "fleet")
	require.NotNil(t, a)
	require.Equal(t, rules.Revised, a.Reason)
	require.InDelta(t, 150, a.Value, 0)
	require.Equal(t, north, a.Subject)
}

// A device without data leaves the sum without data, which neither fires nor resolves.
func TestFleetWithoutData(t *testing.T) {
	b := newBench(t, each(rules.EachFleet, "fleet", "events.today > 100"))
	b.inFleet("pump", "valve")
	b.events(today, 200, unknown)
	require.Nil(t, alertOf(t, b.evaluate().Commit.Alerts, "fleet"))
}
