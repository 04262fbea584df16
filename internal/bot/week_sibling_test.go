package bot_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"notewatch/internal/bot"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
	"notewatch/notehub"
)

// siblingSettings is the variable that makes the test binary a sibling: settings as JSON.
const siblingSettings = "SIBLING_TEST_SETTINGS"

// A sibling is one of several processes that work on one PostgreSQL, as notewatch run does: it watches until its standard input ends. Its
// time, domain and machine, is the clock of the database, which all siblings and the test share as a piece of memory.
//
// The test moves the clock only while every sibling has nothing to do but to wait. It asks each by a line on standard input:
//
//	pause            stop the clock if nothing is under way; answer "idle" with the times that are waited for, or "busy"
//	go               let the clock go on, and end the waits that are over
//	doom K N M       have an accident of kind K at the Nth point, or after the Mth post; 0 is none
//	on               go on after the accident
//
// Where it has to be frozen or cut off, a sibling says "here" and waits.
type sibling struct {
	settings settings
	clock    *atomic.Int64 // Unix milliseconds
	db       *store.Store
	config   watch.Config
	running  atomic.Bool // it serves what is due
	asleep   atomic.Bool // it waits to begin with that, for what another one does
	stop     context.CancelFunc

	gate    sync.RWMutex // held while the clock may be moved
	mu      sync.Mutex
	waiting []wait
	fetches []wait // for the request budget

	doom           atomic.Value // kind of accident, a string
	points, posts  atomic.Int64 // until the accident; at 0 it comes, below 0 there is none
	passed, posted atomic.Int64 // so far
	on             chan struct{}
	sending        sync.RWMutex // held while a request is on its way to Notehub, which counts it when it arrives
}

// Kinds of accidents.
const (
	killed = "kill"
	frozen = "freeze"
	cutOff = "cut"
)

// openClock returns the clock that a file holds.
func openClock(path string) (*atomic.Int64, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	memory, err := syscall.Mmap(int(file.Fd()), 0, 8, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return (*atomic.Int64)(unsafe.Pointer(&memory[0])), nil //nolint:gosec // it is as long and as aligned as a page
}

// live watches until there are no more orders.
func (s *sibling) live() (err error) {
	if err := json.Unmarshal([]byte(os.Getenv(siblingSettings)), &s.settings); err != nil {
		return err
	}
	if s.clock, err = openClock(s.settings.Clock); err != nil {
		return err
	}
	s.on = make(chan struct{})
	s.points.Store(-1)
	s.posts.Store(-1)
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.obey()
	log, err := os.OpenFile(s.settings.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if s.db, err = store.Open(ctx, s.settings.Database); err != nil {
		return err
	}
	if err := s.configure(log); err != nil {
		return err
	}
	if err := s.db.TakeOver(ctx, s.now()); err != nil {
		return err
	}
	if err := s.watch(ctx); err != nil {
		return err
	}
	return errors.Join(s.db.Work.Leave(context.WithoutCancel(ctx), s.config.Process, s.now()), s.db.Close())
}

// watch runs one watch after the other: the next one when other rules have become active and those of the file, read again, are these.
func (s *sibling) watch(ctx context.Context) error {
	for begin := watch.Start; ctx.Err() == nil; begin = watch.Resume {
		w, err := begin(ctx, s.config)
		if err != nil {
			return err
		}
		working, stop := context.WithCancel(ctx)
		go func() {
			defer stop()
			s.await(working, w)
		}()
		s.running.Store(true)
		w.Run(working)
		s.running.Store(false)
		stop()
	}
	return nil
}

// await returns when the active rules are those that the file has by now, and not those that w works by.
func (s *sibling) await(ctx context.Context, w *watch.Watch) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.RulesMoved():
		}
		next := s.config
		active, err := s.db.Work.ActiveRules(ctx)
		if err == nil {
			next.Bot.Rules, err = rulesIn(s.settings.Rules)
		}
		if err == nil && watch.RulesHash(next) == active {
			s.config = next
			return
		}
	}
}

// rulesIn returns the rules that a file names.
func rulesIn(file string) ([]bot.Rule, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return compileAll(weekRules(string(text))), nil
}

func (s *sibling) configure(log *os.File) (err error) {
	client, err := notehub.New(notehub.Config{BaseURL: s.settings.Hub, Token: secret.New(token), HTTP: &http.Client{Transport: s}})
	if err != nil {
		return err
	}
	s.config.Bot = weekConfig(s.db, bot.Clock{Timer: s.timer, Now: s.now})
	s.config.Bot.Machine = s.now
	s.config.Bot.Accounts = []bot.Account{{Name: "acme", Client: client, PerMinute: s.settings.PerMinute}}
	s.config.Bot.Log = slog.New(slog.NewTextHandler(log, nil))
	if s.config.Bot.Rules, err = rulesIn(s.settings.Rules); err != nil {
		return err
	}
	s.config.Sleep = s.sleep
	s.config.Process = work.Process{
		ID: fmt.Sprintf("%s-%d", s.settings.Name, os.Getpid()), Host: s.settings.Name, PID: os.Getpid(), Version: "test", File: s.settings.Rules, Started: s.now(),
	}
	s.config.Receivers, err = weekReceivers(s.settings.Doors)
	for i, r := range s.config.Receivers {
		s.config.Receivers[i].Receiver = impatient{mortalReceiver{r.Receiver, s.point}, s.post}
	}
	return err
}

// sleep waits, but not between sends: a step has no time for that.
func (s *sibling) sleep(ctx context.Context, wait time.Duration) {
	if s.running.Load() {
		return
	}
	timer := s.timer(s.now().Add(wait))
	s.asleep.Store(true)
	defer s.asleep.Store(false)
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// RoundTrip sends a request to Notehub. One that is held up here would come late for the minute that it was counted in, which no program can
// help: it is not sent.
func (s *sibling) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.doom.Load() == killed {
		s.point("request")
	}
	if !s.sending.TryRLock() {
		s.sending.RLock()   // until the accident of another goroutine is over
		s.sending.RUnlock() //nolint:staticcheck // it only waits
		return nil, errors.New("the connection was cut")
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	s.sending.RUnlock()
	s.point("answer")
	return answer, err
}

// now returns the time. It is what most points are at.
func (s *sibling) now() time.Time {
	s.gate.RLock()
	s.gate.RUnlock() //nolint:staticcheck // who has nothing to do comes to no point
	s.point("clock")
	s.gate.RLock()
	defer s.gate.RUnlock()
	return time.UnixMilli(s.clock.Load()).UTC()
}

func (s *sibling) point(string) {
	s.passed.Add(1)
	if s.points.Add(-1) == 0 {
		s.suffer()
	}
}

// post counts what was sent, before that can be recorded.
func (s *sibling) post() {
	s.posted.Add(1)
	if s.posts.Add(-1) == 0 {
		s.suffer()
	}
}

// suffer has the accident.
func (s *sibling) suffer() {
	if s.doom.Load() == killed {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	fmt.Println("here")
	<-s.on
}

// timer fires when the test moves the clock to its time.
func (s *sibling) timer(until time.Time) *time.Timer {
	s.mu.Lock()
	defer s.mu.Unlock()
	timer := time.NewTimer(time.Hour)
	w := wait{until, timer}
	switch {
	case until.UnixMilli() <= s.clock.Load():
		timer.Reset(0)
	case forNotehub():
		s.fetches = append(s.fetches, w)
	default:
		s.waiting = append(s.waiting, w)
	}
	return timer
}

// obey does what the test says, until it says no more.
func (s *sibling) obey() {
	orders := bufio.NewScanner(os.Stdin)
	paused, passed := false, int64(0)
	for orders.Scan() {
		word, rest, _ := strings.Cut(orders.Text(), " ")
		switch word {
		case "pause":
			before := passed
			if passed = s.passed.Load(); passed == before { // else it was busy just now
				paused = s.pause()
			}
			if !paused {
				fmt.Println("busy")
				continue
			}
			s.mu.Lock()
			fmt.Println("idle", earliest(s.fetches), earliest(s.waiting), s.passed.Load(), s.posted.Load())
			s.mu.Unlock()
		case "go":
			if paused {
				s.resume()
			}
			paused = false
		case "doom":
			var kind string
			var points, posts int64
			if _, err := fmt.Sscan(rest, &kind, &points, &posts); err != nil {
				panic(err)
			}
			s.doom.Store(kind)
			s.points.Store(points)
			s.posts.Store(posts)
		case "on":
			s.on <- struct{}{}
		}
	}
	if paused {
		s.resume()
	}
	s.stop()
}

// pause closes the gate if nothing is under way.
func (s *sibling) pause() bool {
	s.gate.Lock()
	paused := s.asleep.Load() || s.running.Load() && idle(2+1+3+len(s.config.Receivers))
	if !paused {
		s.gate.Unlock()
	}
	return paused
}

// resume opens the gate, and ends the waits that are over.
func (s *sibling) resume() {
	s.mu.Lock()
	now := time.UnixMilli(s.clock.Load())
	s.waiting, s.fetches = end(s.waiting, now), end(s.fetches, now)
	s.mu.Unlock()
	s.gate.Unlock()
	runtime.Gosched() // the timers fire; while they do not, the test sees that something is due
}

// end ends the waits that are over at now, and returns the others.
func end(all []wait, now time.Time) (still []wait) {
	for _, w := range all {
		if w.until.After(now) {
			still = append(still, w)
			continue
		}
		w.timer.Reset(0)
	}
	return still
}

// earliest returns the earliest end of some waits, in Unix milliseconds rounded up; 0: there is none.
func earliest(all []wait) (first int64) {
	for _, w := range all {
		until := w.until.Add(time.Millisecond - 1).UnixMilli()
		if first == 0 || until < first {
			first = until
		}
	}
	return first
}

// stacks is what idle reads, one call after the other.
var stacks = make([]byte, 1<<20)

// idle reports whether all goroutines of a watch, of which so many are loops, do nothing but wait for the clock or for each other.
func idle(loops int) bool {
	dump := stacks[:runtime.Stack(stacks, true)]
	for goroutine := range strings.SplitSeq(string(dump), "\n\n") {
		state, frames, _ := strings.Cut(goroutine, "\n")
		var inner string // of ours
		for line := range strings.Lines(frames) {
			if inner == "" && strings.HasPrefix(line, "notewatch/") {
				inner = line[:strings.LastIndex(line, "(")]
			}
		}
		if !strings.Contains(frames, "notewatch/internal/watch.") {
			continue
		}
		switch name := strings.TrimPrefix(inner, "notewatch/internal/"); {
		case name == "watch.(*Watch).Run" && !strings.Contains(state, "run"): // neither running nor runnable
		case !strings.Contains(state, "[select"):
			return false
		case name == "watch.(*Watch).loop", name == "request.Poll.wait" && strings.Contains(frames, "watch.(*Watch).loop("):
			loops--
		case name != "watch.(*Watch).watch" && name != "watch.(*Watch).beat" && name != "watch.(*Watch).watchOutages" && name != "watch.(*Watch).reportOutage":
			return false
		}
	}
	return loops == 0
}
