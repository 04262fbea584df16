package env

import (
	"context"
	"math"
	"slices"
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// silentFor is for how many days a device may be silent until nothing is said of what it missed.
const silentFor = 35

// A rhythm is how many sessions a device has had by day, as far as that is known.
type rhythm struct {
	values []float64 // by day; NaN is no data
	last   rules.Day // of values
	born   rules.Day
}

// on returns the sessions of a day, if that is a whole day of the device; NaN if it is not, or not known.
func (r rhythm) on(day rules.Day) float64 {
	at := len(r.values) - 1 - int(r.last-day)
	if day <= r.born || at < 0 || at >= len(r.values) {
		return math.NaN()
	}
	return r.values[at]
}

// usual returns how many sessions are usual on the weekday of a day, by the days before the last activity: the median of four days of that
// weekday, or if one of them is not known, of the whole days of two weeks. NaN if these are fewer than three.
func (r rhythm) usual(day, active rules.Day) float64 {
	const weeks, fewest = 4, 3
	newest := day - 7*((day-active+7*silentFor)/7-silentFor+1)
	same := make([]float64, 0, weeks)
	for week := range rules.Day(weeks) {
		if x := r.on(newest - 7*week); rules.Known(x) {
			same = append(same, x)
		}
	}
	if len(same) == weeks {
		return medianOf(same)
	}
	days := r.known(active-14, active-1)
	if len(days) < fewest {
		return math.NaN()
	}
	return medianOf(days)
}

// known returns the sessions of the whole days from first to last that are known.
func (r rhythm) known(first, last rules.Day) (days []float64) {
	for day := first; day <= last; day++ {
		if x := r.on(day); rules.Known(x) {
			days = append(days, x)
		}
	}
	return days
}

func medianOf(x []float64) float64 {
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// missed returns how many sessions did not come until the device list was read. It is the greatest number by the end of any day of the
// silence, so it does not fall while the device is silent, and goes by the days before it, so silence never becomes usual.
func (r rhythm) missed(active, listed time.Time) float64 {
	if active.IsZero() || listed.IsZero() || listed.Sub(active) > silentFor*24*time.Hour {
		return math.NaN()
	}
	since, today, most := rules.DayOf(active), rules.DayOf(listed), 0.0
	for day := min(since+1, today); day <= today; day++ {
		until := day.End()
		if day == today {
			until = listed
		}
		each := min(r.usual(day, since), r.usual(day-1, since)) // NaN if one is
		most = max(most, until.Sub(active).Hours()/24*each)
	}
	return most
}

// least returns the fewest sessions that the device had on any of the last 14 whole days before a day; NaN if one of these is not known, or
// they are fewer than three.
func (r rhythm) least(today rules.Day) float64 {
	const days, fewest = 14, 3
	first := max(today-days, r.born+1)
	known := r.known(first, today-1)
	if len(known) < fewest || len(known) < int(today-first) {
		return math.NaN()
	}
	return slices.Min(known)
}

// Silences count by UID of a fleet, and of "" for the project; nil: they were not counted.
type Silences map[string]*Silence

// A Silence counts the devices that have not reported when they should have. Disabled ones do not count.
type Silence struct{ overdue, late, seen int }

const (
	fewMissed   = 2.5 // sessions, that any device may miss
	overdueFrom = 24  // hours of silence
	lateFrom    = 2
	lateUntil   = 200
)

// take takes in a device.
func (s *Silence) take(d *usage.Device, r rhythm, listed time.Time) {
	hours := listed.Sub(d.LastActivity).Hours()
	if d.Disabled || d.LastActivity.IsZero() || hours > silentFor*24 {
		return
	}
	s.seen++
	if hours > overdueFrom && r.missed(d.LastActivity, listed) > fewMissed {
		s.overdue++
	}
	if hours > lateFrom && hours < lateUntil && hours/24*r.least(rules.DayOf(listed)) > fewMissed {
		s.late++
	}
}

// Read reports whether rules that read some objects need them.
func (Silences) Read(objects rules.Objects) bool {
	return slices.ContainsFunc([]string{"project.overdue", "project.late", "fleet.overdue", "fleet.late"}, objects.Read)
}

// of returns the counts and shares that expressions see of a fleet, or of the project.
func (s Silences) of(fleet string) (overdue, overduePct, late, latePct float64) {
	c := s[fleet]
	if c == nil {
		return math.NaN(), math.NaN(), math.NaN(), math.NaN()
	}
	return float64(c.overdue), c.pct(c.overdue), float64(c.late), c.pct(c.late)
}

// pct returns a count in percent of the devices that were heard of; NaN without any.
func (s *Silence) pct(count int) float64 {
	if s.seen == 0 {
		return math.NaN()
	}
	return 100 * float64(count) / float64(s.seen)
}

// SilencesOf counts the devices of the stored list as [CountSilence] does, if rules that read some objects need that; nil if they do not.
func SilencesOf(ctx context.Context, db *usage.Store, project string, objects rules.Objects) (Silences, error) {
	if !(Silences)(nil).Read(objects) {
		return nil, nil
	}
	list, err := db.DeviceList(ctx, project)
	if err != nil {
		return nil, err
	}
	return CountSilence(ctx, db, project, list)
}

// CountSilence counts the devices of a list that have not reported when they should have: of the project, "", and of each fleet by UID.
func CountSilence(ctx context.Context, db *usage.Store, project string, list *usage.DeviceList) (Silences, error) {
	counts := Silences{"": {}}
	today := rules.DayOf(list.Read)
	first := today - metric.MissedDays
	reader := Reader{Usage: db, Project: project}
	for from := 0; from < list.Len(); {
		block := list.Ordinal(from) / history.BlockSize
		var devices []usage.Device
		var members []Member
		for ; from < list.Len() && list.Ordinal(from)/history.BlockSize == block; from++ {
			d := list.At(from)
			devices, members = append(devices, d), append(members, MemberOf(&d))
		}
		days := int(today-first) + 1
		if err := reader.read(ctx, block, members, rules.Sessions, first, days); err != nil {
			return nil, err
		}
		for i := range devices {
			d := &devices[i]
			r := rhythm{reader.days[i*days : (i+1)*days], today, rules.DayOf(d.Provisioned)}
			counts[""].take(d, r, list.Read)
			for at, fleet := range d.Fleets {
				if slices.Contains(d.Fleets[:at], fleet) {
					continue
				}
				if counts[fleet] == nil {
					counts[fleet] = &Silence{}
				}
				counts[fleet].take(d, r, list.Read)
			}
		}
	}
	return counts, nil
}
