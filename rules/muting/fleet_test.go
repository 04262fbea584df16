package muting_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
	"notewatch/rules/muting"
)

// A match of a fleet selects its own alerts and those of its devices, whichever of UID and label it names.
func TestMatchOfFleet(t *testing.T) {
	within := func(_, device string) []string {
		return map[string][]string{"dev:1": {"fleet:a", "fleet:b", "North", "South"}, "dev:2": {"fleet:b", "South"}}[device]
	}
	device := func(uid string) rules.Alert { return rules.Alert{Project: "app:1", Subject: uid, Rule: "spike"} }
	pool := rules.Alert{Project: "app:1", Subject: "fleet:a", Rule: "pool", Texts: rules.Texts{Subject: "North"}}
	for name, c := range map[string]struct {
		match  muting.Match
		alert  rules.Alert
		within muting.Fleets
		want   bool
	}{
		"a device in it":              {muting.Match{Fleet: "fleet:a"}, device("dev:1"), within, true},
		"by its label":                {muting.Match{Fleet: "North"}, device("dev:1"), within, true},
		"a device in another one":     {muting.Match{Fleet: "fleet:a"}, device("dev:2"), within, false},
		"a device that is not listed": {muting.Match{Fleet: "fleet:a"}, device("dev:3"), within, false},
		"the fleet itself":            {muting.Match{Fleet: "fleet:a"}, pool, within, true},
		"the fleet itself, by label":  {muting.Match{Fleet: "North"}, pool, within, true},
		"another fleet":               {muting.Match{Fleet: "fleet:b"}, pool, within, false},
		"its project":                 {muting.Match{Fleet: "fleet:a"}, device(""), within, false},
		"with a rule":                 {muting.Match{Fleet: "fleet:a", Rule: "spike"}, device("dev:1"), within, true},
		"with another rule":           {muting.Match{Fleet: "fleet:a", Rule: "pool"}, device("dev:1"), within, false},
		"no fleets are known":         {muting.Match{Fleet: "fleet:a"}, device("dev:1"), nil, false},
		"no fleet is asked for":       {muting.Match{Rule: "spike"}, device("dev:1"), nil, true},
	} {
		require.Equal(t, c.want, c.match.Matches(c.alert, c.within), name)
	}
}

// A match of a route selects its alerts, whichever of UID and label it names, and no device of the same name.
func TestMatchOfRoute(t *testing.T) {
	failing := rules.Alert{Project: "app:1", Subject: "route:a", Rule: "failing", Texts: rules.Texts{Subject: "orders"}}
	device := rules.Alert{Project: "app:1", Subject: "dev:1", Rule: "spike", Texts: rules.Texts{Subject: "orders"}}
	for name, c := range map[string]struct {
		match muting.Match
		alert rules.Alert
		want  bool
	}{
		"by UID":                     {muting.Match{Route: "route:a"}, failing, true},
		"by label":                   {muting.Match{Route: "orders"}, failing, true},
		"another route":              {muting.Match{Route: "route:b"}, failing, false},
		"a device of the same name":  {muting.Match{Route: "orders"}, device, false},
		"its project":                {muting.Match{Route: "orders"}, rules.Alert{Project: "app:1"}, false},
		"with a rule":                {muting.Match{Route: "route:a", Rule: "failing"}, failing, true},
		"with another rule":          {muting.Match{Route: "route:a", Rule: "spike"}, failing, false},
		"in another project":         {muting.Match{Route: "route:a", Project: "app:2"}, failing, false},
		"a subject of a mute window": {muting.Match{Subject: "orders"}, failing, true},
		"no route is asked for":      {muting.Match{Rule: "spike"}, device, true},
	} {
		require.Equal(t, c.want, c.match.Matches(c.alert, nil), name)
	}
}
