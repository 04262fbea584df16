package words_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/words"
)

func TestLength(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "2H": 2 * time.Hour, "1h30m": 90 * time.Minute, "1.5h": 90 * time.Minute, "1 day 2 hours": 26 * time.Hour,
		"1w": 7 * 24 * time.Hour, "3d": 72 * time.Hour, " 45 sec ": 45 * time.Second, "999999w": math.MaxInt64, "20000w 20000w": math.MaxInt64,
	} {
		length, err := words.Length(text)
		require.NoError(t, err, text)
		require.Equal(t, want, length, text)
	}
	for _, text := range []string{"", "2", "h", "-2h", "2x", "2h x", "30", "1d-1h"} {
		_, err := words.Length(text)
		require.EqualError(t, err, `cannot read the duration "`+text+`": write 90m, 2h, 3d or 1w`)
	}
	for _, text := range []string{"0h", "0.0d"} {
		_, err := words.Length(text)
		require.EqualError(t, err, `"`+text+`" is too short: write 90m, 2h, 3d or 1w`)
	}
}

func TestInstant(t *testing.T) {
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"14:00":                     "2026-06-30T14:00:00Z",
		"9:30 utc":                  "2026-07-01T09:30:00Z",
		"12:00":                     "2026-07-01T12:00:00Z",
		"tomorrow":                  "2026-07-01T00:00:00Z",
		"Tomorrow 14:00 UTC":        "2026-07-01T14:00:00Z",
		"tomorrow UTC":              "2026-07-01T00:00:00Z",
		"2026-07-02":                "2026-07-02T00:00:00Z",
		"2026–07–02 06:00":          "2026-07-02T06:00:00Z",
		"2026-07-02T06:00:05Z":      "2026-07-02T06:00:05Z",
		"2026-07-02T06:00:00+02:00": "2026-07-02T04:00:00Z",
		"2020-01-01":                "2020-01-01T00:00:00Z",
	} {
		at, err := words.Instant(text, now)
		require.NoError(t, err, text)
		require.Equal(t, want, at.Format(time.RFC3339), text)
	}
	for _, text := range []string{"", "utc", "noon", "25:00", "tomorrow14:00", "tomorrow noon", "tomorrow 14", "2026-06-31", "tomorrows"} {
		_, err := words.Instant(text, now)
		require.ErrorContains(t, err, "cannot read the time", text)
	}
}

func FuzzInstant(f *testing.F) {
	for _, text := range []string{"14:00", "tomorrow 9:00 UTC", "2026-06-15 14:00", "2026-06-15T14:00:00+02:00"} {
		f.Add(text)
	}
	now := time.Date(2026, 12, 31, 23, 59, 59, 1, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		if at, err := words.Instant(text, now); err == nil {
			require.Equal(t, time.UTC, at.Location())
		}
		if length, err := words.Length(text); err == nil {
			require.Positive(t, length)
		}
	})
}
