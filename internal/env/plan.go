package env

import (
	"math"
	"time"

	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// notAtThisPace is how many days a plan lasts, or more.
const notAtThisPace = 36_500

// plan returns the data plan of a device as of now. week is what the device used in the last 7 complete days, in bytes.
func (p Project) plan(device *usage.Device, week float64) rules.Plan {
	plan := rules.UnknownEnv().Plan
	topUp := p.topUp(device.Fleets)
	plan.AutoTopup, plan.AutoTopupKnown = topUp == rules.True, topUp != rules.NoData
	of := device.Plan
	if of == nil {
		return plan
	}
	plan.Used, plan.SIMs = of.Used, float64(of.SIMs)
	if of.Limit > 0 {
		plan.Limit, plan.Left, plan.UsedPct = of.Limit, max(0, of.Limit-of.Used), 100*of.Used/of.Limit
	}
	plan.DaysLeft = daysLeft(plan.Left, week, wholeDays(device.Provisioned, p.Now))
	if !of.Updated.IsZero() {
		plan.AgeHours = max(0, p.Counts.ListedAt.Sub(of.Updated).Hours())
	}
	return plan
}

// topUp reports whether more data is bought for a device of some fleets. It is not known if that is so of a fleet, unless another one has
// it bought.
func (p Project) topUp(fleets []string) rules.Truth {
	bought := rules.False
	for _, uid := range fleets {
		bought = max(bought, p.Assured[uid])
	}
	return bought
}

// paceDays is how many complete days a pace is of.
const paceDays = 7

// wholeDays returns how many of the last complete days are whole days of a subject that was born at an instant.
func wholeDays(born, now time.Time) int {
	return max(0, min(paceDays, int(rules.DayOf(now)-rules.DayOf(born))-1))
}

// daysLeft returns how many days what is left lasts at the pace of a week, of which some days are whole ones.
func daysLeft(left, week float64, whole int) float64 {
	const fewest = 3
	switch {
	case math.IsNaN(left) || math.IsNaN(week) || whole < fewest:
		return math.NaN()
	case left == 0:
		return 0
	}
	return min(notAtThisPace, left/(week/float64(whole)))
}
