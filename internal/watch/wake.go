package watch

import (
	"context"
	"time"

	"notewatch/internal/store"
)

// A bell wakes a loop of Run before its time. A ring during the work of a loop is kept. A nil bell never rings.
type bell chan struct{}

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// A waking identifies a loop of Run. The name is that of a receiver, or of the account of polls.
type waking struct {
	kind store.Kind
	name string
}

// bellsOf returns the bells of all loops whose work this process can make due.
func bellsOf(config Config) map[waking]bell {
	all := map[waking]bell{{store.Mute, ""}: make(bell, 1), {store.PollRules, ""}: make(bell, 1), {store.Rules, ""}: make(bell, 1)}
	for _, r := range config.Receivers {
		all[waking{store.Receiver, r.Name}] = make(bell, 1)
	}
	for _, a := range config.Bot.Accounts {
		all[waking{store.Poll, a.Name}] = make(bell, 1)
	}
	return all
}

// wakeAll wakes the loops that serve a kind of work.
func (w *Watch) wakeAll(kind store.Kind) {
	for loop, bell := range w.bells {
		if loop.kind == kind {
			bell.ring()
		}
	}
}

// ringAll wakes all loops.
func (w *Watch) ringAll() {
	for _, bell := range w.bells {
		bell.ring()
	}
}

// watchTime is how often, in real time, Run checks whether other processes made work due or other rules active. It is short, because a
// person at the terminal waits for the result.
const watchTime = 2 * time.Second

// look reads whether the active rules have changed since they were registered, and returns how often work has been made due until then. If
// that cannot be read, the loops are woken once more than needed, which is harmless.
func (w *Watch) look(ctx context.Context) (raised int64) {
	raised, err := w.store.Raised(ctx)
	if err != nil || w.checkRules(ctx) != nil {
		return -1
	}
	return raised
}

// ringDue wakes the loops whose work is due, or will be before the next check.
func (w *Watch) ringDue(ctx context.Context) error {
	jobs, err := w.store.DueBy(ctx, w.clock.Now().Add(watchTime))
	for _, job := range jobs {
		switch job.Kind {
		case store.Receiver:
			w.bells[waking{job.Kind, job.Key}].ring()
		case store.Poll:
			w.bells[waking{job.Kind, w.accounts[job.Key]}].ring()
		default:
			w.bells[waking{job.Kind, ""}].ring()
		}
	}
	return err
}

// watch wakes the loops whose work is due whenever work was made due since seen, until ctx is done. It does not matter if one of the loops
// made it due.
func (w *Watch) watch(ctx context.Context, seen int64) {
	ticker := time.NewTicker(watchTime)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		raised, err := w.store.Raised(ctx)
		if err != nil {
			_ = w.checkSchema(ctx) // the loops get and report any other error too
			continue
		}
		if raised == seen || w.checkRules(ctx) != nil {
			continue
		}
		if w.ringDue(ctx) == nil {
			seen = raised
		}
	}
}
