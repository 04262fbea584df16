package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// Two processes change the same alerts, send to the same receivers, and do all that people and rules files do, as fast as they can.
// No change of an alert is lost, and when it is quiet again each receiver shows the newest.
func testRivals(t *testing.T, open opening) {
	r := rivals{t: t, all: []*store.Store{open(), open()}, receivers: []string{team, "on-call", "third"}}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for i := range 4 {
		r.alerts = append(r.alerts, fmt.Sprintf("alert %d", i))
	}
	for _, id := range r.alerts {
		require.NoError(t, r.all[0].Decide(t.Context(), store.Decision{Alerts: alerts(firing(id, id)), Show: shown(id, r.receivers...), Now: noon}))
	}
	require.NoError(t, r.all[0].Work.AddWork(t.Context(), work.Mute, []string{""}, noon))
	var group sync.WaitGroup
	for i, s := range r.all {
		for j, act := range []func(*store.Store, *rand.Rand) error{r.decide, r.decide, r.send, r.send, r.meddle} {
			random := rand.New(rand.NewPCG(seed, uint64(10*i+j))) //nolint:gosec // it is no secret
			group.Go(func() {
				for range 12 {
					err := act(s, random)
					if err != nil && !errors.Is(err, store.ErrConflict) && !errors.Is(err, work.ErrLeaseLost) {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	group.Wait()
	r.requireQuiet()
}

type rivals struct {
	t         *testing.T
	all       []*store.Store
	alerts    []string
	receivers []string
	changes   atomic.Int64 // that were tried
	decided   atomic.Int64
	messages  atomic.Int64
}

// decide makes a new version of some alerts.
func (r *rivals) decide(s *store.Store, random *rand.Rand) error {
	ctx := r.t.Context()
	_, seq, err := s.Silences(ctx, noon)
	if err != nil {
		return err
	}
	all, err := s.Alerts(ctx, store.AlertFilter{})
	if err != nil {
		return err
	}
	var changed []*rules.Alert
	for i := range all {
		if random.IntN(2) == 0 {
			all[i].Version++
			all[i].ChangedAt = noon.Add(time.Duration(r.changes.Add(1)) * time.Millisecond) // as no other change
			changed = append(changed, &all[i])
		}
	}
	show := map[string][]string{all[0].ID: r.receivers}
	err = s.Decide(ctx, store.Decision{Alerts: changed, Show: show, Silences: seq, Mute: random.IntN(3) == 0, Now: noon})
	if err == nil {
		r.decided.Add(int64(len(changed)))
	}
	return err
}

// send sends what a receiver should show, if nobody else is at it.
func (r *rivals) send(s *store.Store, random *rand.Rand) error {
	receiver := r.receivers[random.IntN(len(r.receivers))]
	lease, ok, err := s.Work.Claim(r.t.Context(), work.Receiver, receiver, noon, machine)
	if err != nil || !ok {
		return err
	}
	due := never
	if random.IntN(4) == 0 {
		due = noon // there is more
	}
	return errors.Join(r.sendAll(s, lease), s.Work.Complete(r.t.Context(), lease, noon, due, 0))
}

func (r *rivals) sendAll(s *store.Store, lease work.Lease) error {
	ctx := r.t.Context()
	waiting, err := s.Outbox.Undelivered(ctx, lease.Key)
	if err != nil {
		return err
	}
	var settled, sent []outbox.Delivery
	for _, d := range waiting {
		if d.Rerouted {
			settled = append(settled, d)
		} else {
			sent = append(sent, d)
		}
	}
	if err := s.Outbox.Settle(ctx, lease, delivery.Policy{}, settled); err != nil || len(sent) == 0 {
		return err
	}
	message := outbox.Message{ID: fmt.Sprintf("m%d", r.messages.Add(1)), Receiver: lease.Key}
	attempt, err := beginOne(ctx, s, lease, message, sent, noon)
	if err != nil {
		return err
	}
	return s.Outbox.End(ctx, lease, of(attempt, posted(message, sent...)))
}

// meddle does what else changes what receivers owe.
func (r *rivals) meddle(s *store.Store, random *rand.Rand) error {
	ctx, alert := r.t.Context(), r.alerts[random.IntN(len(r.alerts))]
	switch random.IntN(7) {
	case 0:
		return second(s.Outbox.Redeliver(ctx, alert, "", noon))
	case 1:
		return s.Outbox.Reconsider(ctx, noon)
	case 2:
		return second(s.Outbox.Route(ctx, rules.Key{Rule: "data-budget", Project: project}, r.receivers[random.IntN(2):], noon))
	case 3:
		return second(s.Outbox.KeepReceivers(ctx, r.receivers[:2+random.IntN(2)], noon))
	case 4:
		id := fmt.Sprintf("silence %d", random.Uint64())
		err := s.AddSilence(ctx, muting.Silence{ID: id, Match: muting.Match{Rule: "other"}, Start: noon, End: noon.Add(time.Hour)}, noon)
		return errors.Join(err, second(s.EndSilence(ctx, id, "amy", noon)))
	case 5:
		return s.Outbox.Revive(ctx, r.receivers[0], noon)
	}
	_, _, _, err := s.TakeRequest(ctx, "acme", 4, func() time.Time { return noon })
	return err
}

// requireQuiet sends what is left and compares what receivers show with what was decided.
func (r *rivals) requireQuiet() {
	t, ctx, s := r.t, r.t.Context(), r.all[0]
	_, err := s.Outbox.KeepReceivers(ctx, r.receivers, noon)
	require.NoError(t, err)
	require.NoError(t, second(s.Outbox.Route(ctx, rules.Key{Rule: "data-budget", Project: project}, r.receivers, noon)))
	for _, receiver := range r.receivers {
		require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, receiver, noon))
		lease := claim(t, s, work.Receiver, receiver)
		require.NoError(t, r.sendAll(s, lease))
		require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))
		require.Zero(t, due(t, s, work.Receiver, receiver), "nothing is left to do")
	}
	versions := int64(0)
	for _, id := range r.alerts {
		for receiver, d := range told(t, s, id) {
			require.Equal(t, d.Alert.Version, d.Have, receiver)
			require.Empty(t, d.Detail, receiver)
		}
		require.Len(t, told(t, s, id), len(r.receivers))
		versions += told(t, s, id)[team].Alert.Version
	}
	require.Equal(t, int64(len(r.alerts))+r.decided.Load(), versions, "no change was lost, none was made twice")
	attempts, err := s.Outbox.Attempts(ctx, "")
	require.NoError(t, err)
	for _, a := range attempts {
		require.Equal(t, outbox.Posted, a.Status)
	}
}
