package words_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/words"
)

func TestFigure(t *testing.T) {
	for _, test := range []struct {
		value float64
		unit  string
		want  string
	}{
		{41.2e6, "B", "41.2 MB"},
		{40e6, "B", "40 MB"},
		{0, "B", "0 B"},
		{math.Copysign(0, -1), "B", "0 B"},
		{999, "B", "999 B"},
		{999.4, "B", "999 B"},
		{999.5, "B", "1 kB"},
		{1000, "B", "1 kB"},
		{1234, "B", "1.23 kB"},
		{999_499, "B", "999 kB"},
		{999_500, "B", "1 MB"},
		{99.96e3, "B", "100 kB"},
		{-41.2e6, "B", "-41.2 MB"},
		{5.5e15, "B", "5.5 PB"},
		{5.5e18, "B", "5,500 PB"},
		{12345, "", "12,345"},
		{1234567, "", "1,234,567"},
		{1234.6, "", "1,235"},
		{100, "", "100"},
		{99.96, "", "100"},
		{26.34, "", "26.3"},
		{2.349, "", "2.35"},
		{0.0123456, "", "0.0123"},
		{-3, "", "-3"},
		{45, "min", "45 min"},
		{1e300, "", "1e+300"},
		{math.NaN(), "B", "no data"},
		{math.Inf(1), "", "no data"},
	} {
		require.Equal(t, test.want, words.Figure(test.value, test.unit), "%v %q", test.value, test.unit)
	}
}

func TestMoney(t *testing.T) {
	for want, amount := range map[string]float64{
		"USD 12.34": 12.344, "USD 1.50": 1.5, "USD 0.00": 0, "less than USD 0.01": 0.001, "no data": math.NaN(),
	} {
		require.Equal(t, want, words.Money(amount, "USD"))
	}
}

func TestShare(t *testing.T) {
	for _, test := range []struct {
		value, limit float64
		want         string
	}{
		{41.2, 40, "103 %"},
		{40, 40, "100 %"},
		{39.999, 40, "99 %"},
		{0.29, 1, "29 %"},
		{0, 40, "0 %"},
		{1e6, 40, "2,500,000 %"},
		{-1, 40, ""},
		{1, 0, ""},
		{math.NaN(), 40, ""},
		{1, math.Inf(1), ""},
	} {
		require.Equal(t, test.want, words.Share(test.value, test.limit), "%v of %v", test.value, test.limit)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 alerts", 1: "1 alert", 2: "2 alerts", 999: "999 alerts", 1234567: "1,234,567 alerts"} {
		require.Equal(t, want, words.Count(n, "alert"))
	}
}

func TestDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0 s":        -time.Minute,
		"40 s":       40 * time.Second,
		"59 min":     time.Hour - time.Second,
		"4 h 12 min": 4*time.Hour + 12*time.Minute + 59*time.Second,
		"4 h":        4 * time.Hour,
		"2 d 3 h":    51*time.Hour + 30*time.Minute,
		"7 d":        7 * 24 * time.Hour,
		"400 d":      400 * 24 * time.Hour,
	} {
		require.Equal(t, want, words.Duration(d))
	}
}

func TestTime(t *testing.T) {
	zone := time.FixedZone("", 3*60*60)
	require.Equal(t, "Mon 12 Jan 14:05 UTC", words.Time(time.Date(2026, 1, 12, 17, 5, 59, 0, zone)))
	require.Equal(t, "unknown", words.Time(time.Time{}))
}
