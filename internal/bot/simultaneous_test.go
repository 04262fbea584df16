package bot_test

import (
	"context"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"

	"notewatch/internal/store/work"
)

// A simultaneous clock is that of several loops. While one of them works, its time stands still; it goes on to the next instant that a loop
// waits for when all of them wait.
type simultaneous struct {
	mu      sync.Mutex
	now     time.Time
	working int                         // loops
	moved   func(time.Time) *time.Timer // is given each instant
	waits   []simultaneousWait
}

type simultaneousWait struct {
	until time.Time
	timer *time.Timer
}

func (s *simultaneous) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// timer returns a timer for a loop that waits for it and does nothing else.
func (s *simultaneous) timer(until time.Time) *time.Timer {
	timer := time.NewTimer(time.Hour)
	s.rest(simultaneousWait{until, timer})
	return timer
}

// rest notes that a loop works no more: it waits, or, with the zero wait, has ended.
func (s *simultaneous) rest(w simultaneousWait) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.working--
	if w.timer != nil {
		s.waits = append(s.waits, w)
	}
	if s.working > 0 || len(s.waits) == 0 {
		return
	}
	first := 0
	for i, other := range s.waits {
		if other.until.Before(s.waits[first].until) {
			first = i
		}
	}
	next := s.waits[first]
	s.waits = append(s.waits[:first], s.waits[first+1:]...)
	if next.until.After(s.now) {
		s.now = next.until
		s.moved(s.now)
	}
	s.working++
	next.timer.Reset(0)
}

// runTogether lets the accounts of the rig poll until an instant, each in a loop of its own, as Run does.
func (r *rig) runTogether(end time.Time) {
	clock := &simultaneous{now: r.now, working: len(r.config.Bot.Accounts) + 1, moved: r.timer}
	r.config.Bot.Clock.Timer = clock.timer
	r.open()
	var loops sync.WaitGroup
	loop := func(turn func() time.Time) {
		loops.Go(func() {
			defer clock.rest(simultaneousWait{})
			for clock.clock().Before(end) {
				next, latest := turn(), clock.clock().Add(time.Minute)
				if next.IsZero() || next.After(latest) {
					next = latest
				}
				<-clock.timer(next).C
			}
		})
	}
	ctx := context.WithoutCancel(r.t.Context()) // as watchtest.RunUntil
	serve := func(kind work.Kind, keys ...string) time.Time {
		next, err := r.watch.Serve(ctx, kind, keys...)
		assert.NoError(r.t, err)
		return next
	}
	for _, a := range r.config.Bot.Accounts {
		loop(func() time.Time {
			next := serve(work.Poll, r.bot.Schedule().ProjectsOf(a.Name)...)
			return work.Earlier(next, serve(work.Organization, a.Name))
		})
	}
	var projects []string
	for _, p := range r.config.Bot.Projects {
		projects = append(projects, p.UID)
	}
	loop(func() time.Time {
		serve(work.PollRules, projects...)
		serve(work.Mute, "")
		return serve(work.Receiver, "ops")
	})
	loops.Wait()
	r.config.Bot.Clock.Timer = r.timer
}
