package fetch_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/rules"
)

// A poll keeps what today is so far, of figures of which rules read the growth, and for nine hours.
func TestPollsAreKept(t *testing.T) {
	hub := newScript("a", "b")
	r := newRig(t, hub, rules.Sessions)
	r.config.Wants[rules.Events] = rules.MembersOf("h1")
	r.restart()
	var polls []time.Time
	for i := range 11 {
		hub.answers["events"] = `{"data":[` + eventsRow("a", 0, total(i)) + `]}`
		polls = append(polls, r.now)
		r.poll()
		r.now = r.now.Add(hour)
	}
	require.Equal(t, polls[1:], r.kept(rules.Events), "of the last poll and of nine hours before")
	require.Empty(t, r.kept(rules.Sessions), "of which no rule reads the growth")
	require.Empty(t, r.kept(rules.EventsTotal))
	for i, poll := range polls[1:] {
		n := int64(i + 1)
		column, err := r.db.Usage.KeptColumn(t.Context(), project, 0, rules.Events, poll)
		require.NoError(t, err)
		require.Equal(t, []history.Cell{value(n), value(n), value(0)}, column)
	}

	r.now = polls[5].Add(time.Minute) // the clock was ahead
	r.poll()
	require.Equal(t, append(polls[1:6:6], r.now), r.kept(rules.Events))
}

// A poll that learns nothing new of today keeps nothing of it.
func TestStalePollsAreNotKept(t *testing.T) {
	hub := newScript("a")
	r := newRig(t, hub)
	r.config.Wants[rules.Events] = rules.MembersOf("h6")
	r.restart()
	first := r.now
	r.poll()
	hub.status["events?"] = http.StatusGatewayTimeout // all but the summary tables take too long
	r.now = r.now.Add(hour)
	r.poll()
	require.Equal(t, []time.Time{first}, r.kept(rules.Events))
	delete(hub.status, "events?")
	r.now = r.now.Add(hour)
	r.poll()
	require.Equal(t, []time.Time{first, r.now}, r.kept(rules.Events))
}

// kept returns the polls that kept a figure.
func (r *rig) kept(figure rules.Figure) []time.Time {
	r.t.Helper()
	polls, err := r.db.Usage.KeptPolls(r.t.Context(), project, figure)
	require.NoError(r.t, err)
	return polls
}
