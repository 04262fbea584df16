package bot_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/rules"
)

// explain explains a rule for the first sensor.
func (r *rig) explain(rule string) bot.Explanation {
	r.t.Helper()
	e, err := r.bot.Explain(r.t.Context(), rule, project, sensors(1)[0].UID)
	require.NoError(r.t, err)
	return e
}

// An explanation reads little, but sees what a poll would see.
func TestExplainSeesWhatAPollSees(t *testing.T) {
	trend := rules.Spec{Name: "trend", Each: rules.EachDevice, When: []rules.Condition{
		{Level: rules.Warning, Expr: "sum(events.series) > 30 * bytes.median && sessions.d30 > 1"},
	}}
	r := newRig(t, 3, []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute), silence(monday.Add(12*hour), 4*day)}, trend, blind())
	for _, until := range []time.Duration{hour, 10 * hour, day + hour, 2*day + 14*hour} {
		r.run(monday.Add(until))
		state, err := r.store.Project(t.Context(), project)
		require.NoError(t, err)
		for _, subject := range []string{"", sensors(1)[0].UID, sensors(3)[2].UID} {
			polled, alone, err := r.bot.Envs(t.Context(), r.config.Projects[0], state, subject)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("%+v", polled), fmt.Sprintf("%+v", alone), "which compares no data as well")
			require.True(t, rules.Known(alone.Events.D30))
		}
	}
}

func TestExplain(t *testing.T) {
	r := newRig(t, 3, []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute)}, budget("1150"))
	r.run(monday.Add(10 * hour))
	e := r.explain("event-budget")
	require.Equal(t, []string{
		"✗ critical: events.used 946 > limit 1,150",
		"✓ warning: events.used 946 > 0.8 * limit 1,150 = 920",
	}, e.Lines(notify.FormatFigure))
	require.Equal(t, notify.Named{
		UID: sensors(1)[0].UID, Name: sensors(1)[0].Name,
		URL: "https://notehub.io/project/" + project + "/devices/" + sensors(1)[0].UID,
	}, e.Subject)
	require.Equal(t, r.delivery("ops", "event-budget").Alert, e.Alert)
}

func TestExplainKnowsWhatItIsAskedFor(t *testing.T) {
	r := newRig(t, 1, nil, silent())
	for _, c := range []struct {
		rule, project, subject string
		want                   error
	}{
		{"silence", project, sensors(1)[0].UID, &bot.UnknownError{What: "rule", Name: "silence"}},
		{"silent-device", "app:1", sensors(1)[0].UID, &bot.UnknownError{What: "project", Name: "app:1"}},
		{"silent-device", project, "dev:1", &bot.UnknownError{What: "device", Name: "dev:1"}},
	} {
		_, err := r.bot.Explain(t.Context(), c.rule, c.project, c.subject)
		require.Equal(t, c.want, err)
	}
	_, err := r.bot.Explain(t.Context(), "silent-device", project, "")
	require.EqualError(t, err, `rule "silent-device" is about devices: say which one`)
}
