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
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
	"notewatch/rules"
)

// The kill test runs the bot in a process of its own and kills it, by SIGKILL, at points at which the bot touches anything
// it was given: a clock, a request, its answer, a receiver, the log. The short form takes some points of each kind, the
// long form every point, so that every arrow of the line is cut once. A second process then goes on with the same database.

// Variables that make the test binary that process.
const (
	killDatabase = "KILL_TEST_DATABASE" // path
	killHook     = "KILL_TEST_HOOK"     // URL of the receiver
	killAt       = "KILL_TEST_AT"       // number of the point to die at; 0 is not at all
	killFrom     = "KILL_TEST_FROM"     // index of the instant to begin at
	killLife     = "KILL_TEST_LIFE"     // how many processes came before
)

func TestMain(m *testing.M) {
	var err error
	switch {
	case os.Getenv(killDatabase) != "":
		err = new(victim).live()
	case os.Getenv(weekSettings) != "":
		err = new(survivor).live()
	case os.Getenv(siblingSettings) != "":
		err = new(sibling).live()
	case os.Getenv(cycleHubSize) != "":
		err = serveCycleHub(os.Getenv(cycleHubSize))
	default:
		storetest.Main(m)
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // the process under test has no testing.T
	}
}

// instants are when the victim looks at the fleet: an alert fires, nothing changes, it escalates, another fires, one is over.
var instants = []time.Time{
	monday.Add(10 * hour), monday.Add(10*hour + 15*time.Minute), monday.Add(12 * hour), monday.Add(30 * hour), monday.Add(60 * hour),
}

// restartTime is how much later on the machine clock a process begins than the one before it has died: its leases have run out.
const restartTime = work.LeaseTime + time.Second

// A victim is a bot that dies at a point.
type victim struct {
	tide
	late   time.Duration // of the machine clock
	mu     sync.Mutex
	points []string // kinds
	fatal  int
}

// point notes what kind of thing the bot touches, and dies where it has to.
func (v *victim) point(kind string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.points = append(v.points, kind)
	if len(v.points) == v.fatal {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

// live runs the bot through the instants that are left, and prints the index of each as it comes, then the kind of each
// point.
func (v *victim) live() error {
	from, life := 0, 0
	if _, err := fmt.Sscan(os.Getenv(killAt)+" "+os.Getenv(killFrom)+" "+os.Getenv(killLife), &v.fatal, &from, &life); err != nil {
		return err
	}
	v.late = time.Duration(life) * restartTime
	v.advance(instants[from])
	db, err := store.Open(context.Background(), os.Getenv(killDatabase))
	if err != nil {
		return err
	}
	if err := db.TakeOver(context.Background(), v.machine()); err != nil {
		return err
	}
	config, stop, err := v.config(db)
	if err != nil {
		return err
	}
	defer stop()
	b, err := watch.New(context.Background(), config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { b.Run(ctx) })
	for i := from; i < len(instants); i++ {
		fmt.Println(i)
		v.advance(instants[i])
		if err := v.settle(db); err != nil {
			cancel()
			running.Wait()
			return err
		}
	}
	cancel()
	running.Wait()
	fmt.Println("points", strings.Join(v.points, ","))
	return db.Close()
}

// settle waits until nothing is due at this instant.
func (v *victim) settle(db *store.Store) error {
	tick, began := time.NewTicker(10*time.Millisecond), time.Now()
	defer tick.Stop()
	for range tick.C {
		if time.Since(began) > time.Minute {
			return errors.New("something is still due after a minute")
		}
		poll, ok, err := db.Work.NextDue(context.Background(), work.Poll, project)
		if err != nil {
			return err
		}
		_, receiver, err := db.Work.NextDue(context.Background(), work.Receiver, "ops")
		if err != nil {
			return err
		}
		if ok && poll.After(v.now()) && !receiver {
			return nil
		}
	}
	return nil
}

// timer is that of the tide, but lets no time pass while another transaction has locked work that is due: alerts fire at the instants.
func (v *victim) timer(until time.Time) *time.Timer {
	if until.Equal(v.now().Add(time.Second)) {
		return time.NewTimer(time.Millisecond)
	}
	return v.tide.timer(until)
}

func (v *victim) machine() time.Time { return v.now().Add(v.late) }

func (v *victim) config(db *store.Store) (watch.Config, func(), error) {
	clock := func() time.Time {
		v.point("clock")
		return v.now()
	}
	first := []string{sensors(2)[0].UID}
	hub := notehubtest.New(notehubtest.Config{
		Now: v.now, Token: token, Seed: 1,
		Projects: []notehubtest.Project{{UID: project, Devices: sensors(2), Incidents: []notehubtest.Incident{
			{Kind: notehubtest.EventFlood, Devices: first, Start: monday.Add(9 * hour), Duration: 20 * time.Minute},
			{Kind: notehubtest.EventFlood, Devices: first, Start: monday.Add(11 * hour), Duration: 20 * time.Minute},
			{Kind: notehubtest.Silence, Devices: []string{sensors(2)[1].UID}, Start: monday.Add(15 * hour), Duration: 20 * hour},
		}}},
	})
	address, stop, err := hub.Start()
	if err != nil {
		return watch.Config{}, nil, err
	}
	client, err := notehub.New(notehub.Config{
		BaseURL: address, Token: secret.New(token), HTTP: &http.Client{Transport: mortal{v.point}},
	})
	if err != nil {
		return watch.Config{}, nil, err
	}
	hook, err := webhook.New(webhook.Config{Name: "ops", URL: secret.New(os.Getenv(killHook)), AllowPrivate: true})
	if err != nil {
		return watch.Config{}, nil, err
	}
	config := watch.Config{Receivers: []deliver.Receiver{{Name: "ops", Receiver: mortalReceiver{hook, v.point}}}}
	config.Bot = bot.Config{
		Store:    db,
		Accounts: []bot.Account{{Name: "acme", Client: client, PerMinute: 1e6}},
		Projects: []bot.Project{{UID: project, Name: "cold-chain", Account: "acme"}},
		Clock:    bot.Clock{Now: clock, Timer: v.timer},
		Machine: func() time.Time {
			v.point("clock")
			return v.machine()
		},
		Log: slog.New(slog.NewTextHandler(mortalLog{v.point}, nil)),
	}
	for _, spec := range []rules.Spec{budget("1100"), silent()} {
		rule, problems := rules.Compile(spec)
		if len(problems) > 0 {
			return watch.Config{}, nil, fmt.Errorf("compiling: %v", problems)
		}
		config.Bot.Rules = append(config.Bot.Rules, bot.Rule{Rule: rule, Notify: []string{"ops"}})
	}
	return config, stop, nil
}

// The mortal have a point before and after what they do.
type mortal struct{ point func(kind string) }

func (m mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	m.point("request of " + path.Base(r.URL.Path))
	answer, err := http.DefaultTransport.RoundTrip(r)
	m.point("answer of " + path.Base(r.URL.Path))
	return answer, err
}

type mortalReceiver struct {
	notify.Receiver
	point func(kind string)
}

func (m mortalReceiver) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	m.point("before a send")
	ref, err := m.Receiver.Send(ctx, n, ref)
	m.point("after a send")
	return ref, err
}

type mortalLog struct{ point func(kind string) }

func (m mortalLog) Write(line []byte) (int, error) {
	m.point("log")
	return len(line), nil
}

// A post is one state of an alert that the receiver was sent.
type post struct {
	ID      string
	Version int64
	State   string
	Level   string
	Reason  string
}

// An afterlife is what a run, however often it was cut, left behind.
type afterlife struct {
	posts  []post
	alerts map[string]rules.Alert
	points []string // kinds, of the last process
	cut    int      // attempts that were posted but not recorded
}

// runKilled runs a victim that dies at a point, and then one that goes on to the end.
func runKilled(t *testing.T, point int) afterlife {
	t.Helper()
	hook := notifytest.NewWebhook()
	defer hook.Close()
	database := storetest.Database(t)
	reached, points, killed := runVictim(t, database, hook.URL, 0, point, 0)
	if killed {
		_, points, killed = runVictim(t, database, hook.URL, 1, 0, reached)
		require.False(t, killed)
	}
	after := afterlife{points: points, alerts: map[string]rules.Alert{}}
	for _, request := range hook.Requests() {
		var body webhook.Body
		require.NoError(t, json.Unmarshal(request.Body, &body))
		for _, a := range body.Data.Alerts {
			after.posts = append(after.posts, post{a.ID, a.Version, a.State, a.Level, a.Reason})
		}
	}
	db, err := store.OpenReadOnly(t.Context(), database)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	alerts, err := db.Alerts(t.Context(), store.AlertFilter{Limit: 1000})
	require.NoError(t, err)
	for _, a := range alerts {
		after.alerts[a.ID] = a
	}
	attempts, err := db.Outbox.Attempts(t.Context(), "")
	require.NoError(t, err)
	for _, a := range attempts {
		if a.Status == outbox.CutOff {
			after.cut++
		}
	}
	return after
}

// runVictim runs one process, after life others, and returns the index of the instant it reached, the points it passed, and whether it died.
func runVictim(t *testing.T, database, hook string, life, at, from int) (reached int, points []string, killed bool) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), killDatabase+"="+database, killHook+"="+hook,
		fmt.Sprintf("%s=%d", killAt, at), fmt.Sprintf("%s=%d", killFrom, from), fmt.Sprintf("%s=%d", killLife, life))
	var trouble strings.Builder
	command.Stderr = &trouble
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "points "); ok {
			points = strings.Split(rest, ",")
		} else {
			_, err = fmt.Sscan(lines.Text(), &reached)
		}
		require.NoError(t, err, lines.Text())
	}
	err = command.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return reached, nil, true
	}
	require.NoError(t, err, trouble.String())
	return reached, points, false
}

func TestKillAtEveryArrow(t *testing.T) {
	control := runKilled(t, 0)
	require.NotEmpty(t, control.posts)
	require.Zero(t, control.cut)
	requireSeen(t, control.posts, "fired", "escalated", "resolved")
	require.Subset(t, control.points, []string{
		"clock", "request of devices", "answer of devices", "request of events", "answer of events", "before a send", "after a send", "log",
	})
	work := make(chan int)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for point := range work {
				name := fmt.Sprintf("point %d, %s", point, control.points[point-1])
				t.Run(name, func(t *testing.T) { requireSameStory(t, control, runKilled(t, point)) })
			}
		})
	}
	for _, point := range fatal(control.points) {
		work <- point
	}
	close(work)
	workers.Wait()
}

// fatal chooses the points to die at, counted from 1: some of each kind, from the first to the last, or all.
func fatal(kinds []string) (chosen []int) {
	of := map[string][]int{}
	for i, kind := range kinds {
		of[kind] = append(of[kind], i+1)
	}
	for _, points := range of {
		n := len(points)
		if !*long {
			n = min(n, max(3, n/80))
		}
		for i := range n {
			chosen = append(chosen, points[i*(len(points)-1)/max(1, n-1)])
		}
	}
	slices.Sort(chosen)
	return chosen
}

func requireSeen(t *testing.T, posts []post, reasons ...string) {
	t.Helper()
	seen := map[string]bool{}
	for _, p := range posts {
		seen[p.Reason] = true
	}
	for _, reason := range reasons {
		require.True(t, seen[reason], reason)
	}
}

// requireSameStory checks that a run that was cut ends as one that was not: the same alerts, the same last words, nothing
// told that was not so, and nothing told twice but what was posted and not yet recorded when the process died.
func requireSameStory(t *testing.T, control, cut afterlife) {
	t.Helper()
	require.Len(t, cut.alerts, len(control.alerts))
	for id, want := range control.alerts {
		got := cut.alerts[id]
		require.Equal(t, want.State, got.State)
		require.Equal(t, want.Level, got.Level)
		require.Equal(t, want.Version, got.Version)
		require.Equal(t, want.FiredAt, got.FiredAt)
	}
	truth := map[post]bool{}
	for _, p := range control.posts {
		truth[p] = true
	}
	last, times := map[string]int64{}, map[post]int{}
	for _, p := range cut.posts {
		require.True(t, truth[p], "%+v was never so", p)
		require.GreaterOrEqual(t, p.Version, last[p.ID], "older news after newer")
		last[p.ID] = p.Version
		times[p]++
	}
	repeated := 0
	for _, n := range times {
		repeated += n - 1
	}
	require.LessOrEqual(t, repeated, cut.cut, "told twice, though it was recorded")
	for id, a := range control.alerts {
		require.Equal(t, a.Version, last[id], "the last word on alert %s", id)
	}
}
