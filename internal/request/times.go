package request

import (
	"time"

	"notewatch/internal/metrics"
)

// Times holds the durations of the steps of a poll, on the machine clock.
type Times map[metrics.Step]time.Duration

// Spend adds the time until the returned function is called to a step.
func (t Times) Spend(step metrics.Step, machine func() time.Time) (done func()) {
	began := machine()
	return func() { t[step] += max(0, machine().Sub(began)) }
}
