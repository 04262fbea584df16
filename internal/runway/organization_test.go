package runway_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/runway"
)

// The runway of an organization has a date, unless it is not known or far away.
func TestRunwayOfAnOrganization(t *testing.T) {
	for days, want := range map[float64]string{
		12.5:   "lasts 12.5 d at the pace of the last days, until about Mon 23 Mar",
		36_500: "its events do not run out at the pace of the last days",
		-1:     "when its events run out is not known", // NaN
	} {
		p := runway.Organization{Balance: math.NaN(), Capacity: math.NaN(), DaysLeft: days, AsOf: noon}
		if days < 0 {
			p.DaysLeft = math.NaN()
		}
		require.Equal(t, []string{want}, p.Facts())
	}
}
