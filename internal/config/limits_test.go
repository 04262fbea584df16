package config_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/limits"
	"notewatch/rules"
)

const limitedRule = `projects: [{uid: app:1}]
receivers: [{name: ops, terminal: {}}]
rules:
  - {name: budget, limit: mb(4), when: bytes.used > limit}
  - {name: other, limit: 10, when: events.used > limit}
`

// limitOf returns the limit that the first rule of a file has for a device in fleets that have names.
func limitOf(t *testing.T, text string, device rules.Device, fleets map[string]string) float64 {
	t.Helper()
	env := rules.UnknownEnv()
	env.Device, env.FleetNames = device, fleets
	return parse(t, text).Rules[0].Eval(rules.NewView(&env)).Limit
}

// Devices have the limit of the rule, of their fleet, or their own, by UID and by name, from the rules file and from a file of limits.
func TestLimitsOfSubjects(t *testing.T) {
	text := limitedRule + `
limits: {budget: {"dev:1": mb(5), "Pump 3": 7500000, "fleet:south": mb(3) + kb(500)}, other: {dev:2: 9}}
limits_file: testdata/limits/right.csv
`
	names := map[string]string{"fleet:north": "North", "fleet:south": "South"}
	for name, c := range map[string]struct {
		device rules.Device
		want   float64
	}{
		"that of the rule":        {rules.Device{UID: "dev:9", Name: "Pump 9"}, 4e6},
		"by UID":                  {rules.Device{UID: "dev:1", Name: "Pump 1", FleetUIDs: []string{"fleet:south"}}, 5e6},
		"by UID, in the file":     {rules.Device{UID: "dev:2", Name: "Pump 2"}, 6e6},
		"by name":                 {rules.Device{UID: "dev:3", Name: "Pump 3"}, 7.5e6},
		"by fleet":                {rules.Device{UID: "dev:9", FleetUIDs: []string{"fleet:south"}}, 3.5e6},
		"by the name of a fleet":  {rules.Device{UID: "dev:9", FleetUIDs: []string{"fleet:north"}}, 14e6},
		"the lowest of fleets":    {rules.Device{UID: "dev:9", FleetUIDs: []string{"fleet:north", "fleet:south"}}, 3.5e6},
		"an unknown fleet":        {rules.Device{UID: "dev:9", FleetUIDs: []string{"fleet:east"}}, 4e6},
		"a device without a name": {rules.Device{UID: "dev:9", Name: ""}, 4e6},
	} {
		t.Run(name, func(t *testing.T) {
			c.device.Known = true
			require.InDelta(t, c.want, limitOf(t, text, c.device, names), 0)
		})
	}
	file := parse(t, text)
	require.Contains(t, file.Files, "testdata/limits/right.csv", "a change of it is a change of the settings")
	require.True(t, file.Rules[0].Reads.FleetNames)
	require.Equal(t, parse(t, limitedRule).Rules[0].Hash(), file.Rules[0].Hash(), "limits are compared by subject")
	require.NotEqual(t, parse(t, limitedRule).Rules[0].Semantics(), file.Rules[0].Semantics())
}

// A file of as many limits as may be is read in about a second.
func TestManyLimits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "limits.csv")
	text := &strings.Builder{}
	text.WriteString("rule,subject,limit\n")
	for i := range limits.MaxLines {
		fmt.Fprintf(text, "budget,dev:%015d,mb(%d)\n", i, i%500)
	}
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	began := time.Now()
	device := rules.Device{Known: true, UID: "dev:000000000123456"}
	require.InDelta(t, 456e6, limitOf(t, limitedRule+"limits_file: "+path+"\n", device, nil), 0)
	require.Less(t, time.Since(began), 20*time.Second)
	require.False(t, math.IsNaN(limitOf(t, limitedRule, device, nil)))
}

// A project and a rule may cut time in their own way; that of the rule comes first.
func TestPeriodsOfProjectsAndRules(t *testing.T) {
	file := parse(t, `
period: week
projects:
  - {uid: app:1, period: {every: month, from: 31}}
  - {uid: app:2}
receivers: [{name: ops, terminal: {}}]
rules:
  - {name: budget, when: bytes.used > mb(5)}
  - {name: daily, period: day, when: bytes.used > mb(5)}
`)
	month := rules.PeriodSpec{Every: "month", MonthDay: 31}
	require.Equal(t, rules.PeriodSpec{Every: "week"}, file.Period)
	require.Equal(t, month, file.Projects[0].Period)
	require.Zero(t, file.Projects[1].Period)
	require.Equal(t, month, file.Rules[0].PeriodIn(file.Projects[0].Period))
	require.Equal(t, rules.PeriodSpec{Every: "day"}, file.Rules[1].PeriodIn(file.Projects[0].Period))
}
