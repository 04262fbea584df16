package rules

import "time"

// A Forecast is what a value is expected to come to.
type Forecast struct {
	AtEnd   float64   `json:"at_end"`            // of its period
	LimitAt time.Time `json:"limit_at,omitzero"` // as LimitAt returns it
}

// LimitAt returns about when a value exceeds its limit, if it grows evenly to its forecast. It is the zero time if the value has exceeded it,
// or will not before the period ends.
func LimitAt(used, forecast, limit float64, asOf time.Time, daysLeft float64) time.Time {
	if !(used <= limit && forecast > limit) {
		return time.Time{}
	}
	days := daysLeft * (limit - used) / (forecast - used)
	return asOf.Add(time.Duration(days * float64(24*time.Hour))).Round(time.Minute)
}

// Forecasts returns the figure whose forecast belongs into messages of the rule. ok is false if the shown value does not add up over the
// period, or has no limit.
func (r *Rule) Forecasts() (figure Figure, ok bool) {
	object, member := CutPath(r.Show)
	figure, metric := ParseFigure(object)
	return figure, metric && r.limit != nil && (member == "used" || member == "forecast")
}
