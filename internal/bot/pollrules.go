package bot

import (
	"context"
	"errors"
	"time"

	"notewatch/internal/store"
	"notewatch/rules"
)

// lateEvery is how often the rules that read only poll are evaluated while a poll is late or fails.
const lateEvery = 5 * time.Minute

// EvaluatePollRules evaluates the rules that read only poll for one project. That is due at each commit of a poll, and by time
// alone: a poll that hangs, or waits for others, is noticed like one that failed.
func (b *Bot) EvaluatePollRules(ctx context.Context, lease store.Lease) error {
	project, account, err := b.project(lease.Key)
	if err != nil {
		return err
	}
	for {
		t, err := b.judgePolling(ctx, project)
		if err != nil {
			return err
		}
		t.commit.Due = b.nextPollRules(account, t.state, t.now)
		t.commit.Mute = len(t.commit.Show) > 0 // of other alerts, by unless
		err = b.Store.CommitPollRules(ctx, lease, t.commit)
		if errors.Is(err, store.ErrMoved) {
			continue
		}
		if err != nil {
			return err
		}
		b.tell(t.commit)
		if t.commit.Mute {
			b.wakeAll(store.Mute)
		}
		return t.complain(ctx)
	}
}

// judgePolling is judge for the rules that read only poll, as of now.
func (b *Bot) judgePolling(ctx context.Context, project Project) (*turn, error) {
	state, err := b.Store.Project(ctx, project.UID)
	if err != nil {
		return nil, err
	}
	now := b.Clock.Now().UTC()
	f := &fleet{Bot: b, project: project, state: state, now: now, today: rules.DayOf(now)}
	f.period = b.Period.Period(f.today, now)
	if b.watchesDevicesByPollAlone() {
		if err := f.listDevices(ctx); err != nil {
			return nil, err
		}
	}
	t, err := b.begin(ctx, f, true)
	if err != nil {
		return nil, err
	}
	if err := t.judgeAll(ctx); err != nil {
		return nil, err
	}
	return t, t.mute(ctx)
}

// watchesDevicesByPollAlone reports whether a rule that reads only poll is about devices.
func (b *Bot) watchesDevicesByPollAlone() bool {
	for _, r := range b.Rules {
		if r.Spec.Each == rules.EachDevice && r.Reads.OnlyPoll() {
			return true
		}
	}
	return false
}

// nextPollRules returns when the rules that read only poll are due unless a poll commits before.
func (b *Bot) nextPollRules(account Account, state store.Project, now time.Time) time.Time {
	cadence := b.Cadence(account)
	if next := state.PolledAt.Add(cadence); state.Failures == 0 && next.After(now) {
		return next
	}
	return now.Add(min(cadence, lateEvery))
}
