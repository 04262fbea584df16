package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// hush silences some alerts for a while.
func (r *rig) hush(match muting.Match, lasts time.Duration) {
	r.t.Helper()
	silence := muting.Silence{ID: "s-" + r.now.Format("150405"), Match: match, Start: r.now, End: r.now.Add(lasts), By: "ops", Because: "maintenance"}
	require.NoError(r.t, r.store.AddSilence(r.t.Context(), silence, r.now))
}

// delivery returns what a receiver should show and does of the only alert of a rule.
func (r *rig) delivery(receiver, rule string) outbox.Delivery {
	r.t.Helper()
	deliveries := storetest.Deliveries(r.t, r.store, receiver)
	var found []outbox.Delivery
	for _, d := range deliveries {
		if d.Alert.Rule == rule {
			found = append(found, d)
		}
	}
	require.Len(r.t, found, 1)
	return found[0]
}

func TestWhatFiresDuringASilenceIsToldWhenItEnds(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent()).hourly()
	r.hush(muting.Match{Rule: "silent-device"}, 14*hour)
	r.run(monday.Add(12 * hour))
	require.Empty(t, r.told("ops"))
	require.Equal(t, "silenced until Mon 15 Jun 14:00 UTC by ops: maintenance", r.delivery("ops", "silent-device").Detail)
	r.run(monday.Add(15 * hour))
	require.Equal(t, []string{"unmuted"}, r.reasons("ops"))
	require.Nil(t, r.taken("ops")[0].Was, "to the receiver all of it is new")
	r.run(monday.Add(3 * day))
	require.Equal(t, []string{"unmuted", "resolved"}, r.reasons("ops"))
	r.requireTruth("ops")
}

func TestWhatCameAndWentDuringASilenceIsNotTold(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 12*hour)}, silent()).hourly()
	r.hush(muting.Match{Project: "cold-chain"}, 2*day)
	r.run(monday.Add(3 * day))
	require.Empty(t, r.told("ops"))
	require.Equal(t, "silenced until Wed 17 Jun 00:00 UTC by ops: maintenance; ended meanwhile", r.delivery("ops", "silent-device").Detail)
	r.requireTruth("ops")
}

// What is shown says that people are not told for now; that it got worse is held back, that it is over is not.
func TestASilenceHoldsBackEscalationsButNotTheEnd(t *testing.T) {
	floods := []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute), flood(monday.Add(11*hour), 20*time.Minute)}
	r := newRig(t, 2, floods, budget("1150"))
	r.run(monday.Add(10 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	r.hush(muting.Match{}, 5*hour)
	r.run(monday.Add(14 * hour))
	require.Equal(t, []string{"fired", "muted"}, r.reasons("ops"))
	require.Equal(t, rules.Critical, r.delivery("ops", "event-budget").Alert.Level)
	r.run(monday.Add(16 * hour))
	require.Equal(t, []string{"fired", "muted", "unmuted"}, r.reasons("ops"))
	unmuted := r.taken("ops")[2]
	require.Equal(t, "critical", unmuted.Level)
	require.Equal(t, "warning", *unmuted.Was)
	r.hush(muting.Match{}, 40*day)
	r.every(6 * hour).run(monday.Add(17 * day))
	require.Equal(t, []string{"fired", "muted", "unmuted", "muted", "period_ended"}, r.reasons("ops"))
}

func TestASilenceOfADeviceLeavesTheOthersAlone(t *testing.T) {
	outage := silence(monday.Add(2*hour), 2*day)
	outage.Devices = append(outage.Devices, sensors(2)[1].UID)
	r := newRig(t, 8, []notehubtest.Incident{outage}, silent())
	r.hush(muting.Match{Subject: sensors(1)[0].UID}, 3*day)
	r.run(monday.Add(12 * hour))
	require.Len(t, r.told("ops"), 1)
	require.Equal(t, sensors(2)[1].UID, r.taken("ops")[0].Subject.UID)
}

// A silence of a fleet mutes the devices that are in it now, also one that moves in.
func TestASilenceOfAFleetMutesItsDevices(t *testing.T) {
	outage := silence(monday.Add(2*hour), 5*day)
	all := sensors(2)
	outage.Devices = []string{all[0].UID, all[1].UID}
	r := newRig(t, 2, []notehubtest.Incident{outage}, silent())
	r.project.Devices = all
	r.project.Devices[0].Fleets = []string{"fleet:depot"}
	r.serve()
	r.hush(muting.Match{Fleet: "fleet:depot"}, 3*day)
	r.run(monday.Add(12 * hour))
	require.Len(t, r.told("ops"), 1)
	require.Equal(t, all[1].UID, r.taken("ops")[0].Subject.UID)

	r.project.Devices[0].Fleets, r.project.Devices[1].Fleets = nil, []string{"fleet:depot"}
	r.serve()
	r.config.Bot.Accounts[0].Client = r.client
	r.open()
	r.run(monday.Add(15 * hour))
	var reasons []string
	for _, a := range r.taken("ops") {
		reasons = append(reasons, a.Reason+" "+a.Subject.UID)
	}
	require.Equal(t, []string{"fired " + all[1].UID, "unmuted " + all[0].UID, "muted " + all[1].UID}, reasons)
	selected, err := r.store.Alerts(t.Context(), store.AlertFilter{Match: muting.Match{Fleet: "fleet:depot"}})
	require.NoError(t, err)
	require.Len(t, selected, 1)
	require.Equal(t, all[1].UID, selected[0].Subject)
	stored, _, err := r.store.Silences(t.Context(), r.now)
	require.NoError(t, err)
	require.Equal(t, muting.Match{Fleet: "fleet:depot"}, stored[0].Match)
}

// A mute window may name a fleet by its label.
func TestAWindowOfAFleetMutesItsDevices(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
	r.project.Devices[0].Fleets = []string{"fleet:depot"}
	r.project.Fleets = map[string]string{"fleet:depot": "Depot"}
	r.serve()
	r.config.Bot.Windows = []muting.Window{{Match: muting.Match{Fleet: "Depot"}, Days: []time.Weekday{time.Monday}, Because: "no shift"}}
	r.open()
	r.run(monday.Add(23 * hour))
	require.Empty(t, r.told("ops"))
	r.run(monday.Add(day + time.Minute))
	require.Equal(t, []string{"unmuted"}, r.reasons("ops"))
}

func TestAStandingWindowMutesWeekByWeek(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
	r.config.Bot.Windows = []muting.Window{{Match: muting.Match{Project: "cold-chain"}, Days: []time.Weekday{time.Monday}, Because: "no shift"}}
	r.open()
	r.run(monday.Add(23 * hour))
	require.Empty(t, r.told("ops"))
	require.Equal(t, "muted until Tue 16 Jun 00:00 UTC: no shift", r.delivery("ops", "silent-device").Detail)
	r.run(monday.Add(day + time.Minute))
	require.Equal(t, []string{"unmuted"}, r.reasons("ops"), "as soon as the window closes, not at the next poll")
}

func TestUnlessMutesWhatAnotherRuleExplains(t *testing.T) {
	one := silent()
	one.When[0].Expr = "device.silent_hours > 24"
	one.For, one.Unless = 30*time.Minute, "fleet-silent"
	fleet := rules.Spec{Name: "fleet-silent", Each: rules.EachProject, When: []rules.Condition{
		{Level: rules.Critical, Expr: "project.silent_pct > 50"},
	}}
	r := newRig(t, 6, []notehubtest.Incident{outage(4, monday.Add(2*hour), 2*day)}, one, fleet).hourly()
	r.run(monday.Add(4 * day))
	for _, a := range r.told("ops") {
		require.Equal(t, "fleet-silent", a.Rule)
	}
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("ops"))
	deliveries := storetest.Deliveries(t, r.store, "ops")
	require.Len(t, deliveries, 5)
	r.requireTruth("ops")
}

func TestARuleInShadowTellsNobodyUntilItComesOut(t *testing.T) {
	trial := silent()
	trial.Shadow = true
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, trial)
	r.run(monday.Add(12 * hour))
	require.Empty(t, r.told("ops"))
	require.Contains(t, r.delivery("ops", "silent-device").Detail, "shadow mode")
	r.rules(silent())
	r.open()
	r.run(monday.Add(13 * hour))
	require.Equal(t, []string{"unmuted"}, r.reasons("ops"), "it goes on where it is")
}

func TestAnAcknowledgedAlertRemindsNobodyUntilItGetsWorse(t *testing.T) {
	floods := []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute), flood(monday.Add(2*day+9*hour), 20*time.Minute)}
	spec := budget("1150")
	spec.Remind = []time.Duration{4 * hour}
	r := newRig(t, 2, floods, spec).hourly()
	r.run(monday.Add(10 * hour))
	ok, err := r.bot.Acknowledge(t.Context(), r.delivery("ops", "event-budget").Alert, "ops")
	require.NoError(t, err)
	require.True(t, ok)
	r.run(monday.Add(2 * day))
	require.Equal(t, []string{"fired", "acknowledged"}, r.reasons("ops"), "no reminder in 38 hours")
	require.Equal(t, "ops at Mon 15 Jun 10:00 UTC", r.taken("ops")[1].Ack)
	r.run(monday.Add(2*day + 12*hour))
	require.Equal(t, []string{"fired", "acknowledged", "escalated"}, r.reasons("ops")[:3])
	require.Empty(t, r.taken("ops")[2].Ack)
	r.requireTruth("ops")
}

// A silence that somebody makes while a poll is being judged holds for what that poll decides.
func TestASilenceMadeDuringAPollHolds(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
	r.run(monday.Add(7*hour + 50*time.Minute))
	require.Empty(t, r.told("ops"))
	first := true
	r.config.Bot.Machine = func() time.Time { // which a poll asks for while it works
		if first && r.now.After(monday.Add(7*hour+59*time.Minute)) {
			first = false
			r.hush(muting.Match{}, 20*hour)
		}
		return r.machine
	}
	r.open()
	r.run(monday.Add(12 * hour))
	require.False(t, first)
	require.Empty(t, r.told("ops"))
	require.Contains(t, r.delivery("ops", "silent-device").Detail, "silenced")
}
