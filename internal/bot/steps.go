package bot

import (
	"time"

	"notewatch/internal/metrics"
)

// stepTimes holds the durations of the steps of a poll, on the machine clock.
type stepTimes map[metrics.Step]time.Duration

// spend adds the time until the returned function is called to a step.
func (b *Bot) spend(times stepTimes, step metrics.Step) (done func()) {
	began := b.machine()
	return func() { times[step] += max(0, b.machine().Sub(began)) }
}
