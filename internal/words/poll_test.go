package words_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/words"
)

func TestPolling(t *testing.T) {
	require.Equal(t, "lab is being polled", words.Polling("lab", "", time.Minute))
	require.Equal(t, "waiting for the request budget while plant is being polled", words.Polling("lab", "plant", 0))
	require.Equal(t, "waiting for the request budget while plant is being polled, for about 2 min", words.Polling("lab", "plant", 2*time.Minute))
}

func TestReducedRate(t *testing.T) {
	require.Equal(t, "sending 1.5 of 3 requests a minute until Mon 15 Jun 12:10 UTC, because Notehub rate-limited the account",
		words.ReducedRate(1.5, 3, time.Date(2026, 6, 15, 12, 10, 0, 0, time.UTC)))
}
