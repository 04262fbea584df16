package env

import (
	"time"

	"notewatch/rules"
)

// A Satellite is the satellite allowance that each device of a project has.
type Satellite struct {
	Bytes  float64          // 0: no allowance
	Once   bool             // it does not begin again
	Period rules.PeriodSpec // after which it begins again, unless Once
	From   rules.Day        // days before do not count; 0: none
}

// since returns the first day of the allowance of a device that was born on a day, as of a day. Days that are no longer kept do not count.
func (s Satellite) since(asOf, born rules.Day) rules.Day {
	first := asOf - rules.KeptDays + 1
	if !s.Once {
		first, _ = s.Period.Bounds(asOf)
	}
	return min(max(first, s.From, born), asOf)
}

// seen returns the allowance of a device as expressions see it as of a day. What is left is no data while days since the allowance began
// have not been read, because used is a lower bound then.
func (s Satellite) seen(born time.Time, asOf rules.Day, sat rules.Metric) rules.SatPlan {
	seen := rules.UnknownEnv().SatPlan
	if s.Bytes == 0 {
		return seen
	}
	seen.Used, seen.Limit, seen.UsedPct = sat.Allowance, s.Bytes, 100*sat.Allowance/s.Bytes
	if sat.Unread > 0 {
		return seen
	}
	seen.Left = max(0, s.Bytes-sat.Allowance)
	seen.DaysLeft = daysLeft(seen.Left, sat.D7, wholeDays(born, asOf.Start()))
	return seen
}
