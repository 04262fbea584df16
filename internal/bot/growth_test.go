package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// A rule on the growth in an hour fires while a device floods and ends when it does not any more, midnight or not.
func TestGrowthInAnHour(t *testing.T) {
	spec := rules.Spec{Name: "event-flood", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Critical, Expr: "events.h1 > 200"}}}
	began := monday.Add(23*hour + 30*time.Minute)
	r := newRig(t, 2, nil, spec)
	r.befall(flood(began, hour))
	r.run(began)
	require.Empty(t, r.told("ops"), "nothing is known before an hour has passed, and then there is little")
	r.run(began.Add(45 * time.Minute))
	fired := r.last("event-flood")
	require.Equal(t, "fired", fired.Reason)
	require.Greater(t, *fired.Value, 200.0)
	r.run(began.Add(3 * hour))
	require.Equal(t, "resolved", r.last("event-flood").Reason)
	r.requireTruth("ops")
}
