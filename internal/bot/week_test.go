package bot_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
)

var (
	weekKills = flag.Int("kills", 20, "how often TestWeek kills the bot")
	weekSeed  = flag.Uint64("seed", 0, "what TestWeek does at random, to be repeated; 0 is another each time")
)

// TestWeek lets a fleet live through a week in which everything goes wrong that can: devices flood, fall silent one by one
// and all at once, and report late; Notehub fails; every receiver fails in every way; people silence, acknowledge, drill
// and delete messages. Meanwhile the process of the bot is killed again and again, by SIGKILL, half of the times just
// after something was posted and not yet recorded, and started anew. At the end every receiver shows what the database
// says, and the database says what it would had nobody been killed. The short form is the first day and a half.
func TestWeek(t *testing.T) {
	t.Parallel()
	seed, kills, steps := cmp.Or(*weekSeed, uint64(time.Now().UnixNano()%1e9)), *weekKills, weekSteps
	if !*long {
		kills, steps = min(kills, 5), stepOf(at(1, 0))
	}
	t.Logf("repeat with -seed %d -kills %d", seed, kills)
	quiet := newWeek(t, seed, storetest.Database(t), new(atomic.Int64), 0)
	quiet.live(steps, nil)
	calm := quiet.requireTruth()
	require.Zero(t, quiet.killed)
	w := newWeek(t, seed, storetest.Database(t), new(atomic.Int64), 0)
	w.live(steps, lots(rand.New(rand.NewPCG(seed, 3)), kills, quiet.activity))
	record := w.requireTruth()
	requireSameHistory(t, calm, record)
	t.Logf("%d kills, %d of them within an attempt, left %d messages behind in channels (%d without kills); %s",
		w.killed, record.cutOff(""), w.orphans, quiet.orphans, w.struck())
	require.Equal(t, kills, w.killed)
}

// A week is the world around a bot: Notehub, receivers, people, and whoever starts it again when it died.
type week struct {
	t        *testing.T
	random   *rand.Rand
	clock    *atomic.Int64 // domain, Unix milliseconds, as the bot last said
	hub      *notehubtest.Server
	settings settings

	slack, guests *notifytest.Slack
	pagerDuty     *notifytest.PagerDuty
	hooks         map[string]*notifytest.Webhook
	mail          *notifytest.SMTP
	doors         map[string]*door
	spells        map[string][]spell // by door
	clouds        []cloud
	acts          []act
	deleted       map[string]time.Time // messages of Slack, by ts

	process  *process // nil while there is none
	lots     []lot    // kills to come
	killed   int
	orphans  int        // messages in channels that belong to nothing
	freezes  []span     // in which a process stood still
	activity []activity // by step
}

// A span is a time on the clock.
type span struct{ from, to time.Time }

// activity is what the bot did in a step.
type activity struct{ points, posts int64 }

// A lot is where the bot is killed: at a point or post of a step, counted from where the process goes on.
type lot struct {
	step int
	activity
}

// survive brings a kill nearer that was not reached.
func (l *lot) survive(done activity) {
	if l.points > 0 {
		l.points = max(1, l.points-done.points)
		return
	}
	l.posts = max(1, l.posts-done.posts)
}

const hookSecret = "0123456789abcdef0123456789abcdef"

// newWeek returns a world with a database, a clock, and as many requests a minute as Notehub accepts; 0 is any number.
func newWeek(t *testing.T, seed uint64, database string, clock *atomic.Int64, perMinute int) *week {
	t.Helper()
	w := &week{
		t: t, random: rand.New(rand.NewPCG(seed, 1)), clock: clock, acts: acts(), deleted: map[string]time.Time{},
		slack: notifytest.NewSlack(), guests: notifytest.NewSlack(), pagerDuty: notifytest.NewPagerDuty(),
		hooks: map[string]*notifytest.Webhook{"hook": notifytest.NewWebhook(), "audit": notifytest.NewWebhook()},
	}
	t.Cleanup(w.slack.Close)
	t.Cleanup(w.guests.Close)
	t.Cleanup(w.pagerDuty.Close)
	w.clock.Store(weekStart.UnixMilli())
	w.hub = notehubtest.New(notehubtest.Config{
		Now: func() time.Time { return time.UnixMilli(w.clock.Load()).UTC() }, Token: token, Seed: 1, Projects: weekFleet(),
		RequestsPerMinute: perMinute,
	})
	address, stop, err := w.hub.Start()
	require.NoError(t, err)
	t.Cleanup(stop)
	w.mail, err = notifytest.NewSMTP(notifytest.SMTPOptions{TLS: "none"})
	require.NoError(t, err)
	t.Cleanup(w.mail.Close)
	w.doors = map[string]*door{
		"slack":   newDoor(t, w.slack.URL, w.slack.Fail),
		"guests":  newDoor(t, w.guests.URL, w.guests.Fail),
		"on-call": newDoor(t, w.pagerDuty.URL, w.pagerDuty.Fail),
		"mail":    newMailDoor(t, w.mail),
	}
	for name, hook := range w.hooks {
		t.Cleanup(hook.Close)
		w.doors[name] = newDoor(t, hook.URL, hook.Fail)
	}
	w.settings = settings{Database: database, Hub: address, Doors: map[string]string{}}
	w.forecast(seed)
	return w
}

// forecast says what goes wrong when.
func (w *week) forecast(seed uint64) {
	troubles := map[string][]trouble{
		"slack": slackTroubles(), "guests": guestTroubles(), "on-call": pagerDutyTroubles(), "hook": hookTroubles(),
		"audit": hookTroubles(), "mail": mailTroubles(),
	}
	random := rand.New(rand.NewPCG(seed, 2))
	w.clouds, w.spells = clouds(random), map[string][]spell{}
	for _, name := range slices.Sorted(maps.Keys(troubles)) {
		w.spells[name] = append(losses(w.clouds), spells(random, troubles[name])...)
		w.settings.Doors[name] = w.doors[name].url()
	}
}

// lots draws where to kill: half of the times anywhere, else just after a post.
func lots(random *rand.Rand, kills int, all []activity) (drawn []lot) {
	var sum activity
	for _, a := range all {
		sum.points += a.points
		sum.posts += a.posts
	}
	for i := range kills {
		var at lot
		if i%2 == 0 {
			at.points = 1 + random.Int64N(sum.points)
		} else {
			at.posts = 1 + random.Int64N(sum.posts)
		}
		for at.points > all[at.step].points || at.posts > all[at.step].posts {
			at.points = max(0, at.points-all[at.step].points)
			at.posts = max(0, at.posts-all[at.step].posts)
			at.step++
		}
		drawn = append(drawn, at)
	}
	slices.SortFunc(drawn, func(a, b lot) int { return cmp.Compare(a.step, b.step) })
	return drawn
}

// live lets the week pass, or its first steps, with kills, and then some hours in which all is well again.
func (w *week) live(steps int, kills []lot) {
	w.t.Helper()
	w.lots = kills
	for step := range steps {
		w.weather(step)
		w.people(step)
		w.step(step)
	}
	w.hub.ClearFaults()
	for _, d := range w.doors {
		d.suffer(nil)
	}
	w.stop() // as an operator does who has mended the settings
	for i := range w.lots {
		w.lots[i].activity = activity{points: 1} // the post that it should have followed did not come any more
	}
	for step := steps; step < steps+healSteps; step++ {
		w.step(step)
	}
	w.stop()
}

// instantOf is when a step begins, stepOf the step at an instant.
func instantOf(step int) time.Time { return weekStart.Add(time.Duration(step) * stepTime) }
func stepOf(at time.Time) int      { return int(at.Sub(weekStart) / stepTime) }

// weather lets begin and end what goes wrong.
func (w *week) weather(step int) {
	for name, d := range w.doors {
		d.suffer(during(w.spells[name], step))
	}
	w.hub.ClearFaults()
	for _, c := range w.clouds {
		if c.from <= step && step < c.to {
			w.hub.Fail(c.fault)
		}
	}
}

// people do what they do by hand.
func (w *week) people(step int) {
	if step%37 == 36 && step < weekSteps*3/4 {
		w.deleteOne(step)
	}
	for len(w.acts) > 0 && !w.acts[0].at.After(instantOf(step)) {
		db, err := store.Open(w.t.Context(), w.settings.Database)
		require.NoError(w.t, err)
		w.acts[0].do(w.t, db, instantOf(step))
		require.NoError(w.t, db.Close())
		w.acts = w.acts[1:]
	}
}

// deleteOne deletes a message of Slack that says that something fires.
func (w *week) deleteOne(step int) {
	red := slices.DeleteFunc(w.slack.Messages("C-team"), func(m notifytest.Message) bool { return strings.Contains(m.Text, "RESOLVED") })
	if len(red) > 0 {
		m := red[w.random.IntN(len(red))]
		w.slack.Delete(m.Channel, m.TS)
		w.deleted[m.TS] = time.UnixMilli(max(w.clock.Load(), instantOf(step).UnixMilli())) // polls that wait may be ahead of the step
	}
}

// step lets the bot do what is due at a step. If it dies, another one goes on.
func (w *week) step(step int) {
	w.t.Helper()
	w.clock.Store(max(w.clock.Load(), instantOf(step).UnixMilli()))
	var done activity
	for settled := false; !settled; {
		if w.process == nil {
			w.process = w.start()
			w.clock.Add(time.Second.Milliseconds()) // which that takes
		}
		next := order{Now: w.clock.Load()}
		doomed := len(w.lots) > 0 && w.lots[0].step <= step
		if doomed {
			next.Point, next.Post = w.lots[0].points, w.lots[0].posts
		}
		done, settled = w.process.obey(next, w.clock)
		switch {
		case !settled:
			w.process.requireKilled(w.t)
			w.process, w.lots = nil, w.lots[1:]
			w.killed++
		case doomed:
			w.lots[0].survive(done)
		}
	}
	w.activity = append(w.activity, done)
}

// stop ends the bot as an operator does.
func (w *week) stop() {
	require.NoError(w.t, w.process.orders.Close())
	require.NoError(w.t, w.process.command.Wait(), w.process.trouble.String())
	w.process = nil
}

// struck counts by door what was let in and struck by trouble.
func (w *week) struck() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(w.doors)) {
		kinds, times := len(w.doors[name].struck), 0
		for _, n := range w.doors[name].struck {
			times += n
		}
		all = append(all, fmt.Sprintf("%s failed %d times in %d ways", name, times, kinds))
	}
	return strings.Join(all, ", ")
}

// A process is one life of the bot.
type process struct {
	command *exec.Cmd
	orders  io.WriteCloser
	says    *bufio.Scanner
	trouble strings.Builder
}

func (w *week) start() *process {
	p := w.exec(weekSettings, w.settings)
	w.settings.Life++
	return p
}

// exec starts the test binary as another program: the one that a variable with settings makes it.
func (w *week) exec(variable string, given settings) *process {
	text, err := json.Marshal(given)
	require.NoError(w.t, err)
	p := &process{command: exec.CommandContext(w.t.Context(), os.Args[0])}
	p.command.Env = append(os.Environ(), variable+"="+string(text))
	p.command.Stderr = &p.trouble
	p.orders, err = p.command.StdinPipe()
	require.NoError(w.t, err)
	output, err := p.command.StdoutPipe()
	require.NoError(w.t, err)
	p.says = bufio.NewScanner(output)
	require.NoError(w.t, p.command.Start())
	return p
}

// obey has the bot go on until it has nothing left to do, and keeps clock by its own. settled is false if it died.
func (p *process) obey(o order, clock *atomic.Int64) (done activity, settled bool) {
	if err := json.NewEncoder(p.orders).Encode(o); err != nil {
		return done, false
	}
	for p.says.Scan() {
		var now int64
		if _, err := fmt.Sscanf(p.says.Text(), "now %d", &now); err == nil {
			clock.Store(now)
		} else if _, err := fmt.Sscanf(p.says.Text(), "settled %d %d", &done.points, &done.posts); err == nil {
			return done, true
		}
	}
	return done, false
}

func (p *process) requireKilled(t *testing.T) {
	t.Helper()
	err := p.command.Wait()
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "%v: %s", err, p.trouble.String())
	require.Equal(t, syscall.SIGKILL, exit.Sys().(syscall.WaitStatus).Signal(), p.trouble.String())
}
