package deliver

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/outbox"
	"notewatch/notify"
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

func TestCausesText(t *testing.T) {
	long := strings.Repeat("x", 100) + ".qo"
	for name, c := range map[string]struct {
		of   []rules.Cause
		want string
	}{
		"one":     {[]rules.Cause{{Notefile: "_log.qo", Value: 1700, Median: 3}}, "most above their median day: _log.qo 1,700 (3)"},
		"several": {[]rules.Cause{{Notefile: "_log.qo", Value: 1700}, {Notefile: "data.qo", Value: 120, Median: 24.5}}, "most above their median day: _log.qo 1,700 (0), data.qo 120 (24.5)"},
		"long": {
			[]rules.Cause{{Notefile: long, Value: 9}, {Notefile: long + "2", Value: 8}, {Notefile: "a\nb", Value: 7}},
			"most above their median day: " + long[:59] + "… 9 (0), a b 7 (0)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := causesText(&rules.Causes{Most: c.of})
			require.Equal(t, c.want, got)
			require.LessOrEqual(t, utf8.RuneCountInString(got), 160)
		})
	}
	require.Empty(t, causes(nil))
}

// Each firing alert about a plan with top-ups may buy a block.
func TestTopUps(t *testing.T) {
	member := func(state rules.State, topUp bool) outbox.Delivery {
		return outbox.Delivery{Alert: rules.Alert{State: state, Texts: rules.Texts{TopUp: topUp}}}
	}
	s := Sender{dataBlock: Price{Amount: 10, Currency: "USD"}}
	firing, ended, other := member(rules.Firing, true), member(rules.Resolved, true), member(rules.Firing, false)
	require.Equal(t, &notify.TopUps{Blocks: 2, Amount: 20, Currency: "USD"}, s.topUps([]outbox.Delivery{firing, ended, firing, other}))
	require.Nil(t, s.topUps([]outbox.Delivery{ended, other}))
	require.Equal(t, &notify.TopUps{Blocks: 1}, (&Sender{}).topUps([]outbox.Delivery{firing}))
}
