package muting_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // zones, wherever the tests run

	"github.com/stretchr/testify/require"

	"notewatch/rules/muting"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	require.NoError(t, err)
	return zone
}

var everyDay = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

func TestWindow(t *testing.T) {
	berlin, johns, kolkata := zone(t, "Europe/Berlin"), zone(t, "America/St_Johns"), zone(t, "Asia/Kolkata")
	const shut, ever = "", "ever"
	weekend := []time.Weekday{time.Saturday, time.Sunday}
	sunday := []time.Weekday{time.Sunday}
	for name, c := range map[string]struct {
		window muting.Window
		now    string
		until  string // in the zone of the window
		next   string
	}{
		"a weekend in UTC, before":   {muting.Window{Days: weekend}, "2026-06-05T23:59:00Z", shut, "Sat 2026-06-06 00:00"},
		"a weekend in UTC":           {muting.Window{Days: weekend}, "2026-06-06T00:00:00Z", "Mon 2026-06-08 00:00", "Sat 2026-06-13 00:00"},
		"a weekend in UTC, after":    {muting.Window{Days: weekend}, "2026-06-08T00:00:00Z", shut, "Sat 2026-06-13 00:00"},
		"a weekend in Kolkata":       {muting.Window{Days: weekend, Zone: kolkata}, "2026-06-05T18:30:00Z", "Mon 2026-06-08 00:00", "Sat 2026-06-13 00:00"},
		"a weekend of 47 hours":      {muting.Window{Days: weekend, Zone: berlin}, "2026-03-27T23:00:00Z", "Mon 2026-03-30 00:00", "Sat 2026-04-04 00:00"},
		"a weekend of 49 hours":      {muting.Window{Days: weekend, Zone: berlin}, "2026-10-25T22:59:00Z", "Mon 2026-10-26 00:00", "Sat 2026-10-31 00:00"},
		"working hours":              {muting.Window{From: 9 * hour, To: 17*hour + 30*minute}, "2026-06-03T17:29:59Z", "Wed 2026-06-03 17:30", "Thu 2026-06-04 09:00"},
		"working hours, after":       {muting.Window{From: 9 * hour, To: 17*hour + 30*minute}, "2026-06-03T17:30:00Z", shut, "Thu 2026-06-04 09:00"},
		"over midnight, the evening": {muting.Window{Days: sunday, From: 22 * hour, To: 6 * hour}, "2026-06-07T23:00:00Z", "Mon 2026-06-08 06:00", "Sun 2026-06-14 22:00"},
		"over midnight, the morning": {muting.Window{Days: sunday, From: 22 * hour, To: 6 * hour}, "2026-06-08T05:59:00Z", "Mon 2026-06-08 06:00", "Sun 2026-06-14 22:00"},
		"over midnight, not before":  {muting.Window{Days: sunday, From: 22 * hour, To: 6 * hour}, "2026-06-07T05:00:00Z", shut, "Sun 2026-06-07 22:00"},
		"from noon to noon":          {muting.Window{Days: weekend, From: 12 * hour, To: 12 * hour}, "2026-06-06T12:00:00Z", "Mon 2026-06-08 12:00", "Sat 2026-06-13 12:00"},
		"every day":                  {muting.Window{}, "2026-06-06T12:00:00Z", ever, shut},
		"every day by name":          {muting.Window{Days: everyDay, From: 7 * hour, To: 7 * hour}, "2026-06-06T12:00:00Z", ever, shut},
		"all but Wednesday":          {muting.Window{Days: append(everyDay[3:], everyDay[:2]...)}, "2026-06-04T00:00:00Z", "Wed 2026-06-10 00:00", "Thu 2026-06-11 00:00"},
		"clocks skip its start":      {muting.Window{Days: sunday, From: 2*hour + 30*minute, To: 4 * hour, Zone: berlin}, "2026-03-29T00:00:00Z", shut, "Sun 2026-03-29 03:00"},
		"clocks skip its end":        {muting.Window{Days: sunday, From: hour, To: 2*hour + 30*minute, Zone: johns}, "2026-03-08T05:00:00Z", "Sun 2026-03-08 03:00", "Sun 2026-03-15 01:00"},
		"clocks skip all of it":      {muting.Window{Days: sunday, From: 2 * hour, To: 3 * hour, Zone: berlin}, "2026-03-22T02:00:00Z", shut, "Sun 2026-04-05 02:00"},
		"clocks show its end twice":  {muting.Window{Days: sunday, From: hour, To: 2*hour + 30*minute, Zone: berlin}, "2026-10-25T00:29:00Z", "Sun 2026-10-25 02:30", "Sun 2026-11-01 01:00"},
		"the second time":            {muting.Window{Days: sunday, From: hour, To: 2*hour + 30*minute, Zone: berlin}, "2026-10-25T01:00:00Z", shut, "Sun 2026-11-01 01:00"},
	} {
		t.Run(name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, c.now)
			require.NoError(t, err)
			until, open := c.window.Open(now)
			require.Equal(t, c.until != shut, open)
			at := func(instant time.Time) string {
				if instant.IsZero() {
					return shut
				}
				return instant.Format("Mon 2006-01-02 15:04")
			}
			switch c.until {
			case shut:
			case ever:
				require.Zero(t, until)
			default:
				require.Equal(t, c.until, at(until))
			}
			require.Equal(t, c.next, at(c.window.Next(now)))
		})
	}
}

// Where clocks change, windows do what somebody who looks at the clock once a minute would do.
func TestWindowGoesByTheClock(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	for name, changes := range map[string][]string{
		"Europe/Berlin":       {"2026-03-29", "2026-10-25"},
		"America/St_Johns":    {"2026-03-08", "2026-11-01"},
		"Asia/Kolkata":        {"2026-03-29"},
		"America/Havana":      {"2026-03-08", "2026-11-01"}, // at midnight
		"Australia/Lord_Howe": {"2026-10-04"},               // by half an hour
	} {
		t.Run(name, func(t *testing.T) {
			for _, change := range changes {
				day, err := time.ParseInLocation("2006-01-02 15", change+" 12", zone(t, name))
				require.NoError(t, err)
				walls := hang(day.AddDate(0, 0, -10), 21)
				for _, w := range windows(random) {
					w.Zone = zone(t, name)
					walls.requireSame(t, w)
				}
			}
		})
	}
}

// windows are some that are special on a Sunday on which clocks change, and some others.
func windows(random *rand.Rand) []muting.Window {
	sunday, nights := []time.Weekday{time.Sunday}, []time.Weekday{time.Friday, time.Saturday}
	all := []muting.Window{
		{},
		{Days: sunday},
		{Days: nights, From: 20 * hour, To: 20 * hour},
		{Days: sunday, From: hour + 30*minute, To: 2*hour + 30*minute},
		{Days: sunday, From: 2 * hour, To: 3 * hour},
		{Days: nights, From: 22 * hour, To: 2*hour + 15*minute},
		{From: 0, To: 45 * minute},
	}
	for range 2 {
		w := muting.Window{From: time.Duration(random.IntN(24*60)) * minute, To: time.Duration(random.IntN(24*60)) * minute}
		for _, day := range everyDay {
			if random.IntN(3) > 0 {
				w.Days = append(w.Days, day)
			}
		}
		all = append(all, w)
	}
	return all
}

// A wall is a clock that was written down every minute, with what it is the latest to have shown.
type wall struct {
	from   time.Time
	days   int   // that are looked at
	latest []int // minutes, counted as if no clock was ever changed
}

// Days that are written down before those that are looked at, and after.
const lead, trail = 3, 17

// hang returns a wall for some days from from on.
func hang(from time.Time, days int) wall {
	w := wall{from: from, days: days, latest: make([]int, (lead+days+trail)*24*60)}
	for i := range w.latest {
		t := w.at(i)
		_, offset := t.Zone()
		w.latest[i] = int(t.Unix()+int64(offset)) / 60
		if i > 0 {
			w.latest[i] = max(w.latest[i], w.latest[i-1])
		}
	}
	return w
}

func (w wall) at(i int) time.Time { return w.from.Add(time.Duration(i-lead*24*60) * minute) }

// open returns in which minutes a window is open.
func (w wall) open(window muting.Window) []bool {
	const day = 24 * 60
	open := make([]bool, len(w.latest))
	from, to := int(window.From/minute), int(window.To/minute)
	if to <= from {
		to += day
	}
	for date := w.latest[0] / day; date*day < w.latest[len(w.latest)-1]; date++ {
		weekday := time.Weekday((date + 4) % 7) // 1970-01-01 was a Thursday
		if len(window.Days) > 0 && !slices.Contains(window.Days, weekday) {
			continue
		}
		start, _ := slices.BinarySearch(w.latest, date*day+from)
		stop, _ := slices.BinarySearch(w.latest, date*day+to)
		for i := start; i < stop; i++ {
			open[i] = true
		}
	}
	return open
}

// requireSame checks a window in every minute that is looked at.
func (w wall) requireSame(t *testing.T, window muting.Window) {
	t.Helper()
	open := w.open(window)
	var opens, closes time.Time // next
	for i := len(open) - 1; i >= lead*24*60; i-- {
		now := w.at(i)
		if i < (lead+w.days)*24*60 {
			until, is := window.Open(now)
			if is != open[i] || is && !until.Equal(closes) {
				require.Failf(t, "differs", "%+v at %s: open %t until %s; want %t, %s", window, now, is, until, open[i], closes)
			}
			// Looking for the next is slow, and it seldom changes.
			if changes := open[i] != open[i-1] || open[i] != open[i+1]; changes || i%13 == 0 {
				require.True(t, opens.Equal(window.Next(now)), "%+v at %s opens next %s; want %s", window, now, window.Next(now), opens)
			}
		}
		switch {
		case open[i] && !open[i-1]:
			opens = now
		case !open[i] && open[i-1]:
			closes = now
		}
	}
}
