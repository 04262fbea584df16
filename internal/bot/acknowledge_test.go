package bot_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/rules"
)

// silentStorm is a rig in which seven sensors are silent, of which "ops" knows from one message. It returns the message.
func silentStorm(t *testing.T) (*rig, string) {
	t.Helper()
	const n = 7
	r := newRig(t, n+2, []notehubtest.Incident{outage(n, monday.Add(2*hour), 2*day)}, silent())
	r.run(monday.Add(12 * hour))
	deliveries := storetest.Deliveries(t, r.store, "ops")
	require.Len(t, deliveries, n)
	return r, deliveries[0].Message
}

// holders returns who has the alerts of a message.
func (r *rig) holders(message string) map[string]int {
	r.t.Helper()
	_, members, err := r.store.Outbox.Members(r.t.Context(), message)
	require.NoError(r.t, err)
	holders := map[string]int{}
	for _, m := range members {
		holders[m.Alert.Ack.By]++
	}
	return holders
}

func TestWhoTakesOnAMessageTakesWhatNobodyHas(t *testing.T) {
	r, message := silentStorm(t)
	_, members, err := r.store.Outbox.Members(t.Context(), message)
	require.NoError(t, err)
	_, err = r.bot.Acknowledge(t.Context(), members[3].Alert, "amy")
	require.NoError(t, err)

	taken, err := r.bot.AcknowledgeMessage(t.Context(), message, "bob")
	require.NoError(t, err)
	require.Equal(t, 6, taken)
	require.Equal(t, map[string]int{"amy": 1, "bob": 6}, r.holders(message))
	taken, err = r.bot.AcknowledgeMessage(t.Context(), message, "cem")
	require.NoError(t, err)
	require.Zero(t, taken)
	r.run(r.now.Add(time.Minute))
	r.requireTruth("ops")

	given, err := r.bot.UnacknowledgeMessage(t.Context(), message, "dee")
	require.NoError(t, err)
	require.Equal(t, 7, given)
	given, err = r.bot.UnacknowledgeMessage(t.Context(), message, "dee")
	require.NoError(t, err)
	require.Zero(t, given)
	require.Equal(t, map[string]int{"": 7}, r.holders(message))

	_, err = r.bot.AcknowledgeMessage(t.Context(), "no such message", "bob")
	require.ErrorIs(t, err, outbox.ErrNoMessage)
}

func TestTakingOnAMessageShowsAtOnce(t *testing.T) {
	r, message := silentStorm(t)
	b := r.stand()
	taken, err := b.AcknowledgeMessage(t.Context(), message, "amy")
	require.NoError(t, err)
	require.Equal(t, 7, taken)
	soon(t, r.hears(rules.Acknowledged), "who has them")
	_, err = b.UnacknowledgeMessage(t.Context(), message, "bob")
	require.NoError(t, err)
	soon(t, r.hears(rules.Unacknowledged), "that nobody has them")
}

// What is over is nobody's to take on.
func TestNobodyTakesOnWhatIsOver(t *testing.T) {
	r, message := silentStorm(t)
	r.run(monday.Add(4 * day))
	for _, change := range []func() (int, error){
		func() (int, error) { return r.bot.AcknowledgeMessage(t.Context(), message, "amy") },
		func() (int, error) { return r.bot.UnacknowledgeMessage(t.Context(), message, "dee") },
	} {
		changed, err := change()
		require.NoError(t, err)
		require.Zero(t, changed)
	}
}

// Whoever is first has all of it, also if the others ask in another process, and the others have nothing.
func TestAMessageIsTakenOnOnce(t *testing.T) {
	r, message := silentStorm(t)
	other, err := store.Open(t.Context(), r.database)
	require.NoError(t, err)
	t.Cleanup(func() { _ = other.Close() })
	beside := r.config.Bot
	beside.Store = other
	bots := []*bot.Bot{r.bot, bot.New(beside)}
	var wg sync.WaitGroup
	var winners, taken atomic.Int64
	for i := range 16 {
		wg.Go(func() {
			n, err := bots[i%2].AcknowledgeMessage(t.Context(), message, string(rune('a'+i)))
			if err != nil {
				t.Error(err)
			}
			if n > 0 {
				winners.Add(1)
			}
			taken.Add(int64(n))
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, winners.Load())
	require.EqualValues(t, 7, taken.Load())
	_, members, err := r.store.Outbox.Members(t.Context(), message)
	require.NoError(t, err)
	for _, m := range members {
		history, err := r.store.Transitions(t.Context(), m.Alert.ID)
		require.NoError(t, err)
		require.Len(t, history, 2)
		require.Equal(t, rules.Acknowledged, history[1].Reason)
	}
}

// unsent is a message of eight alerts that could not be sent, and that are held because they are acknowledged; then one of them no longer
// is. It returns the IDs of the others.
func unsent(t *testing.T) (r *rig, held []string) {
	r = newRig(t, 30, []notehubtest.Incident{outage(8, monday.Add(2*hour), 20*hour)}, silent())
	failing(r.hooks["ops"], notifytest.Status(http.StatusServiceUnavailable, "").With("Retry-After", "1200"), 1)
	r.run(monday.Add(8*hour + 5*time.Minute))
	for len(r.hooks["ops"].Requests()) == 0 {
		r.run(r.now.Add(time.Minute))
	}
	alerts, err := r.store.Alerts(t.Context(), store.AlertFilter{})
	require.NoError(t, err)
	for _, a := range alerts {
		_, err = r.bot.Acknowledge(t.Context(), a, "amy")
		require.NoError(t, err)
		held = append(held, a.ID)
	}
	r.run(r.now.Add(hour))
	require.Empty(t, r.reasons("ops"))
	alerts, err = r.store.Alerts(t.Context(), store.AlertFilter{})
	require.NoError(t, err)
	_, err = r.bot.Unacknowledge(t.Context(), alerts[0], "amy")
	require.NoError(t, err)
	return r, held[1:]
}

func TestWhatIsHeldIsShownWithItsGroup(t *testing.T) {
	r, held := unsent(t)
	r.run(r.now.Add(hour))
	require.Len(t, r.taken("ops"), 8)
	for _, id := range held {
		deliveries, err := r.store.Outbox.DeliveriesOf(t.Context(), id)
		require.NoError(t, err)
		require.Empty(t, deliveries["ops"].Detail, "it is shown")
	}
}

func TestWhatIsHeldIsNotGivenUpWithItsGroup(t *testing.T) {
	r, held := unsent(t)
	failing(r.hooks["ops"], notifytest.Status(http.StatusBadRequest, ""), 100)
	r.run(r.now.Add(hour))
	for _, id := range held {
		deliveries, err := r.store.Outbox.DeliveriesOf(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, delivery.Held, deliveries["ops"].State)
	}
}

// Two weeks after an acknowledgement people are reminded once that the alert still fires, also if notewatch restarts meanwhile.
func TestReminderOfAnAcknowledgement(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{outage(1, monday.Add(2*hour), 40*day)}, silent()).every(6 * hour)
	r.run(monday.Add(2 * day))
	a := storetest.Deliveries(t, r.store, "ops")[0].Alert
	_, err := r.bot.Acknowledge(t.Context(), a, "amy")
	require.NoError(t, err)
	since := r.now
	reminders := func(until time.Duration) (count int) {
		r.run(since.Add(until))
		r.open()
		for _, reason := range r.reasons("ops") {
			if reason == string(rules.Reminded) {
				count++
			}
		}
		return count
	}
	before := reminders(13 * day)
	require.Equal(t, before, reminders(14*day-12*hour), "none while it is acknowledged")
	require.Equal(t, before+1, reminders(14*day+12*hour))
	require.Equal(t, before+1, reminders(18*day), "once")
	require.Equal(t, map[string]int{"amy": 1}, r.holders(storetest.Deliveries(t, r.store, "ops")[0].Message))
	r.requireTruth("ops")
}
