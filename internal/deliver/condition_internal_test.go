package deliver

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

func TestConditionText(t *testing.T) {
	long := strings.Repeat("events.today > 5 && ", 20) + "true"
	for name, c := range map[string]struct {
		of   rules.Met
		want string
	}{
		"alone": {rules.Met{Condition: "device.silent_hours > 24"}, "because device.silent_hours > 24"},
		"with what it reads": {
			rules.Met{Condition: "events.h1 > 10 * a && bytes.d7 > b", Reads: []rules.Reading{
				{Figure: "events.median", Value: 24}, {Figure: "bytes.d7", Unit: "B", Value: 41.2e6}}},
			"because events.h1 > 10 * a && bytes.d7 > b (events.median 24, bytes.d7 41.2 MB)",
		},
		"too long": {
			rules.Met{Condition: long, Reads: []rules.Reading{{Figure: "events.median", Value: 24}, {Figure: `notefiles["` + strings.Repeat("x", 99) + `"].median`, Value: 1}}},
			"because " + long[:109] + "… (events.median 24)",
		},
		"controls": {rules.Met{Condition: "device.name == \"\x1b[31m\""}, `because device.name == "\x1b[31m"`},
	} {
		t.Run(name, func(t *testing.T) {
			got := conditionText(&c.of)
			require.Equal(t, c.want, got)
			require.LessOrEqual(t, utf8.RuneCountInString(got), 160)
		})
	}
	require.Nil(t, condition(nil))
	require.Nil(t, forecast(nil))
}
