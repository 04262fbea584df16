package bot

import (
	"context"
	"errors"
	"sync"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// lateEvery is how often the rules that read only poll are evaluated while a poll is late or fails.
const lateEvery = 5 * time.Minute

// EvaluatePollRules evaluates the rules that read only poll for one project. They are due at each commit of a poll, and by a timer: a poll
// that hangs, or waits for others, is noticed like one that failed.
func (b *Bot) EvaluatePollRules(ctx context.Context, lease work.Lease) error {
	project, account, err := b.project(lease.Key)
	if err != nil {
		return err
	}
	until, err := b.pollComesFirst(ctx, project.UID, b.schedule.Interval(account.Name))
	if err != nil {
		return err
	}
	if !until.IsZero() {
		return b.store.Work.Complete(ctx, lease, b.clock.Now(), until, 0)
	}
	for {
		data, err := b.lookAtPolling(ctx, project)
		if err != nil {
			return err
		}
		t, err := b.evaluator.EvaluatePollRules(ctx, data, b.about(project, account, data.State))
		if err != nil {
			return err
		}
		if err := b.mute(ctx, t, data); err != nil {
			return err
		}
		t.Commit.Due = b.nextPollRules(account, data.State, data.Now)
		t.Commit.Mute = len(t.Commit.Show) > 0 // they may mute other alerts by unless
		err = b.store.CommitPollRules(ctx, lease, t.Commit)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		b.wakeReceivers(t.Commit)
		if t.Commit.Mute {
			b.wake(work.Mute)
		}
		return b.reportBroken(ctx, project, data, t.Counts)
	}
}

// lookAtPolling loads the data that the rules that read only poll need of a project, as of now.
func (b *Bot) lookAtPolling(ctx context.Context, p Project) (*env.ProjectData, error) {
	state, err := b.store.Project(ctx, p.UID)
	if err != nil {
		return nil, err
	}
	now := b.clock.Now().UTC()
	if b.watchesDevicesByPollAlone() {
		return b.look(ctx, p, state, now)
	}
	return b.source(p).Data(b.projectAt(p, state, now), nil), nil
}

// watchesDevicesByPollAlone reports whether a rule that reads only poll is about devices.
func (b *Bot) watchesDevicesByPollAlone() bool {
	for _, r := range b.rules {
		if r.Spec.Each != rules.EachProject && r.Spec.Each != rules.EachOrganization && r.Reads.OnlyPoll() {
			return true
		}
	}
	return false
}

// nextPollRules returns when the rules that read only poll are due if no poll commits before.
func (b *Bot) nextPollRules(account Account, state store.Project, now time.Time) time.Time {
	cadence := b.schedule.Interval(account.Name)
	if next := state.PolledAt.Add(cadence); state.Failures == 0 && next.After(now) {
		return next
	}
	return now.Add(min(cadence, lateEvery))
}

// An awakening holds since when this process has been awake: since its start, or since the machine was last suspended.
type awakening struct {
	mu          sync.Mutex
	since, last time.Time
}

// NoteAwake records that the process is awake, and returns since when. If the last record is older than the longest wait of rules that read
// only poll, the process has slept. The loop of these rules records it too, because another process may evaluate them for a long time.
func (b *Bot) NoteAwake() (since time.Time) {
	now, gap := b.clock.Now(), lateEvery
	for _, a := range b.accounts {
		gap = max(gap, lateEvery+b.schedule.Interval(a.Name))
	}
	b.awake.mu.Lock()
	defer b.awake.mu.Unlock()
	if b.awake.last.IsZero() || now.Before(b.awake.last) || now.Sub(b.awake.last) > gap {
		b.awake.since = now
	}
	b.awake.last = now
	return b.awake.since
}

// pollComesFirst returns until when the rules that read only poll wait for the poll of a project; zero if they do not wait. After a start
// or a suspension the last poll is old because nothing was polling, so the due poll gets the time of one cadence.
func (b *Bot) pollComesFirst(ctx context.Context, uid string, cadence time.Duration) (until time.Time, err error) {
	now := b.clock.Now()
	until = b.NoteAwake().Add(cadence)
	due, ok, err := b.store.Work.NextDue(ctx, work.Poll, uid)
	if err != nil || !ok || due.After(now) || !now.Before(until) {
		return time.Time{}, err
	}
	return until, nil
}
