package bot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
	"notewatch/notify/webhook"
	"notewatch/rules"
)

// A message about many devices says what they have in common, and few others have; what the rule itself reads is no news.
func TestCohort(t *testing.T) {
	const silenced, all = 8, 40
	old := &webhook.Cohort{Trait: "firmware", Value: "notecard-7.2.2", Alerts: 7, Of: silenced, Share: 17.5}
	for name, c := range map[string]struct {
		where string
		old   int // devices with an old firmware
		want  *webhook.Cohort
	}{
		"all devices":       {"", silenced - 1, old},
		"those selected":    {"!device.is_new && events.d7 > 0", silenced - 1, old},
		"read by the rule":  {`device.firmware contains "notecard"`, silenced - 1, nil},
		"not in common":     {"", silenced / 2, nil},
		"all of them do it": {"", all, nil},
	} {
		t.Run(name, func(t *testing.T) {
			rule := silent()
			rule.Where = c.where
			r := newRig(t, all, []notehubtest.Incident{outage(silenced, monday.Add(2*hour), 12*hour)}, rule)
			for i := range r.project.Devices[:c.old] {
				r.project.Devices[i].Firmware = "notecard-7.2.2"
			}
			r.serve()
			r.open()
			r.run(monday.Add(12 * hour))
			require.Len(t, r.bodies(), 1)
			require.Equal(t, c.want, r.bodies()[0].Data.Cohort)

			for i := range r.project.Devices { // they are updated because of the message
				r.project.Devices[i].Firmware = "notecard-9.1.1"
			}
			r.serve()
			r.open()
			r.run(monday.Add(20 * hour))
			bodies := r.bodies()
			require.Greater(t, len(bodies), 1)
			require.Equal(t, c.want, bodies[len(bodies)-1].Data.Cohort, "it is decided once")
		})
	}
}

// Of a rule or project that is no longer configured, and of a rule about projects, nothing is found.
func TestNoCohort(t *testing.T) {
	whole := rules.Spec{Name: "whole", Each: rules.EachProject, When: []rules.Condition{{Level: rules.Warning, Expr: "project.silent > 5"}}}
	r := newRig(t, 8, nil, silent(), whole)
	r.run(monday.Add(hour))
	var devices []string
	for _, d := range sensors(8) {
		devices = append(devices, d.UID)
	}
	for _, of := range [][2]string{{"silent-device", project}, {"gone", project}, {"silent-device", "app:gone"}, {"whole", project}} {
		_, ok, err := r.bot.Cohort(t.Context(), of[0], of[1], devices)
		require.NoError(t, err, of)
		require.False(t, ok, of)
	}
}
