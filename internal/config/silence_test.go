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
  - {match: {receiver: ops}, days: sun, because: at home}
  - {match: {rule: budget, subject: 'dev:1'}, days: mon, from: 00:00, to: 12:00, because: "  washed\n"}
`)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	require.Equal(t, []muting.Window{
		{Match: muting.Match{Project: "lab"}, Days: []time.Weekday{time.Saturday, time.Sunday}, Zone: berlin, Because: "no shift"},
		{Match: muting.Match{Project: "app:1", Rule: "watcher-blind"},
			From: 22 * time.Hour, To: 6*time.Hour + 30*time.Minute, Because: "at night"},
		{Receivers: []string{"ops"}, Days: []time.Weekday{time.Sunday}, Because: "at home"},
		{Match: muting.Match{Rule: "budget", Subject: "dev:1"}, Days: []time.Weekday{time.Monday}, To: 12 * time.Hour, Because: "washed"},
	}, file.Silences)
	require.Empty(t, parse(t, minimal+"silences: []\n").Silences)
}

// The hours of a receiver are a window, and the mute windows that are for it are closed hours.
func TestHours(t *testing.T) {
	file := parse(t, strings.Replace(minimal, "terminal: {}}", "terminal: {}, hours: {days: [mon, tue], from: 08:00, to: 18:00, zone: Europe/Berlin}}", 1)+`
silences:
  - {match: {receiver: [ops], rule: budget}, days: tue, because: a meeting}
  - {match: {rule: budget}, days: sun, because: no shift}
`)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	require.Equal(t, muting.Hours{
		Open:   &muting.Window{Days: []time.Weekday{time.Monday, time.Tuesday}, From: 8 * time.Hour, To: 18 * time.Hour, Zone: berlin},
		Closed: file.Silences[:1],
	}, file.HoursOf(file.Receivers[0]))
	require.True(t, file.HoursOf(config.Receiver{Name: "other"}).None())
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
