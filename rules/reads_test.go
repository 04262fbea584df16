package rules

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What is told apart by name has these names in Env.
func TestMetricsAreRead(t *testing.T) {
	for name := range metrics {
		for _, member := range append([]string{"median", "series"}, growingMembers...) {
			require.NotNil(t, vocabulary.Leaf(name+"."+member), name+"."+member)
		}
	}
}
