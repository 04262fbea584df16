package testfile_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/ruletest/testfile"
)

// A series is read as the value of each day, counted from the first day of the test.
func TestSeries(t *testing.T) {
	const unknown = -1.0
	for text, days := range map[string]map[int]float64{
		"24":                  {-400: 24, -1: 24, 0: 24, 399: 24},
		"24 900":              {-2: 24, -1: 24, 0: 24, 1: 900, 2: 900},
		"1 2 | 3 4":           {-3: 1, -2: 1, -1: 2, 0: 3, 1: 4, 2: 4},
		"24x2 | 5x3 6":        {-2: 24, 0: 5, 2: 5, 3: 6},
		"0 | _ 3":             {-1: 0, 0: unknown, 1: 3},
		"_x2 1 | 2":           {-4: unknown, -3: unknown, -2: unknown, -1: 1, 0: 2},
		"10..40x4":            {0: 10, 1: 20, 2: 30, 3: 40, 4: 40},
		"1MB..9MB x5":         {0: 1e6, 1: 3e6, 4: 9e6},
		"40kB | 1.5 MB 2 GiB": {-1: 40e3, 0: 1.5e6, 1: 2 << 30},
		"24/10/4":             {0: 24, 2: 24, 3: 10, 4: 4, 5: 24}, // from a Wednesday on
		"24 | [1 2x3 0] 7":    {-1: 24, 0: 7, 1: 7},               // of eight polls
		".5 | 0":              {-1: 0.5, 0: 0},
	} {
		t.Run(text, func(t *testing.T) {
			var s testfile.Series
			require.NoError(t, s.ReadText(text))
			for offset, want := range days {
				day := s.On(offset)
				if want == unknown {
					require.True(t, day.Unknown, offset)
					continue
				}
				require.InDelta(t, want, day.Total(wednesday.AddDate(0, 0, offset), 8), 1e-9, offset)
			}
		})
	}
}

var wednesday = time.Date(2026, 6, 17, 0, 0, 0, 0, time.UTC)

func TestSeriesMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":             "no value for the days of the test",
		"| 24":         "no value before |",
		"24 |":         "no value for the days of the test",
		"24 | 1 | 2":   `cannot read a second "|"`,
		"many":         `cannot read "many"`,
		"-3":           `cannot read "-3"`,
		"24x0":         `"24x0": want a count from 1 to 400`,
		"24x401":       `"24x401": want a count from 1 to 400`,
		"24x300 1x300": "more than 400 days",
		"10..40":       `cannot read "10..40"`,
		"10.._x3":      `cannot read "10.._x3"`,
		"24/10":        `cannot read "24/10"`,
		"[1 2":         "[ without ]",
		"[]":           "[] without a value",
		"[_ 2]":        `"_" within [ ]`,
		"[1/2/3]":      `"1/2/3" within [ ]`,
		"1e300":        `cannot read "1e300"`,
		"99999999GB":   `"99999999GB" is more than Notehub counts`,
		"NaN":          `cannot read "NaN"`,
	} {
		var s testfile.Series
		require.EqualError(t, s.ReadText(text), want, text)
	}
}

func TestInstants(t *testing.T) {
	for text, want := range map[string]string{
		"09:30": "2026-06-17 09:30", "0d 09:30": "2026-06-17 09:30", "2d": "2026-06-19 00:00", "2d 23:59": "2026-06-19 23:59",
		"36h": "2026-06-18 12:00", "90m": "2026-06-17 01:30", "-3d": "2026-06-14 00:00", "0": "2026-06-17 00:00",
		"2026-06-20": "2026-06-20 00:00", "2026-06-20 08:15": "2026-06-20 08:15", "2026-06-20T08:15:00+02:00": "2026-06-20 06:15",
	} {
		var at testfile.Instant
		require.NoError(t, at.ReadText(text), text)
		require.Equal(t, want, at.In(wednesday).Format("2006-01-02 15:04"), text)
	}
	for _, text := range []string{"", "24:00", "9:30", "soon", "1d 9", "--1d", "2026-13-01"} {
		var at testfile.Instant
		require.EqualError(t, at.ReadText(text), `cannot read the time "`+text+`"`)
	}
}

// Reading a series never panics, and what was read has a value on every day.
func FuzzSeries(f *testing.F) {
	for _, text := range []string{"24", "24 | [1x36 300x4 1] 24", "1MB..9MB x5", "24/10/4 | _", "40 kB", "[", "x3", "..x2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s testfile.Series
		if s.ReadText(text) != nil {
			return
		}
		for offset := -3; offset < 4; offset++ {
			require.GreaterOrEqual(t, s.On(offset).Total(wednesday, 96), 0.0)
		}
	})
}
