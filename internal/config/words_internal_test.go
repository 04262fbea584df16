package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30m":      30 * time.Minute,
		"1h30m":    90 * time.Minute,
		"7d":       7 * 24 * time.Hour,
		"2w":       14 * 24 * time.Hour,
		"1w2d3h":   (9*24 + 3) * time.Hour,
		"1d0.5h":   24*time.Hour + 30*time.Minute,
		"0d1ms":    time.Millisecond,
		"10000d":   10_000 * 24 * time.Hour,
		"":         0,
		"30":       0,
		"0s":       0,
		"0d":       0,
		"-1h":      0,
		"1d-1h":    0,
		"1.5d":     0,
		"2d1w":     0,
		"1 day":    0,
		"999999w":  0,
		"9999999d": 0,
	} {
		got, err := parseDuration(text)
		require.Equal(t, want, got, text)
		require.Equal(t, want == 0, err != nil, "%s: %v", text, err)
	}
}
