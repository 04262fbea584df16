package budget

import (
	"math"
	"time"
)

const (
	// PageSize is how many devices a page of the device list has at most.
	PageSize = 10_000
	// MaxRows is how many rows an answer about usage has at most: about one for each device and day.
	MaxRows = 400_000

	listEvery  = time.Hour // so often are the device list and the fleets read
	day        = 24 * time.Hour
	pollDays   = 2    // yesterday and today
	rereadDays = 8    // which are read instead once a day
	spare      = 0.05 // of the budget, for requests that are repeated and polls that catch up
)

// A Load is how many requests the polls of a project take.
type Load struct {
	Poll int // each poll: usage
	List int // besides, once an hour: the device list and the fleets
	Day  int // besides, once a day: usage of the last days again
}

// LoadOf returns the load of a project with a number of devices, of which some kinds of usage are read, each with requests of its own.
func LoadOf(devices, kinds int) Load {
	requests := func(rows, most int) int { return max(1, (rows+most-1)/most) }
	poll := kinds * requests(devices*pollDays, MaxRows)
	return Load{Poll: poll, List: requests(devices, PageSize) + 1, Day: kinds*requests(devices*rereadDays, MaxRows) - poll}
}

// ListDue reports whether the device list of project number i of an account, last read at read, is due. That is once an hour. The minute
// differs by project, and not in the order of the projects, in which they are polled: so any polls that follow each other take about the
// same number of requests.
func ListDue(read, now time.Time, i int) bool {
	const golden = 0.6180339887498949 // its multiples modulo 1 are spread evenly, however many there are
	_, share := math.Modf(float64(i) * golden)
	phase := time.Duration(share * float64(listEvery))
	return read.Before(now.Add(-phase).Truncate(listEvery).Add(phase))
}

// Interval returns the time between two polls of each project of an account: wanted, or as many whole minutes as the requests for all
// its projects take at perMinute requests a minute.
func Interval(wanted time.Duration, perMinute float64, loads []Load) time.Duration {
	var sum Load
	for _, l := range loads {
		sum = Load{sum.Poll + l.Poll, sum.List + l.List, sum.Day + l.Day}
	}
	for interval := wanted; ; {
		share := func(every time.Duration) float64 { return min(1, interval.Hours()/every.Hours()) }
		requests := float64(sum.Poll) + float64(sum.List)*share(listEvery) + float64(sum.Day)*share(day)
		needed := Takes(requests/(1-spare), perMinute)
		if needed <= interval {
			return interval
		}
		interval = time.Duration(math.Ceil(needed.Minutes())) * time.Minute
	}
}
