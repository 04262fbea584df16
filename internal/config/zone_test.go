package config_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
)

func TestNearZones(t *testing.T) {
	const none = "want a name of the time zone database, such as Europe/Berlin; without zone it is UTC"
	for name, want := range map[string]string{
		"Europe/Berln":      "Europe/Berlin",
		"europe/berlin":     "Europe/Berlin",
		"Berlin":            "Europe/Berlin",
		"New York":          "America/New_York",
		"America/New York":  "America/New_York",
		"Los_Angelos":       "America/Los_Angeles",
		"utc":               "UTC",
		"Rome":              "Europe/Rome",
		"CEST":              "",
		"PST":               "",
		"UTC+2":             "",
		"Local":             "",
		"here":              "",
		"Mars/Olympus_Mons": "",
	} {
		text := minimal + fmt.Sprintf("silences: [{match: {rule: budget}, days: sat, zone: '%s', because: x}]\n", name)
		hint := none
		if want != "" {
			hint = fmt.Sprintf("did you mean %q?", want)
		}
		_, err := config.Parse("rules.yaml", []byte(text), environment)
		require.ErrorContains(t, err, fmt.Sprintf("unknown zone %q; hint: %s", name, hint))
	}
}

// Each name that a hint may give is one that can be used.
func TestZonesExist(t *testing.T) {
	text, err := os.ReadFile("content/zones.txt")
	require.NoError(t, err)
	for name := range strings.FieldsSeq(string(text)) {
		_, err := time.LoadLocation(name)
		require.NoError(t, err)
	}
}
