package bot

import (
	"cmp"
	"context"
	"errors"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/evaluate"
	"notewatch/internal/fetch"
	"notewatch/internal/metrics"
	"notewatch/internal/request"
	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// Poll polls one project: it reads Notehub, evaluates the rules and commits. If Notehub cannot be read, it commits that failure. The commit
// makes the rules due that read only the state of polling.
func (b *Bot) Poll(ctx context.Context, lease work.Lease) error {
	project, account, err := b.project(lease.Key)
	if err != nil {
		return err
	}
	now, started, times := b.clock.Now().UTC(), b.machine(), request.Times{}
	if err := b.schedule.Recount(ctx, now); err != nil {
		return err
	}
	if err := b.convertRecent(ctx, lease, now); err != nil {
		return err
	}
	state, err := b.store.Project(ctx, project.UID)
	if err != nil {
		return err
	}
	failure := b.read(ctx, reading{account, project.UID, lease, now, times}, &state)
	if stop := errors.Join(ctx.Err(), unlessNotehub(failure)); stop != nil {
		return stop
	}
	class := request.ClassOf(failure, state.Truncated)
	state = polled(state, failure, class, now)
	if err := b.noteAccount(ctx, account, state, now); err != nil {
		return err
	}
	data, err := b.look(ctx, project, state, now)
	if err != nil {
		return err
	}
	pass, err := b.decide(ctx, lease, project, account, data, b.nextPoll(account, lease, state, failure, now), times)
	if err != nil {
		return err
	}
	b.wakeReceivers(pass.Commit)
	b.wake(work.PollRules)
	b.wake(work.Organization)
	took := b.machine().Sub(started)
	b.metrics.Polled(project.UID, took, times, class)
	b.logPoll(project, account, state, failure, pass.Commit, took, times)
	if err := b.reportBroken(ctx, project, data, pass.Counts); err != nil {
		return err
	}
	if failure == nil {
		return b.polledWell(ctx, now)
	}
	return nil
}

// polledWell sends the start report, and calls the heartbeat, if that is due after a poll that succeeded.
func (b *Bot) polledWell(ctx context.Context, now time.Time) error {
	if err := b.reportStart(ctx); err != nil {
		return err
	}
	return b.beat(ctx, now)
}

// decide evaluates and commits, and starts over if another decision, such as a silence, was stored meanwhile.
func (b *Bot) decide(
	ctx context.Context, lease work.Lease, p Project, account Account, data *env.ProjectData, due time.Time, times request.Times,
) (*evaluate.Pass, error) {
	for {
		t, err := b.evaluate(ctx, data, b.about(p, account, data.State), times)
		if err != nil {
			return nil, err
		}
		t.Commit.Due, t.Commit.Failures = due, data.State.Failures
		if b.evaluates(rules.EachOrganization) {
			t.Commit.Account = account.Name
		}
		if err = b.commit(ctx, lease, t.Commit, times); !errors.Is(err, store.ErrConflict) {
			return t, err
		}
	}
}

func (b *Bot) evaluate(ctx context.Context, data *env.ProjectData, about evaluate.Context, times request.Times) (*evaluate.Pass, error) {
	defer times.Spend(metrics.Evaluate, b.machine)()
	t, err := b.evaluator.Evaluate(ctx, data, about)
	if err != nil {
		return nil, err
	}
	return t, b.mute(ctx, t, data)
}

func (b *Bot) commit(ctx context.Context, lease work.Lease, commit store.Commit, times request.Times) error {
	defer times.Spend(metrics.Commit, b.machine)()
	return b.store.Commit(ctx, lease, commit)
}

// about returns what the alerts of a project show in addition to its data.
func (b *Bot) about(p Project, account Account, state store.Project) evaluate.Context {
	c := evaluate.Context{Recipients: map[string][]string{}, Currency: account.Currency, NextStep: remedy(metrics.Class(state.Cause), account)}
	for _, r := range b.rules {
		c.Recipients[r.Spec.Name] = p.Recipients(r)
	}
	return c
}

// mute applies everything that can mute alerts now to an evaluation.
func (b *Bot) mute(ctx context.Context, t *evaluate.Pass, data *env.ProjectData) error {
	mutes, silences, err := b.mutes(ctx, data.State, data.Now)
	if err != nil {
		return err
	}
	return t.Mute(mutes, silences)
}

// unlessNotehub returns err unless it is a failure to read Notehub: another process does this work now, or the database cannot be used.
func unlessNotehub(err error) error {
	if errors.Is(err, work.ErrLeaseLost) || database.Unavailable(err) {
		return err
	}
	return nil
}

// polled returns the state of a project after a poll.
func polled(state store.Project, failure error, class metrics.Class, now time.Time) store.Project {
	if failure != nil {
		if state.Failures == 0 {
			state.FailingSince = now
		}
		state.Failures++
		state.Failure, state.Cause = failure.Error(), store.Cause(class)
		return state
	}
	state.PolledAt, state.Failures, state.Failure = now, 0, ""
	state.Cause, state.FailingSince = store.None, time.Time{}
	return state
}

// minPause is the shortest time between the end of a poll and the next one.
const minPause = time.Second

// firstRetry is the time to the next poll after a failed one. It doubles with each further failure, up to the cadence.
const firstRetry = 2 * time.Minute

// nextPoll returns when the project is polled next, after a poll that was due at lease.Due, began at began and ends now.
//
// After a poll that began late, later polls come up to a tenth of the interval earlier. So each project keeps its interval, and the polls
// of an account stay spread over it. If a poll began later than a whole interval, because nothing was running, there is nothing to catch
// up. In any case other projects that are due come first.
func (b *Bot) nextPoll(account Account, lease work.Lease, state store.Project, failure error, began time.Time) time.Time {
	interval, ended := b.schedule.Interval(account.Name), b.clock.Now()
	if failure == nil {
		next, soonest := began.Add(interval), ended.Add(minPause)
		if late := began.Sub(lease.Due); late > 0 && late < interval {
			next = next.Add(-min(late, interval/10))
		}
		if next.Before(soonest) {
			return soonest
		}
		return next
	}
	pause := min(interval, firstRetry<<min(state.Failures-1, 10))
	if errors.As(failure, new(fetch.ListError)) {
		pause = min(interval, fetch.ConfirmTime)
	}
	next := ended.Add(pause)
	if held, ok := errors.AsType[request.HeldError](failure); ok && held.Until.Before(next) {
		return held.Until
	}
	return next
}

// wakeReceivers wakes the receivers that have something new to show.
func (b *Bot) wakeReceivers(commit store.Commit) {
	if len(commit.Show) > 0 || len(commit.Live) > 0 {
		b.wake(work.Receiver)
	}
}

func (b *Bot) logPoll(p Project, account Account, state store.Project, failure error, commit store.Commit, took time.Duration, times request.Times) {
	if failure != nil {
		hint := remedy(metrics.Class(state.Cause), account)
		if errors.As(failure, new(fetch.ListError)) {
			hint = "check the devices of the project at notehub.io: the next poll reads the list again and removes them if they are still missing"
		}
		b.log.Error("polling a project", "project", p.UID, "failures", state.Failures, "err", failure, "hint", hint, "next", commit.Due)
		return
	}
	if state.Truncated {
		b.log.Warn("Notehub truncated an answer: the devices that are missing are no data until they are read at the next polls", "project", p.UID)
	}
	polled := []any{"project", p.UID, "alerts", len(commit.Show), "next", commit.Due, "took", took.Round(time.Millisecond)}
	for _, step := range metrics.Steps() {
		polled = append(polled, string(step), times[step].Round(time.Millisecond))
	}
	b.log.Info("polled", polled...)
}

// remedy returns the next step for an operator after a kind of failure to poll a project of an account.
func remedy(class metrics.Class, account Account) string {
	switch class {
	case metrics.Unauthorized:
		what := "token at notehub.io/api-access"
		switch {
		case account.OAuth:
			what = "client secret in the settings of the project at notehub.io"
		case account.TokenFrom == "":
			what += ", or a new client secret in the settings of the project"
		}
		return "make a new " + what + ", put it in " + cmp.Or(account.TokenFrom, "the place of the old one") + " and restart notewatch"
	case metrics.Suspended:
		return "settle the billing account on notehub.io"
	case metrics.Forbidden:
		return "the owner of the token needs at least the viewer role in this project"
	case metrics.NotFound:
		return "check the project UID in the rules file: Notehub does not know it"
	case metrics.RateLimited:
		return request.SharedHint
	case metrics.Budget:
		return "the account has more requests to make than it may: raise requests_per_minute, or make fewer projects use this account"
	case metrics.Unreachable:
		return "check the network, the proxy and NOTEWATCH_NOTEHUB_URL"
	}
	return "the next poll tries again"
}
