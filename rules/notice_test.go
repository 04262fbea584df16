package rules_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

func TestRaiseAndClear(t *testing.T) {
	broken := rules.Texts{Summary: "the rules file is broken", Body: "line 3"}
	a, event := key.Inactive().Raise(rules.Warning, broken, monday)
	require.Equal(t, rules.Fired, event)
	require.Equal(t, rules.Firing, a.State)
	require.Equal(t, rules.Warning, a.Level)
	require.Equal(t, broken, a.Texts)
	require.Equal(t, int64(1), a.Version)
	require.NotEmpty(t, a.ID)
	require.True(t, math.IsNaN(a.Value), "it has no figure")

	for _, level := range []rules.Level{rules.Info, rules.Warning} {
		same, event := a.Raise(level, broken, monday.Add(hour))
		require.Equal(t, rules.None, event, "%s is known", level)
		require.Equal(t, a.Version, same.Version)
		require.Equal(t, rules.Warning, same.Level)
	}
	worse := broken
	worse.Body = "line 3, line 4"
	updated, event := a.Raise(rules.Warning, worse, monday.Add(hour))
	require.Equal(t, rules.Updated, event)
	require.Equal(t, worse, updated.Texts)
	require.Equal(t, a.NotifiedAt, updated.NotifiedAt)

	taken, _ := updated.Acknowledged("amy", monday.Add(hour))
	escalated, event := taken.Raise(rules.Critical, broken, monday.Add(2*hour))
	require.Equal(t, rules.Escalated, event)
	require.Equal(t, rules.Critical, escalated.Worst)
	require.Equal(t, broken, escalated.Texts)
	require.Equal(t, rules.Ack{}, escalated.Ack)

	over, event := escalated.Resolve(monday.Add(3 * hour))
	require.Equal(t, rules.EventResolved, event)
	require.Equal(t, rules.Resolved, over.State)
	require.Equal(t, monday.Add(3*hour), over.EndedAt)
	require.Equal(t, a.ID, over.ID)
	_, event = key.Inactive().Resolve(monday)
	require.Equal(t, rules.None, event, "nothing was wrong")

	again, event := over.Key().Inactive().Raise(rules.Warning, broken, monday.Add(4*hour))
	require.Equal(t, rules.Fired, event)
	require.NotEqual(t, a.ID, again.ID, "another episode")
}

func TestReport(t *testing.T) {
	told := rules.Texts{Summary: "last week", Body: "used 12 MB"}
	a := key.Report(told, monday)
	require.Equal(t, rules.Resolved, a.State, "it is over as soon as it is made")
	require.Equal(t, rules.Reported, a.Reason)
	require.Equal(t, rules.Info, a.Level)
	require.Equal(t, int64(1), a.Version)
	require.Equal(t, told, a.Texts)
	require.Equal(t, monday, a.EndedAt)
	require.False(t, a.Open())
	require.Equal(t, a.ID, key.Report(told, monday).ID)
	require.Equal(t, a.ID, key.Report(told, monday.Add(7*day)).ID, "two processes may make it")
	other := key
	other.Subject = "other"
	require.NotEqual(t, a.ID, other.Report(told, monday).ID)
}

func TestDrill(t *testing.T) {
	told := rules.Texts{Figure: "bytes.used", Unit: "B", Summary: "a test"}
	a := key.Drill(rule(rules.Live, nil), told, monday)
	require.True(t, a.Drill)
	require.Equal(t, rules.Firing, a.State)
	require.Equal(t, rules.Fired, a.Reason)
	require.Equal(t, rules.Critical, a.Level, "the route may depend on the level")
	require.Equal(t, rules.Critical, a.Worst)
	require.InDelta(t, 44, a.Value, 1e-9)
	require.InDelta(t, 40, a.Limit, 0)
	require.Equal(t, told, a.Texts)

	alert, _ := fired(t, nil)
	require.NotEqual(t, alert.ID, a.ID, "a drill never takes the place of an alert that fires at the same time")

	bare := key.Drill(rule(rules.Live, func(r *rules.Rule) { r.Limit, r.Lowest, r.Highest = math.NaN(), 0, 0 }), told, monday)
	require.True(t, math.IsNaN(bare.Value), "there is no limit to be beyond")
	require.True(t, math.IsNaN(bare.Peak))
	require.Equal(t, rules.Warning, bare.Level)

	over, event := a.Resolve(monday.Add(hour))
	require.Equal(t, rules.EventResolved, event)
	require.True(t, over.Drill)
}

func TestParseFigure(t *testing.T) {
	for _, f := range append(rules.PlainFigures(), rules.Notefile("data.qo"), rules.Notefile("a\"]\x00\xff.qo"), rules.Transport("")) {
		parsed, ok := rules.ParseFigure(string(f))
		require.True(t, ok)
		require.Equal(t, f, parsed)
	}
	for _, word := range []string{"", "Bytes", "bytes.used", "notefiles", "transport", " bytes", `notefiles[a]`, `notefiles["a"] `, "notefiles[`a`]", `notefiles["a"]["b"]`, `bytes["a"]`} {
		_, ok := rules.ParseFigure(word)
		require.False(t, ok, "%q", word)
	}
}
