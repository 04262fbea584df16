package budget

import (
	"math"
	"time"
)

const (
	// PageSize is the maximum number of devices on a page of the device list.
	PageSize = 10_000
	// MaxRows is the maximum number of rows in an answer about usage. There is about one row for each device and day.
	MaxRows = 400_000

	listEvery  = time.Hour // the device list and the fleets are read this often
	day        = 24 * time.Hour
	pollDays   = 2    // yesterday and today
	rereadDays = 8    // read once a day instead
	spare      = 0.05 // of the budget, for repeated requests and late polls
)

// A Load is the number of requests that the polls of a project send.
type Load struct {
	Poll int // each poll: usage
	List int // once an hour in addition: the device list, the fleets and the routes
	Day  int // once a day in addition: usage of the last days again
}

// Kinds are the numbers of kinds of answers that are read. Each kind takes its own requests.
type Kinds struct {
	Usage  int // of devices, by each poll
	Routes int // of routes, once an hour

	Organization bool // the organization of each account, once an hour
	Balance      bool // its balance, once a day
}

// LoadOfAccount returns the load of an account in addition to that of its projects.
func LoadOfAccount(kinds Kinds) (load Load) {
	if kinds.Organization {
		load.List = 1
	}
	if kinds.Balance {
		load.Day = 1
	}
	return load
}

// LoadOf returns the load of a project with a number of devices and kinds of answers.
func LoadOf(devices int, kinds Kinds) Load {
	requests := func(rows, most int) int { return max(1, (rows+most-1)/most) }
	poll := kinds.Usage * requests(devices*pollDays, MaxRows)
	return Load{
		Poll: poll, List: requests(devices, PageSize) + 1 + kinds.Routes,
		Day: kinds.Usage*requests(devices*rereadDays, MaxRows) - poll + kinds.Routes,
	}
}

// ListDue reports whether the device list of project number i of an account, last read at read, is due. It is due once an hour. The minute
// differs by project and is spread evenly over consecutive projects, so any consecutive polls send about the same number of requests.
func ListDue(read, now time.Time, i int) bool {
	const golden = 0.6180339887498949 // its multiples modulo 1 are spread evenly, however many there are
	_, share := math.Modf(float64(i) * golden)
	phase := time.Duration(share * float64(listEvery))
	return read.Before(now.Add(-phase).Truncate(listEvery).Add(phase))
}

// Interval returns the time between two polls of each project of an account: wanted, or more whole minutes if perMinute requests a minute
// do not suffice for all its projects.
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
