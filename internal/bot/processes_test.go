package bot_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// A peer is one of several processes that work on the database of a rig: it has a connection and memory of its own.
type peer struct {
	*watch.Watch
	rig    *rig
	config watch.Config
}

// peer makes another process on the database, with the settings of the rig as they are now.
func (r *rig) peer(begin func(context.Context, watch.Config) (*watch.Watch, error)) *peer {
	r.t.Helper()
	p := &peer{rig: r, config: r.config}
	opened, err := store.Open(r.t.Context(), r.database)
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = opened.Close() })
	p.config.Bot.Store = opened
	p.begin(begin)
	return p
}

// begin has the process go on with its settings.
func (p *peer) begin(begin func(context.Context, watch.Config) (*watch.Watch, error)) {
	p.rig.t.Helper()
	var err error
	p.Watch, err = begin(p.rig.t.Context(), p.config)
	require.NoError(p.rig.t, err)
}

// alternate lets processes take turns until an instant, each time in another order.
func (r *rig) alternate(until time.Time, all ...*peer) {
	r.t.Helper()
	for turn := 0; !r.now.After(until); turn++ {
		next := until.Add(time.Hour)
		for i := range all {
			due, err := all[(turn+i)%len(all)].Turn(r.t.Context())
			require.NoError(r.t, err)
			if due.After(r.now) {
				next = work.Earlier(next, due)
			}
		}
		r.timer(next)
	}
}

// history is what has happened to the alerts of a rule, the oldest first.
func (r *rig) history(rule string) (events []string) {
	r.t.Helper()
	all, _, err := r.store.Happenings(r.t.Context(), store.AlertFilter{Match: muting.Match{Rule: rule}}, monday.AddDate(-1, 0, 0))
	require.NoError(r.t, err)
	for _, h := range slices.Backward(all) {
		events = append(events, string(h.Reason))
	}
	return events
}

// Processes with different rules files do not evaluate in turn by one and the other: those that were started last are active.
func TestProcessesWithOtherRulesStandBy(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, silent())
	first := r.peer(watch.New)
	r.alternate(monday.Add(12*hour), first)
	require.Equal(t, []string{"fired"}, r.history("silent-device"))

	spec := silent()
	spec.When[0].Expr = "device.silent_hours > 100"
	r.rules(spec)
	second := r.peer(watch.New)
	r.alternate(monday.Add(day), first, second)
	require.Equal(t, []string{"fired", "withdrawn"}, r.history("silent-device"))
	polls := len(r.hub.Requests())
	r.alternate(r.now.Add(4*hour), first)
	require.Len(t, r.hub.Requests(), polls, "its rules are not the active ones")
	due, err := first.Turn(t.Context())
	require.NoError(t, err)
	require.Zero(t, due, "what is due is not its work")
	require.True(t, first.StandsBy())

	resumed := r.peer(func(ctx context.Context, _ watch.Config) (*watch.Watch, error) {
		return watch.Resume(ctx, first.config)
	})
	require.True(t, resumed.StandsBy(), "reading the file again changes nothing for the others")
	require.False(t, second.StandsBy())

	first.config.Bot.Rules = second.config.Bot.Rules // its file is now the same
	first.begin(watch.Resume)
	require.False(t, first.StandsBy())
	r.alternate(r.now.Add(day), first)
	require.Greater(t, len(r.hub.Requests()), polls, "it goes on with the active rules")
	r.alternate(monday.Add(6*day), first, second)
	require.Equal(t, []string{"fired", "withdrawn", "fired", "resolved"}, r.history("silent-device"))
	require.Equal(t, []string{"fired", "withdrawn", "fired", "resolved"}, r.reasons("ops"))
	r.requireTruth("ops")
}

// A process that runs learns from the store that other rules are active, and that its own are again.
func TestARunningProcessStandsByAndGoesOn(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	r.run(monday.Add(hour))
	r.stand()
	first := r.watch
	r.rules(silent(), budget("100000"))
	second := r.peer(watch.New)
	<-first.RulesMoved()
	require.True(t, first.StandsBy())
	second.config.Bot.Rules = r.config.Bot.Rules[:1]
	second.begin(watch.New)
	soon(t, func() bool { return !first.StandsBy() }, "its rules are active again")
}

// A supervisor that starts a process again does not bring back rules that others have replaced. A person who changes the file does, and so
// does a start when nobody works by the active rules.
func TestAStartWithReplacedRules(t *testing.T) {
	r := newRig(t, 1, nil, silent())
	listed := func(id, host string, rule rules.Spec) watch.Config {
		r.rules(rule)
		config := r.config
		config.Process = work.Process{ID: id, Host: host, File: "rules.yaml", Started: r.machine}
		r.machine = r.machine.Add(time.Second)
		return config
	}
	begin := func(config watch.Config) *peer {
		return r.peer(func(ctx context.Context, c watch.Config) (*watch.Watch, error) {
			config.Bot.Store = c.Bot.Store
			return watch.Start(ctx, config)
		})
	}
	before, after := silent(), silent()
	after.When[0].Expr = "device.silent_hours > 100"
	require.False(t, begin(listed("a1", "a", before)).StandsBy())
	require.False(t, begin(listed("b1", "b", after)).StandsBy(), "the last that is started wins")
	require.True(t, begin(listed("a2", "a", before)).StandsBy(), "its file has not changed")
	require.False(t, begin(listed("b2", "b", after)).StandsBy())
	require.True(t, begin(listed("a3", "a", before)).StandsBy())

	r.machine = r.machine.Add(work.LeaseTime)
	require.False(t, begin(listed("a4", "a", before)).StandsBy(), "nobody works by the active rules")
	require.True(t, begin(listed("b3", "b", after)).StandsBy())
	require.False(t, begin(listed("a5", "a", after)).StandsBy(), "its file has changed")
	require.False(t, begin(listed("b4", "b", before)).StandsBy())
}

// What a process that died was doing is done by another one once its lease has run out: its poll, its round for a receiver, and the rules
// that it was applying.
func TestAProcessTakesOverFromOneThatDied(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, silent())
	r.run(monday.Add(7 * hour))
	other := r.peer(watch.Resume)
	r.now = monday.Add(9 * hour)
	ctx := t.Context()
	dead := func(kind work.Kind, key string) {
		t.Helper()
		require.NoError(t, r.store.Work.MakeDue(ctx, kind, key, r.now))
		_, ok, err := r.store.Work.Claim(ctx, kind, key, r.now, r.machine)
		require.NoError(t, err)
		require.True(t, ok)
	}
	dead(work.Poll, project)
	dead(work.Receiver, "ops")
	dead(work.Rules, "")
	turn := func() {
		t.Helper()
		_, err := other.Turn(ctx)
		require.NoError(t, err)
	}
	polls := len(r.hub.Requests())
	r.machine = r.machine.Add(work.LeaseTime - 1)
	turn()
	require.Len(t, r.hub.Requests(), polls, "the process may live")
	require.Empty(t, r.reasons("ops"))

	r.machine = r.machine.Add(1)
	turn()
	require.Greater(t, len(r.hub.Requests()), polls)
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	r.peer(watch.Resume)
	_, due, err := r.store.Work.NextDue(ctx, work.Rules, "")
	require.NoError(t, err)
	require.False(t, due)
	r.requireTruth("ops")
}

// What notewatch reports is sent once, whichever process finds that it is time.
func TestReportsAreMadeOnce(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	r.config.Bot.DefaultReceivers = []string{"ops"}
	first, second, third := r.peer(watch.New), r.peer(watch.Resume), r.peer(watch.Resume)
	var all sync.WaitGroup
	for i, p := range []*peer{first, second, third} {
		all.Go(func() {
			told := rules.Texts{Subject: "notewatch", Summary: "notewatch is watching, says " + string(rune('a'+i))}
			assert.NoError(t, p.Bot.Report(context.WithoutCancel(t.Context()), rules.Key{Rule: "usage", Subject: "week 1"}, []string{"ops"}, told))
		})
	}
	all.Wait()
	r.alternate(monday.Add(hour), first, second, third)
	require.Equal(t, []string{"reported"}, r.history("usage"))
	require.Equal(t, []string{"reported"}, r.history("watching"))
	require.Len(t, r.told("ops"), 2)
	r.requireTruth("ops")
}

// A process in which another one has evaluated the rules about polling for long has not slept: it does not put them off.
func TestAProcessIsAwakeWhileOthersWork(t *testing.T) {
	r := newRig(t, 2, nil, events("500"), blind())
	other := r.peer(watch.Resume)
	r.run(monday.Add(12*hour + time.Minute))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError})
	lease, ok, err := r.store.Work.Claim(t.Context(), work.Poll, project, r.now.Add(day), r.machine) // a poll that hangs
	require.NoError(t, err)
	require.True(t, ok)
	require.NotEmpty(t, lease.Token)
	for range 4 * 60 {
		other.Bot.NoteAwake()
		r.now = r.now.Add(time.Minute)
	}
	_, err = other.Serve(t.Context(), work.PollRules, project)
	require.NoError(t, err)
	require.Equal(t, []string{"fired"}, r.history("watcher-blind"))
}

// How many devices projects list decides about the interval between polls. It is the same in all processes, whichever reads the lists.
func TestProcessesAgreeOnTheInterval(t *testing.T) {
	r := newRig(t, 2, nil, events("500"))
	r.config.Bot.Projects = append(r.config.Bot.Projects, bot.Project{UID: "app:other", Name: "other", Account: "acme"})
	r.config.Bot.Accounts[0].PerMinute = 0.15
	p := r.peer(watch.New)
	account := r.config.Bot.Accounts[0]
	before := p.Bot.Schedule().Interval(account.Name)
	list := make([]usage.Device, 20_000)
	for i := range list {
		list[i] = usage.Device{UID: fmt.Sprintf("dev:%05d", i)}
	}
	storetest.SaveDevices(t, r.store, "app:other", list, r.now)
	for range 2 {
		_, err := p.Serve(t.Context(), work.Poll, project)
		require.NoError(t, err)
		r.timer(r.now.Add(hour))
	}
	require.Greater(t, p.Bot.Schedule().Interval(account.Name), before)
}
