package metric

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// Each member of a metric is computed, and stored in the field of its name.
func TestMembers(t *testing.T) {
	fields := reflect.VisibleFields(reflect.TypeFor[rules.Metric]())
	require.Len(t, members, len(fields))
	for i, member := range members {
		name := fields[i].Tag.Get("expr")
		require.Equal(t, rules.MembersOf(name), member.is, name)
		if fields[i].Type.Kind() != reflect.Float64 {
			require.Nil(t, member.compute, name)
			continue
		}
		require.NotNil(t, member.compute, name)
		var m rules.Metric
		*member.in(&m) = 1
		require.InDelta(t, 1, reflect.ValueOf(m).Field(i).Float(), 0, name)
	}
}
