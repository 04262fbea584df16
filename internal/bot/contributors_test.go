package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// An alert about the project names the devices behind its value, in text and as data, and keeps them until something happens again.
func TestContributors(t *testing.T) {
	total := rules.Spec{Name: "all-events", Each: rules.EachProject, Limit: "500", When: []rules.Condition{{Level: rules.Warning, Expr: "events.today > limit"}}}
	r := newRig(t, 8, []notehubtest.Incident{flood(monday.Add(9*hour), hour)}, total)
	r.run(monday.Add(9*hour + 30*time.Minute))
	fired := r.taken("ops")[0]
	flooding := sensors(1)[0].Name
	require.Regexp(t, "^most from "+flooding+` [\d,]+ \(\d\d %, usually 24\), .*`, fired.Detail[0])
	require.Regexp(t, `^[3-7] others \d+ %$`, fired.Detail[1])
	require.Regexp(t, "^"+flooding+` alone makes [\d,]+ of [\d,]+ above usual$`, fired.Detail[2])
	c := fired.Contributors
	require.Equal(t, "events.today", c.Figure)
	require.Len(t, c.Most, 5)
	require.Equal(t, sensors(1)[0].UID, c.Most[0].UID)
	require.Zero(t, c.Unknown)
	share := c.OthersShare
	for _, one := range c.Most {
		share += one.Share
	}
	require.InDelta(t, 100, share, 1e-9)

	r.run(monday.Add(12 * hour))
	require.Equal(t, c.Figure, r.delivery("ops", "all-events").Alert.Texts.Contributors.Figure)
}

// An alert about one device has none.
func TestNoContributorsOfADevice(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(9*hour), hour)}, events("500"))
	r.run(monday.Add(10 * hour))
	require.Nil(t, r.taken("ops")[0].Contributors)
}
