package rules_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// fired is an alert that fires at the level warning since monday.
func fired(t *testing.T, change func(*rules.Rule)) (rules.Alert, *rules.Rule) {
	t.Helper()
	r := rule(rules.Live, change)
	a, event := key.Inactive().Next(r, verdict(warning), monday)
	require.Equal(t, rules.Fired, event)
	return a, r
}

func remindDaily(r *rules.Rule) { r.Spec.Remind = []time.Duration{day} }

func TestMuted(t *testing.T) {
	a, _ := fired(t, nil)
	mute := rules.Mute{Kind: rules.BySilence, Until: monday.Add(day), By: "amy", Because: "moving"}
	muted, event := a.Muted(mute, "", monday.Add(hour))
	require.Equal(t, rules.Muted, event)
	require.Equal(t, mute, muted.Mute)
	require.Equal(t, a.Version+1, muted.Version)
	require.Equal(t, monday.Add(hour), muted.ChangedAt)
	require.Equal(t, a.NotifiedAt, muted.NotifiedAt, "nobody was told")

	mute.Until = mute.Until.In(time.FixedZone("", 3600))
	again, event := muted.Muted(mute, "", monday.Add(2*hour))
	require.Equal(t, rules.None, event, "the same instant is the same, wherever")
	require.Equal(t, muted.Version, again.Version)

	mute.Until = monday.Add(2 * day)
	longer, event := muted.Muted(mute, "", monday.Add(2*hour))
	require.Equal(t, rules.Muted, event, "people may want to know until when")
	require.Equal(t, mute, longer.Mute)
	require.Equal(t, "amy", longer.By)

	loud, event := longer.Muted(rules.Mute{}, "ben", monday.Add(3*hour))
	require.Equal(t, rules.Unmuted, event)
	require.Equal(t, "ben", loud.By)
	trial, _ := longer.Muted(rules.Mute{Kind: rules.ByShadow}, "ben", monday.Add(3*hour))
	require.Empty(t, trial.By, "nobody did that")
	require.Equal(t, rules.Mute{}, loud.Mute)
	require.Equal(t, a.Version+3, loud.Version)

	_, event = loud.Muted(rules.Mute{}, "", monday.Add(3*hour))
	require.Equal(t, rules.None, event)
	over, _ := muted.Resolve(monday.Add(3 * hour))
	require.Equal(t, rules.BySilence, over.Mute.Kind, "what ends while it is muted stays so")
	for name, a := range map[string]rules.Alert{"over": over, "pending": {State: rules.Pending}, "nothing": {}} {
		same, event := a.Muted(rules.Mute{}, "", monday.Add(4*hour))
		require.Equal(t, rules.None, event, name)
		require.Equal(t, a.Mute, same.Mute, name)
		_, event = a.Muted(rules.Mute{Kind: rules.ByShadow}, "", monday.Add(4*hour))
		require.Equal(t, rules.None, event, name)
	}
}

func TestAcknowledged(t *testing.T) {
	a, _ := fired(t, nil)
	taken, event := a.Acknowledged("amy", monday.Add(hour))
	require.Equal(t, rules.Acknowledged, event)
	require.Equal(t, rules.Ack{By: "amy", At: monday.Add(hour)}, taken.Ack)
	require.Equal(t, a.Version+1, taken.Version)

	again, event := taken.Acknowledged("amy", monday.Add(2*hour))
	require.Equal(t, rules.None, event)
	require.Equal(t, taken.Ack, again.Ack, "she has it since the first time")

	over, event := taken.Acknowledged("ben", monday.Add(2*hour))
	require.Equal(t, rules.Acknowledged, event)
	require.Equal(t, rules.Ack{By: "ben", At: monday.Add(2 * hour)}, over.Ack)

	free, event := over.Unacknowledged("cem", monday.Add(3*hour))
	require.Equal(t, rules.Unacknowledged, event)
	require.Equal(t, rules.Ack{}, free.Ack)
	require.Equal(t, []string{"", "amy", "ben", "cem"}, []string{a.By, taken.By, over.By, free.By})
	_, event = free.Unacknowledged("amy", monday.Add(4*hour))
	require.Equal(t, rules.None, event, "nobody has it already")

	ended, _ := taken.Resolve(monday.Add(3 * hour))
	require.Equal(t, "amy", ended.Ack.By, "it is known who had it")
	for name, a := range map[string]rules.Alert{"over": ended, "pending": {State: rules.Pending}, "nothing": {}} {
		_, event = a.Acknowledged("ben", monday.Add(4*hour))
		require.Equal(t, rules.None, event, name)
		_, event = a.Unacknowledged("ben", monday.Add(4*hour))
		require.Equal(t, rules.None, event, name)
	}
}

// Nobody is reminded of what is muted or taken on. What gets worse is said all the same, and is for somebody to take on
// again.
func TestNextOfWhatIsMutedOrTakenOn(t *testing.T) {
	mute := func(a rules.Alert, now time.Time) rules.Alert {
		a, _ = a.Muted(rules.Mute{Kind: rules.BySilence, Until: monday.Add(30 * day)}, "", now)
		return a
	}
	take := func(a rules.Alert, now time.Time) rules.Alert {
		a, _ = a.Acknowledged("amy", now)
		return a
	}
	for name, c := range map[string]struct {
		hush, free func(rules.Alert, time.Time) rules.Alert
	}{
		"muted":    {mute, func(a rules.Alert, now time.Time) rules.Alert { a, _ = a.Muted(rules.Mute{}, "", now); return a }},
		"taken on": {take, func(a rules.Alert, now time.Time) rules.Alert { a, _ = a.Unacknowledged("amy", now); return a }},
	} {
		t.Run(name, func(t *testing.T) {
			a, r := fired(t, remindDaily)
			a = c.hush(a, monday.Add(hour))
			for now := monday.Add(2 * hour); now.Before(monday.Add(3 * day)); now = now.Add(hour) {
				var event rules.Event
				a, event = a.Next(r, verdict(warning), now)
				require.Equal(t, rules.None, event)
			}
			loud := c.free(a, monday.Add(3*day))
			_, event := loud.Next(r, verdict(warning), monday.Add(3*day))
			require.Equal(t, rules.Reminded, event)

			worse, event := a.Next(r, verdict(critical), monday.Add(3*day))
			require.Equal(t, rules.Escalated, event)
			require.Equal(t, a.Mute, worse.Mute, "that does not end silence")
			require.Equal(t, rules.Ack{}, worse.Ack, "it was taken on when it was less bad")

			better, event := worse.Next(r, verdict(warning), monday.Add(4*day))
			require.Equal(t, rules.Deescalated, event)
			taken := take(better, monday.Add(4*day))
			over, event := taken.Next(r, verdict(quiet), monday.Add(5*day))
			require.Equal(t, rules.EventResolved, event)
			require.Equal(t, a.Mute, over.Mute, "it says why nobody was told")
			require.Equal(t, "amy", over.Ack.By)
		})
	}
}

func TestScopes(t *testing.T) {
	require.Equal(t, rules.EachProject, rules.ScopeOf("", ""))
	require.Equal(t, rules.EachFleet, rules.ScopeOf("", "fleet:1"))
	require.Equal(t, rules.EachDevice, rules.ScopeOf("", "dev:1"))
	require.Equal(t, rules.EachRoute, rules.ScopeOf("", "route:1"))
	require.True(t, rules.EachRoute.Contains(rules.EachRoute))
	require.True(t, rules.EachProject.Contains(rules.EachRoute))
	require.False(t, rules.EachRoute.Contains(rules.EachDevice))
	require.False(t, rules.EachRoute.Contains(rules.EachFleet))
	require.False(t, rules.EachFleet.Contains(rules.EachRoute))
	require.True(t, rules.EachFleet.Contains(rules.EachDevice))
	require.True(t, rules.EachFleet.Contains(rules.EachFleet))
	require.False(t, rules.EachFleet.Contains(rules.EachProject))
	require.False(t, rules.EachDevice.Contains(rules.EachFleet))
}

// An acknowledged alert that still fires reminds people once, two weeks after it was acknowledged, whatever the schedule of its rule is.
func TestAcknowledgedForTwoWeeks(t *testing.T) {
	type at struct {
		after  time.Duration // since it was acknowledged
		result rules.Result
		event  rules.Event
	}
	for name, c := range map[string]struct {
		change func(*rules.Rule)
		mute   rules.Mute
		steps  []at
	}{
		"once":                    {nil, rules.Mute{}, []at{{14*day - 1, warning, rules.None}, {14 * day, warning, rules.Reminded}, {15 * day, warning, rules.None}, {60 * day, warning, rules.None}}},
		"late":                    {nil, rules.Mute{}, []at{{40 * day, warning, rules.Reminded}, {41 * day, warning, rules.None}}},
		"with a schedule":         {remindDaily, rules.Mute{}, []at{{13 * day, warning, rules.None}, {14 * day, warning, rules.Reminded}, {20 * day, warning, rules.None}}},
		"not without data":        {nil, rules.Mute{}, []at{{14 * day, noData, rules.None}, {15 * day, warning, rules.Reminded}}},
		"not while it is muted":   {nil, rules.Mute{Kind: rules.ByWindow}, []at{{14 * day, warning, rules.None}, {20 * day, warning, rules.None}}},
		"not if it has escalated": {nil, rules.Mute{}, []at{{13 * day, critical, rules.Escalated}, {14 * day, critical, rules.None}, {30 * day, critical, rules.None}}},
		"not if it is over":       {nil, rules.Mute{}, []at{{14 * day, quiet, rules.EventResolved}}},
	} {
		t.Run(name, func(t *testing.T) {
			a, r := fired(t, c.change)
			since := monday.Add(3 * hour)
			a, _ = a.Acknowledged("amy", since)
			a, _ = a.Muted(c.mute, "", since)
			for _, s := range c.steps {
				var event rules.Event
				a, event = a.Next(r, verdict(s.result), since.Add(s.after))
				require.Equal(t, s.event, event, "after %s", s.after)
				if event == rules.Reminded {
					require.Equal(t, rules.Ack{By: "amy", At: since}, a.Ack, "it stays acknowledged")
					require.Equal(t, "acknowledged two weeks ago, and it still fires", a.Why)
				}
			}
		})
	}
	a, r := fired(t, nil)
	a, _ = a.Acknowledged("amy", monday)
	a, _ = a.Acknowledged("ben", monday.Add(10*day))
	_, event := a.Next(r, verdict(warning), monday.Add(20*day))
	require.Equal(t, rules.None, event, "another person counts anew")
}
