package watch

import (
	"context"
	"time"

	"notewatch/internal/store/work"
)

// A signal wakes a loop of Run before its time. A signal that is sent while the loop works is kept. A nil signal does nothing.
type signal chan struct{}

func (b signal) send() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// A loopID identifies a loop of Run. The name is that of a receiver, or of the account of polls.
type loopID struct {
	kind work.Kind
	name string
}

// signalsOf returns the signals of all loops whose work this process can make due.
func signalsOf(config Config) map[loopID]signal {
	all := map[loopID]signal{{work.Mute, ""}: make(signal, 1), {work.PollRules, ""}: make(signal, 1), {work.Rules, ""}: make(signal, 1)}
	for _, r := range config.Receivers {
		all[loopID{work.Receiver, r.Name}] = make(signal, 1)
	}
	for _, a := range config.Bot.Accounts {
		all[loopID{work.Poll, a.Name}] = make(signal, 1)
		all[loopID{work.Organization, a.Name}] = make(signal, 1)
	}
	return all
}

// wakeKind wakes the loops that serve a kind of work.
func (w *Watch) wakeKind(kind work.Kind) {
	for loop, signal := range w.signals {
		if loop.kind == kind {
			signal.send()
		}
	}
}

// wakeAll wakes all loops.
func (w *Watch) wakeAll() {
	for _, signal := range w.signals {
		signal.send()
	}
}

// watchTime is how often, in real time, Run checks whether other processes made work due or other rules active. It is short, because a
// person at the terminal waits for the result.
const watchTime = 2 * time.Second

// raisedSoFar reads whether the active rules have changed since they were registered, and returns how often work has been made due until then. If
// that cannot be read, the loops are woken once more than needed, which is harmless.
func (w *Watch) raisedSoFar(ctx context.Context) (raised int64) {
	raised, err := w.store.Work.TimesMadeDue(ctx)
	if err != nil || w.checkRules(ctx) != nil {
		return -1
	}
	return raised
}

// wakeDue wakes the loops whose work is due, or will be before the next check.
func (w *Watch) wakeDue(ctx context.Context) error {
	jobs, err := w.store.Work.DueBy(ctx, w.clock.Now().Add(watchTime))
	for _, job := range jobs {
		switch job.Kind {
		case work.Receiver, work.Organization:
			w.signals[loopID{job.Kind, job.Key}].send()
		case work.Poll:
			w.signals[loopID{job.Kind, w.accounts[job.Key]}].send()
		default:
			w.signals[loopID{job.Kind, ""}].send()
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
		raised, err := w.store.Work.TimesMadeDue(ctx)
		if err != nil {
			_ = w.checkSchema(ctx) // the loops get and report any other error too
			continue
		}
		if raised == seen || w.checkRules(ctx) != nil {
			continue
		}
		if w.wakeDue(ctx) == nil {
			seen = raised
		}
	}
}
