package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/watch"
	"notewatch/notehub/notehubtest"
)

// watchAll watches all projects of the account, as a reload does after each change. It counts the reloads.
func (r *rig) watchAll(until time.Time) (reloads int) {
	r.t.Helper()
	for r.now.Before(until) {
		next, err := r.watch.Turn(r.t.Context())
		require.NoError(r.t, err)
		select {
		case <-r.watch.ProjectsChanged():
			reloads++
			r.reload()
			continue
		default:
		}
		if next.IsZero() || next.After(until) {
			next = until
		}
		r.timer(next)
	}
	return reloads
}

// reload makes a watch with the projects that are listed now.
func (r *rig) reload() {
	r.t.Helper()
	listed, err := r.store.ListedProjects(r.t.Context(), "acme")
	require.NoError(r.t, err)
	r.config.Bot.Projects = nil
	for _, p := range listed {
		r.config.Bot.Projects = append(r.config.Bot.Projects, bot.Project{UID: p.UID, Name: p.Name, Account: "acme"})
	}
	r.watch, err = watch.New(r.t.Context(), r.config)
	require.NoError(r.t, err)
	r.bot = r.watch.Bot
}

// newAllRig is a rig whose account has two projects, of which none is known.
func newAllRig(t *testing.T, incidents ...notehubtest.Incident) (r *rig, first, second notehubtest.Project) {
	t.Helper()
	r = newRig(t, 2, incidents, silent())
	first, second = r.project, notehubtest.Project{UID: "app:second", Name: "second", Devices: sensors(1)}
	r.serve(first, second)
	r.config.Bot.Projects, r.config.Bot.Accounts[0].All = nil, true
	return r.hourly(), first, second
}

func TestAllProjectsOfAnAccountAreWatched(t *testing.T) {
	r, first, second := newAllRig(t)
	require.Equal(t, 1, r.watchAll(monday.Add(3*hour+time.Minute)), "only the first list changed anything")
	require.Equal(t, 4, r.asked(notehubtest.Projects), "at the start, and once an hour")
	for _, uid := range []string{first.UID, second.UID} {
		state, err := r.store.Project(t.Context(), uid)
		require.NoError(t, err)
		require.False(t, state.PolledAt.IsZero(), uid)
	}

	third := notehubtest.Project{UID: "app:third", Name: "third", Devices: sensors(1)}
	r.serve(first, second, third)
	r.reload()
	r.watchAll(monday.Add(5 * hour))
	state, err := r.store.Project(t.Context(), third.UID)
	require.NoError(t, err)
	require.False(t, state.PolledAt.IsZero(), "a new project joins within the hour")
}

// A project that two lists in a row lack is gone: its alerts are withdrawn, and it is no longer polled.
func TestAProjectThatVanishesIsWithdrawn(t *testing.T) {
	r, first, second := newAllRig(t, silence(monday.Add(hour), 5*day))
	r.watchAll(monday.Add(10 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))

	vanished := r.now
	r.serve(second)
	r.reload()
	r.watchAll(vanished.Add(5 * time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("ops"), "one list may be wrong")
	listed, err := r.store.ListedProjects(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, []store.ListedProject{{UID: first.UID, Name: first.Name, Missing: true}, {UID: second.UID, Name: second.Name}}, listed)

	r.watchAll(vanished.Add(15 * time.Minute))
	require.Equal(t, []string{"fired", "withdrawn"}, r.reasons("ops"))
	require.Equal(t, "project is no longer listed in Notehub, nor in the rules file", r.taken("ops")[1].Why)
	polls := len(r.hub.Requests())
	r.watchAll(r.now.Add(2 * hour))
	for _, request := range r.hub.Requests()[polls:] {
		require.NotEqual(t, first.UID, request.Project)
	}
}

// While the list cannot be read, the projects of the last one are watched.
func TestAListThatFailsChangesNothing(t *testing.T) {
	r, first, second := newAllRig(t)
	r.watchAll(monday.Add(2 * hour))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError, Endpoint: notehubtest.Projects})
	require.Zero(t, r.watchAll(monday.Add(6*hour)))
	listed, err := r.store.ListedProjects(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, []store.ListedProject{{UID: first.UID, Name: first.Name}, {UID: second.UID, Name: second.Name}}, listed)
}

// While no project of an account is known, no poll can show that its token is refused: the list of its projects does, once, also over
// restarts.
func TestAnAccountWhoseProjectsWereNeverListedFails(t *testing.T) {
	r, _, _ := newAllRig(t)
	r.config.Bot.DefaultReceivers = []string{"ops"}
	r.reload()
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Unauthorized})
	r.watchAll(monday.Add(time.Hour))
	r.reload()
	r.watchAll(monday.Add(2 * time.Hour))
	require.Equal(t, []told{{"fired", "firing", "critical", "account-failing", "acme"}}, r.told("ops"))
	fired := r.taken("ops")[0]
	require.Equal(t, "Notehub refuses the token of account acme (401)", fired.Summary)
	require.Contains(t, fired.Advice, "make a new token")
	require.Equal(t, "its projects are not known yet, so no rule is evaluated for them", fired.Body)
	require.Less(t, fired.FiredAt.Sub(monday), 5*time.Minute)

	r.hub.ClearFaults()
	r.watchAll(monday.Add(3 * time.Hour))
	require.Equal(t, []string{"fired", "resolved"}, r.reasonsOf("ops", "account-failing"))
}

func TestAListOfProjectsThatFailsOnceNotifiesNobody(t *testing.T) {
	r, _, _ := newAllRig(t)
	r.config.Bot.DefaultReceivers = []string{"ops"}
	r.reload()
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Unauthorized, Times: 1})
	r.watchAll(monday.Add(time.Hour))
	require.Empty(t, r.reasonsOf("ops", "account-failing"))
	require.NotEmpty(t, r.config.Bot.Projects)
}
