package rules

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is treated by its name has that name in Env.
func TestMetricsAreRead(t *testing.T) {
	var env Env
	metrics := 0
	for i, figure := range append(PlainFigures(), Notefile("a.qo"), Notefile(`"]."`), Transport("wifi")) {
		today := vocabulary.Leaf(string(figure) + ".today")
		m := env.Metric(figure)
		m.Today = float64(1 + i)
		require.InDelta(t, m.Today, NewView(&env).Number(today), 0)
		require.Equal(t, figure.Unit(), today.Unit)
		if i < len(PlainFigures()) {
			metrics++
		}
	}
	require.Nil(t, env.Metric("nothing"))
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Env]()) {
		if field.Type == reflect.TypeFor[Metric]() {
			metrics--
		}
	}
	require.Zero(t, metrics, "each metric of Env is named after a figure")
}

// Each member of a metric is computed, and its tags name what exists.
func TestMembersAreComputed(t *testing.T) {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Metric]()) {
		names = append(names, field.Tag.Get("expr"))
		if kind, ok := field.Tag.Lookup("kind"); ok {
			require.Contains(t, kindNames, kind)
		}
		if grows, ok := field.Tag.Lookup("grows"); ok {
			require.NotNil(t, vocabulary.Leaf("bytes."+grows))
		}
	}
	for i, member := range metricMembers {
		require.Equal(t, names[i], member.name)
		if i == seriesMember {
			continue
		}
		var m Metric
		*member.in(&m) = 1
		require.InDelta(t, 1, reflect.ValueOf(m).Field(i).Float(), 0, member.name)
	}
	require.Len(t, metricMembers, len(names))
	require.Equal(t, Members(1<<len(names)-1), MembersOf(names...))
	require.True(t, slices.IsSorted([]Kind{Live, DayRule, ForecastRule, PeriodRule}))
}
