package rules

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is treated by its name has that name in Env.
func TestMetricsAreRead(t *testing.T) {
	var env Env
	metrics := 0
	for figure := range FigureCount {
		m := env.Metric(figure)
		if m == nil {
			require.Nil(t, vocabulary.Leaf(figure.String()+".today"))
			continue
		}
		metrics++
		m.Today = float64(1 + figure)
		require.InDelta(t, m.Today, NewView(&env).Number(vocabulary.Leaf(figure.String()+".today")), 0)
		for _, member := range append([]string{"median", "series", "days"}, growingMembers...) {
			require.NotNil(t, vocabulary.Leaf(figure.String()+"."+member), member)
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Env]()) {
		if field.Type == reflect.TypeFor[Metric]() {
			metrics--
		}
	}
	require.Zero(t, metrics, "each metric of Env is named after a figure")
}
