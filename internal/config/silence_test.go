package config_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // zones, wherever the tests run

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/rules/muting"
)

func TestSilences(t *testing.T) {
	file := parse(t, strings.Replace(minimal, "{uid: app:1}", "{uid: app:1, name: lab}", 1)+`
silences:
  - {match: {project: lab}, days: [sat, sun], zone: Europe/Berlin, because: no shift}
  - {match: {project: 'app:1', rule: watcher-blind}, from: 22:00, to: "06:30", because: at night}
  - {match: {rule: budget, subject: 'dev:1'}, days: mon, from: 00:00, to: 12:00, because: "  washed\n"}
`)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	require.Equal(t, []muting.Window{
		{Match: muting.Match{Project: "lab"}, Days: []time.Weekday{time.Saturday, time.Sunday}, Zone: berlin, Because: "no shift"},
		{Match: muting.Match{Project: "app:1", Rule: "watcher-blind"},
			From: 22 * time.Hour, To: 6*time.Hour + 30*time.Minute, Because: "at night"},
		{Match: muting.Match{Rule: "budget", Subject: "dev:1"}, Days: []time.Weekday{time.Monday}, To: 12 * time.Hour, Because: "washed"},
	}, file.Silences)
	require.Empty(t, parse(t, minimal+"silences: []\n").Silences)
}

// A silence may cover any part of a week but not the whole of it.
func TestSilencesEnd(t *testing.T) {
	for text, ends := range map[string]bool{
		"days: [mon, tue, wed, thu, fri, sat]":                              true,
		"days: [mon, tue, wed, thu, fri, sat, sun]":                         false,
		"zone: Pacific/Apia":                                                false,
		"from: 00:00, to: 00:00":                                            false,
		"from: 12:00, to: 11:59":                                            true,
		"from: 12:00, to: 12:00, days: [mon, tue, wed, thu, fri, sat, sun]": false,
		"from: 12:00, to: 12:00, days: [mon, tue, wed, thu, fri, sat]":      true,
		"from: 02:30, to: 02:30, zone: Europe/Berlin":                       false,
		"from: 02:30, to: 02:30, zone: Europe/Berlin, days: [sun, mon]":     true,
	} {
		_, err := config.Parse("rules.yaml", []byte(minimal+"silences: [{match: {subject: x}, because: y, "+text+"}]\n"), environment)
		if ends {
			require.NoError(t, err, text)
		} else {
			require.ErrorContains(t, err, "never ends", text)
		}
	}
}
