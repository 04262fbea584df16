package rules

import (
	"math"
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

// The tags of the members of a metric name what exists.
func TestTagsOfMembers(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Metric]()) {
		if kind, ok := field.Tag.Lookup("kind"); ok {
			require.Contains(t, kindNames, kind)
		}
		if grows, ok := field.Tag.Lookup("grows"); ok {
			require.NotNil(t, vocabulary.Leaf("bytes."+grows))
		}
	}
	require.Equal(t, Members(1<<len(memberNames)-1), MembersOf(memberNames...))
	require.True(t, slices.IsSorted([]Kind{Live, DayRule, ForecastRule, PeriodRule}))
}

// A member is read by its name; a list is not a number.
func TestValueOfMember(t *testing.T) {
	m := UnknownMetric()
	m.Today, m.H6, m.Series = 3, 8, []float64{1, 2}
	for member, want := range map[string]float64{"today": 3, "h6": 8, "used": math.NaN(), "series": math.NaN(), "nothing": math.NaN()} {
		require.InDelta(t, want, m.Value(member), 0, member)
	}
}
