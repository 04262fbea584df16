package words_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/words"
)

func TestSparkline(t *testing.T) {
	for _, test := range []struct {
		line   string
		values []float64
	}{
		{"", nil},
		{"▁▁▁", []float64{0, 0, 0}},
		{"▁▅█", []float64{0, 5, 10}},
		{"▁·█", []float64{-3, math.NaN(), 2}},
		{"··", []float64{math.NaN(), math.Inf(1)}},
		{"█", []float64{math.MaxFloat64}},
	} {
		require.Equal(t, test.line, words.Sparkline(test.values))
	}
}
