package silences_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/silences"
	"notewatch/rules/muting"
)

func TestASilenceLastsAYearAtMost(t *testing.T) {
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	order := silences.Order{Everything: true, Because: "x", Prefix: "--"}
	for _, text := range []string{"366d", "52w2d", "8784h"} {
		order.For = text
		s, err := order.Silence(now)
		require.NoError(t, err)
		require.Equal(t, muting.Silence{Start: now, End: now.AddDate(0, 0, 366), Because: "x"}, s, text)
	}
	for _, text := range []string{"53w", "366d1m", "1m366d", "20000w", "30501w", "99999w", "1w30500w", "99999d99999d"} {
		order.For = text
		_, err := order.Silence(now)
		require.ErrorContains(t, err, `--for "`+text+`" is too long: a silence lasts at most a year`)
	}
	for until, from := range map[string]string{"2027-06-17": "", "2028-06-17": "2027-06-15"} {
		order.For, order.Until, order.From = "", until, from
		_, err := order.Silence(now)
		require.ErrorContains(t, err, "is too far away: a silence lasts at most a year", until)
	}
}
