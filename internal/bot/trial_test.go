package bot_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// crowded is a rule whose lists grow too long for a device that belongs to hundreds of fleets.
func crowded() rules.Spec {
	return rules.Spec{Name: "crowded", Each: rules.EachDevice, When: []rules.Condition{
		{Level: rules.Warning, Expr: "len(map(device.fleet_uids, len(map(device.fleet_uids, #)))) > 1000"},
	}}
}

// crowdedRig has three devices, for two of which crowded cannot be judged, and what it logs.
func crowdedRig(t *testing.T) (*rig, *strings.Builder) {
	t.Helper()
	r := newRig(t, 3, nil, crowded(), silent())
	for i := range r.project.Devices[1:] {
		for n := range 400 {
			d := &r.project.Devices[1+i]
			d.Fleets = append(d.Fleets, fmt.Sprintf("fleet:%03d", n))
		}
	}
	r.serve()
	r.receiver("second", rules.Inactive)
	r.config.Bot.DefaultReceivers = []string{"second"}
	var log strings.Builder
	r.config.Bot.Log = slog.New(slog.NewTextHandler(&log, nil))
	r.open()
	return r, &log
}

func TestARuleThatCannotBeJudgedIsToldOnce(t *testing.T) {
	r, log := crowdedRig(t)
	r.run(monday.Add(time.Minute))
	require.Equal(t, 1, strings.Count(log.String(), `msg="evaluating a rule"`), log)
	require.Contains(t, log.String(), "rule=crowded project="+project+" failed=2 of=3 device="+r.project.Devices[1].UID)
	r.run(monday.Add(time.Hour))
	require.Equal(t, 5, strings.Count(log.String(), `msg="evaluating a rule"`), "once a poll")
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "rule-broken"), "but people are told once")
	require.Empty(t, r.reasonsOf("ops", "rule-broken"), "who are told how notewatch does")
	told := r.taken("second")[0]
	require.Equal(t, "crowded in cold-chain", told.Subject.Name)
	require.Equal(t, "Rule crowded cannot be evaluated for 2 of 3 devices (for example "+r.project.Devices[1].Name+")"+
		": evaluating when.warning: memory budget exceeded", told.Summary)

	r.open()
	r.run(monday.Add(2 * hour))
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "rule-broken"), "a restart says nothing new")
	mended := crowded()
	mended.When[0].Expr = "len(device.fleet_uids) > 1000"
	r.rules(mended, silent())
	r.open()
	r.run(monday.Add(2*hour + time.Minute))
	require.Equal(t, []string{"fired", "resolved"}, r.reasonsOf("second", "rule-broken"))
}

// Where Notehub cannot be read, nobody knows whether a rule can be judged again.
func TestARuleStaysBrokenUntilItIsJudged(t *testing.T) {
	r, _ := crowdedRig(t)
	r.run(monday.Add(time.Minute))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Suspended})
	r.run(monday.Add(time.Hour))
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "rule-broken"))
}

func TestWhatIsSaidOfABrokenRuleEndsWithTheRule(t *testing.T) {
	for name, change := range map[string]func(*rig){
		"the rule is gone": func(r *rig) { r.rules(silent()) },
		"the project is":   func(r *rig) { r.config.Bot.Projects[0].UID = "app:another" },
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := crowdedRig(t)
			r.run(monday.Add(time.Minute))
			require.Equal(t, []string{"fired"}, r.reasonsOf("second", "rule-broken"))
			change(r)
			r.open()
			require.NoError(t, r.show(t.Context(), "second"))
			require.Equal(t, []string{"fired", "withdrawn"}, r.reasonsOf("second", "rule-broken"))
		})
	}
}
