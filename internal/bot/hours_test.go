package bot_test

import (
	"net/http"
	"testing"
	"time"
	_ "time/tzdata" // zones, wherever the tests run

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/watch"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// shift are the working hours of a receiver in Berlin, Monday to Friday from 8 to 18. In summer that is from 06:00 to 16:00 UTC.
func shift(t *testing.T) muting.Hours {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	days := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	return muting.Hours{Open: &muting.Window{Days: days, From: 8 * hour, To: 18 * hour, Zone: berlin}}
}

// withHours gives "ops" its hours, and adds "always" without any.
func (r *rig) withHours(hours muting.Hours, specs ...rules.Spec) *rig {
	r.receiver("always", rules.Inactive)
	r.config.Receivers[0].Hours = hours
	r.rules(specs...)
	return r.hourly()
}

// sentAt returns when the first attempt to send a receiver an alert of a rule began.
func (r *rig) sentAt(receiver, rule string) time.Time {
	r.t.Helper()
	after := r.after(receiver, rule)
	require.Len(r.t, after, 1)
	return r.delivery(receiver, rule).Alert.FiredAt.Add(after[0]).UTC()
}

var (
	saturday   = monday.Add(5 * day)
	nextMonday = monday.Add(7 * day)
)

func TestWhatFiresAtTheWeekendIsSentWhenTheHoursBegin(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(saturday.Add(2*hour), 10*day)}, silent()).withHours(shift(t), silent())
	r.run(nextMonday.Add(5 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("always"))
	require.Empty(t, r.told("ops"))
	held := r.delivery("ops", "silent-device")
	require.Equal(t, delivery.Held, held.State)
	require.Equal(t, delivery.ReasonHours, held.Reason)
	require.Equal(t, "outside its hours until Mon 22 Jun 06:00 UTC", held.Detail)
	require.Zero(t, held.Alert.Mute, "the alert is not muted: others are notified")

	r.run(nextMonday.Add(6*hour + time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	require.Equal(t, nextMonday.Add(6*hour), r.sentAt("ops", "silent-device"), "as soon as the hours begin, not at the next poll")
	r.requireTruth("ops")
}

func TestWhatCameAndWentAtTheWeekendIsOneMessage(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(saturday.Add(2*hour), 12*hour)}, silent()).withHours(shift(t), silent())
	r.run(nextMonday.Add(5 * hour))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("always"))
	require.Empty(t, r.told("ops"))
	r.run(nextMonday.Add(7 * hour))
	require.Equal(t, []string{"resolved"}, r.reasons("ops"), "as it is then")
	require.Nil(t, r.taken("ops")[0].Was, "to the receiver all of it is new")
	r.requireTruth("ops")
}

// More than five alerts of a rule share a message in the morning too.
func TestWhatIsReleasedIsGrouped(t *testing.T) {
	r := newRig(t, 8, []notehubtest.Incident{outage(8, saturday.Add(2*hour), 10*day)}, silent()).withHours(shift(t), silent())
	r.run(nextMonday.Add(7 * hour))
	require.Len(t, r.told("ops"), 8)
	require.Len(t, r.hooks["ops"].Requests(), 1)
	r.requireTruth("ops")
}

func TestEscalationsWaitForTheHoursAndEndsDoNot(t *testing.T) {
	floods := []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute), flood(monday.Add(20*hour), 20*time.Minute)}
	r := newRig(t, 2, floods, budget("1150")).withHours(shift(t), budget("1150"))
	r.run(monday.Add(23 * hour))
	require.Equal(t, []string{"fired", "escalated"}, r.reasons("always"))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	require.Equal(t, "outside its hours until Tue 16 Jun 06:00 UTC", r.delivery("ops", "event-budget").Detail)
	r.open()
	r.run(monday.Add(day + hour))
	require.Equal(t, []string{"fired"}, r.reasons("ops"), "a start changes nothing")

	r.run(monday.Add(day + 7*hour))
	require.Equal(t, []string{"fired", "escalated"}, r.reasons("ops"))
	require.Equal(t, "warning", *r.taken("ops")[1].Was)
	r.run(monday.Add(16*day + 3*hour))
	require.Equal(t, []string{"fired", "escalated", "period_ended"}, r.reasons("ops"), "at night, because the receiver shows it")
	r.requireTruth("ops")
}

func TestRemindersWaitForTheHours(t *testing.T) {
	spec := silent()
	spec.Remind = []time.Duration{12 * hour}
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 10*day)}, spec).withHours(shift(t), spec)
	r.run(monday.Add(23 * hour))
	require.Equal(t, []string{"fired", "reminded"}, r.reasons("always"))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	r.run(monday.Add(day + 6*hour + time.Minute))
	require.Equal(t, []string{"fired", "reminded"}, r.reasons("ops"))
	r.requireTruth("ops")
}

// In Berlin clocks go back on Sun 25 Oct 2026 and forward on Sun 28 Mar 2027.
func TestHoursFollowTheClocksOfTheirZone(t *testing.T) {
	for name, c := range map[string]struct {
		friday time.Time
		begin  time.Duration // since 00:00 UTC of the next Monday
	}{
		"clocks go back":    {time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC), 7 * hour},
		"clocks go forward": {time.Date(2027, 3, 26, 0, 0, 0, 0, time.UTC), 6 * hour},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2, []notehubtest.Incident{silence(c.friday.Add(23*hour), 10*day)}, silent())
			r.now = c.friday
			r.withHours(shift(t), silent()).run(c.friday.Add(3*day + 8*hour))
			require.Equal(t, c.friday.Add(3*day+c.begin), r.sentAt("ops", "silent-device"))
		})
	}
}

// What is held is not unreachable: no fallback replaces the receiver, however long it waits. A receiver that is a fallback is notified at once.
func TestAFallbackDoesNotWaitForHours(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(saturday.Add(2*hour), 10*day)}, silent()).withHours(shift(t), silent())
	r.receiver("second", rules.Inactive)
	r.config.Receivers[0].Fallback, r.config.Receivers[1].Fallback = "second", "ops"
	r.config.Bot.DefaultReceivers = []string{"always"}
	r.open()
	r.run(saturday.Add(day))
	require.Equal(t, []string{"fired"}, r.reasonsOf("always", "silent-device"))
	require.Empty(t, r.told("second"), "ops is outside its hours, and not unreachable")

	failing(r.hooks["always"], notifytest.Status(http.StatusUnauthorized, ""), 100)
	second := sensors(2)[1].UID
	r.project.Incidents = append(r.project.Incidents, notehubtest.Incident{
		Kind: notehubtest.Silence, Devices: []string{second}, Start: r.now.Add(hour), Duration: 10 * day,
	})
	r.serve()
	r.open()
	r.run(saturday.Add(day + 12*hour))
	require.Equal(t, []string{"fired"}, r.reasonsOf("ops", "silent-device"), "always is unreachable, so ops gets it at once")
	require.Equal(t, second, r.taken("ops")[0].Subject.UID)
}

func TestADrillIsSentAtAnyHour(t *testing.T) {
	r := newRig(t, 2, nil, silent()).withHours(shift(t), silent())
	r.run(saturday.Add(2 * hour))
	_, _, err := r.bot.Drill(t.Context(), "silent-device", r.config.Bot.Projects[0])
	require.NoError(t, err)
	r.run(saturday.Add(3 * hour))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("ops"))
}

// A mute window for a receiver holds what it matches for this one only. The alert is not muted.
func TestAMuteWindowForAReceiverHoldsForItAlone(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
	window := muting.Window{Match: muting.Match{Project: "cold-chain"}, Days: []time.Weekday{time.Monday}, Because: "no shift", Receivers: []string{"ops"}}
	r.config.Bot.Windows = []muting.Window{window}
	r.withHours(muting.Hours{Closed: []muting.Window{window}}, silent())
	r.run(monday.Add(23 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("always"))
	require.Empty(t, r.told("ops"))
	require.Equal(t, "outside its hours until Tue 16 Jun 00:00 UTC", r.delivery("ops", "silent-device").Detail)
	r.run(monday.Add(day + time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	r.requireTruth("ops")
}

// A rules file without the hours sends at once what was held for them, also what has ended.
func TestHoursThatAreRemovedHoldNothing(t *testing.T) {
	incidents := []notehubtest.Incident{silence(saturday.Add(2*hour), 12*hour)}
	r := newRig(t, 2, incidents, silent()).withHours(shift(t), silent())
	r.run(saturday.Add(20 * hour))
	require.Empty(t, r.told("ops"))
	r.config.Receivers[0].Hours = muting.Hours{}
	r.open()
	r.run(saturday.Add(20*hour + time.Minute))
	require.Equal(t, []string{"resolved"}, r.reasons("ops"))
	r.requireTruth("ops")
}

// Of two processes, one holds what the other releases. It is sent once.
func TestProcessesShareHours(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(saturday.Add(2*hour), 10*day)}, silent()).withHours(shift(t), silent())
	first, second := r.peer(watch.New), r.peer(watch.New)
	r.alternate(saturday.Add(12*hour), first)
	require.Empty(t, r.told("ops"))
	r.alternate(nextMonday.Add(5*hour), first, second)
	require.Empty(t, r.told("ops"))
	r.alternate(nextMonday.Add(7*hour), second, first)
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	r.requireTruth("ops")
}
