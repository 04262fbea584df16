package deliver

import (
	"time"

	"notewatch/internal/store/work"
	"notewatch/notify"
)

const (
	minRetry      = 5 * time.Second
	maxRetry      = 10 * time.Minute // longest pause between two attempts, unless the receiver asks for more
	maxPatience   = time.Hour        // longest pause that a receiver can ask for
	retryTime     = time.Hour        // between two retries of a receiver that only a person can fix
	fallBackAfter = 30 * time.Minute // after this time of failures
)

// LongestPause is the longest time between two attempts at a receiver.
const LongestPause = max(maxPatience, retryTime)

// A round is the result of one round of sending to a receiver.
type round struct {
	planned    int           // messages
	accepted   int           // messages that the receiver accepted
	works      bool          // one of them was not quiet, so the receiver works
	attempted  bool          // a call was made, so it is known whether the receiver works
	failure    *notify.Error // the failure of the receiver that ended the round: Temporary or Permanent
	incomplete bool          // some messages were not tried: there was no time, or there is something newer
	rejected   []rejected    // messages rejected because of their content
	later      time.Time     // when there will be more to send; the zero time if nothing is planned
}

// A rejected is a message that the receiver will never accept.
type rejected struct {
	message outgoing
	failure *notify.Error
}

// facts are what afterRound needs to know of a receiver.
type facts struct {
	now         time.Time
	unreachable bool      // the alert that says so was open when the round began
	oldest      time.Time // time since which the oldest delivery has been waiting; zero if none is waiting or it does not matter
	once        bool      // no process waits for the next attempt, so each start would be one
	jitter      float64   // from 0 to 1
}

// An action is something to do after a round.
type action string

const (
	giveUp            action = "give up what waits"
	reportUnreachable action = "report that it is unreachable"
	reportReachable   action = "report that it is reachable again"
	wakeFallback      action = "wake its fallback"
)

// A next is what follows a round.
type next struct {
	due      time.Time // of the next round; zero if nothing is planned
	failures int       // in a row
	actions  []action  // in this order
}

// afterRound decides what follows a round.
func afterRound(done round, lease work.Lease, k facts) next {
	if done.failure != nil {
		return afterFailure(done, lease, k)
	}
	n := next{due: done.later}
	if done.planned > 0 && !done.attempted {
		n.failures = lease.Failures // a round without a call does not show that the receiver works
	}
	switch {
	case done.incomplete:
		n.due = k.now
	case done.works && k.unreachable:
		n.actions = []action{reportReachable}
	case k.unreachable:
		// Without failures; otherwise a new delivery would wait for the hourly retry too.
		n.due, n.failures = work.Earlier(done.later, k.now.Add(retryTime)), 0
	}
	return n
}

// afterFailure decides what follows a round that ended with a failure of the receiver. If only an operator can fix it, deliveries are given
// up and retried every hour. After any other failure the pauses grow. When a delivery has been waiting for fallBackAfter, or has to because
// the receiver asks for time, the receiver is reported as unreachable; from then on its fallback is woken after every failure.
func afterFailure(done round, lease work.Lease, k facts) next {
	if done.failure.Class == notify.Permanent {
		actions := []action{giveUp, wakeFallback}
		if !k.unreachable {
			actions = append([]action{reportUnreachable}, actions...) // first, because given-up deliveries are retried as long as that alert is open
		}
		return next{due: k.now.Add(retryTime), actions: actions}
	}
	n := next{failures: lease.Failures + 1}
	if done.works {
		n.failures = 1
	}
	n.due = k.now.Add(pauseAfter(n.failures, done.failure, k.jitter))
	reportAt := k.oldest.Add(fallBackAfter)
	switch {
	case k.unreachable:
		if hourly := k.now.Add(retryTime); k.once && n.due.Before(hourly) {
			n.due = hourly
		}
		n.actions = []action{wakeFallback}
	case k.oldest.IsZero():
	case reportAt.After(k.now) && !reportAt.Before(k.now.Add(patience(done.failure))):
		n.due = work.Earlier(n.due, reportAt)
	default:
		n.actions = []action{reportUnreachable, wakeFallback}
	}
	return n
}

// pauseAfter returns the pause after a number of failures in a row. It grows exponentially, its second half is random, and it is at least
// as long as the receiver asks for.
func pauseAfter(failures int, failure *notify.Error, jitter float64) time.Duration {
	half := min(minRetry<<min(failures-1, 20), maxRetry) / 2
	return max(half+time.Duration(jitter*float64(half)), patience(failure))
}

// patience returns the pause that a receiver asked for, up to maxPatience.
func patience(failure *notify.Error) time.Duration { return min(failure.RetryAfter, maxPatience) }
