package muting_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
	"notewatch/rules/muting"
)

// Hours begin at the first instant at which the window of the receiver is open and none that is only for it matches the alert.
func TestHours(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	week := everyDay[:5]
	shift := &muting.Window{Days: week, From: 8 * hour, To: 18 * hour, Zone: berlin}
	lab := muting.Match{Project: "lab"}
	never := muting.Window{Days: everyDay, From: 0, To: 24 * hour}
	inLab := rules.Alert{Project: "lab"}
	const open, ever = "", "ever"
	for name, c := range map[string]struct {
		hours muting.Hours
		alert rules.Alert
		now   string
		begin string
		next  string // when the hours may begin for some alert
	}{
		"none":                       {muting.Hours{}, inLab, "2026-06-06T12:00:00Z", open, open},
		"in the shift":               {muting.Hours{Open: shift}, inLab, "2026-06-05T15:59:59Z", open, open},
		"after the shift":            {muting.Hours{Open: shift}, inLab, "2026-06-04T16:00:00Z", "2026-06-05T06:00:00Z", "2026-06-05T06:00:00Z"},
		"at the weekend":             {muting.Hours{Open: shift}, inLab, "2026-06-06T12:00:00Z", "2026-06-08T06:00:00Z", "2026-06-08T06:00:00Z"},
		"clocks go back":             {muting.Hours{Open: shift}, inLab, "2026-10-24T12:00:00Z", "2026-10-26T07:00:00Z", "2026-10-26T07:00:00Z"},
		"clocks go forward":          {muting.Hours{Open: shift}, inLab, "2027-03-27T12:00:00Z", "2027-03-29T06:00:00Z", "2027-03-29T06:00:00Z"},
		"a window for the receiver":  {muting.Hours{Closed: []muting.Window{{Match: lab, Days: week}}}, inLab, "2026-06-05T12:00:00Z", "2026-06-06T00:00:00Z", "2026-06-06T00:00:00Z"},
		"it matches other alerts":    {muting.Hours{Closed: []muting.Window{{Match: lab, Days: week}}}, rules.Alert{}, "2026-06-05T12:00:00Z", open, "2026-06-06T00:00:00Z"},
		"a window after the shift":   {muting.Hours{Open: shift, Closed: []muting.Window{{Match: lab, Days: everyDay[:1]}}}, inLab, "2026-06-07T12:00:00Z", "2026-06-09T06:00:00Z", "2026-06-08T06:00:00Z"},
		"a window that never closes": {muting.Hours{Closed: []muting.Window{never}}, inLab, "2026-06-05T12:00:00Z", ever, open},
		"a shift within a window that leaves no time": {muting.Hours{Open: shift, Closed: []muting.Window{{Days: week}}}, inLab,
			"2026-06-05T12:00:00Z", ever, "2026-06-06T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			at := func(text string) time.Time {
				if text == open || text == ever {
					return time.Time{}
				}
				at, err := time.Parse(time.RFC3339, text)
				require.NoError(t, err)
				return at
			}
			now := at(c.now)
			begin, outside := c.hours.Begin(c.alert, now)
			require.Equal(t, c.begin != open, outside)
			if outside {
				require.Equal(t, at(c.begin), begin.UTC())
			}
			require.Equal(t, at(c.next), c.hours.Next(now).UTC())
		})
	}
}

func TestGap(t *testing.T) {
	monday := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	day := muting.Hours{Open: &muting.Window{From: 8 * hour, To: 20 * hour}}
	night := muting.Hours{Open: &muting.Window{From: 20 * hour, To: 8 * hour}}
	weekdays := muting.Hours{Open: &muting.Window{Days: everyDay[:5]}}
	start, end, gap := muting.Gap([]muting.Hours{day}, monday)
	require.True(t, gap)
	require.Equal(t, monday.Add(8*hour), start)
	require.Equal(t, monday.Add(20*hour), end)
	_, _, gap = muting.Gap([]muting.Hours{day, night}, monday)
	require.False(t, gap, "they take turns")
	start, end, gap = muting.Gap([]muting.Hours{weekdays, day}, monday)
	require.True(t, gap)
	require.Equal(t, "Sat 00:00", start.Format("Mon 15:04"))
	require.Equal(t, "Sat 08:00", end.Format("Mon 15:04"))
}
