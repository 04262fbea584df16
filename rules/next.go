package rules

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"math"
	"strings"
	"time"
)

// A Verdict is the result of one evaluation of a rule for a subject: the input of Next.
type Verdict struct {
	Evaluation           // as of now
	DayEnd     Result    // as of the end of the last complete UTC day; read for day and forecast rules only
	Period     time.Time // start of the current period; read for period and forecast rules only
	First      bool      // first evaluation of the rule
	AsOf       time.Time // time of the data
	Listed     time.Time // time of the device list
	Shown      bool      // a message shows the value of the alert, so Value, Usual, AsOf and Peak are kept current

	Growing       map[string]float64 // result of Rule.Growing as of now; read for alerts that fire or are firing
	DayEndGrowing map[string]float64 // the same as of DayEnd
	Members       int                // number of devices of a fleet now; 0 for other subjects

	PeakUsual float64 // what is usual on the day of the highest value, for an alert that becomes quiet; NaN: not evaluated

	Last   float64   // of the rule's Show at LastAt
	LastAt time.Time // end of the last complete UTC day, or of the alert's period if that has ended; zero: not evaluated
}

// Key identifies what an alert is about: rule, project and subject, and for a period or forecast rule the start of the period.
type Key struct {
	Rule, Project, Subject string
	Period                 time.Time // start of the period for period and forecast rules; else zero
}

// Inactive returns the alert of a subject without one: the state before the first call of Next.
func (k Key) Inactive() Alert {
	a := noFigures()
	a.Rule, a.Project, a.Subject, a.Period = k.Rule, k.Project, k.Subject, k.Period
	return a
}

// Key returns the key of the alert.
func (a Alert) Key() Key { return Key{a.Rule, a.Project, a.Subject, a.Period} }

// Next returns the alert after one more evaluation at now, and the event. It is a pure function: the same alert, rule, verdict and instant
// give the same result.
//
// The level stays if it lies between the highest level that is certainly reached and the highest that is possible, and otherwise moves to
// the nearer of the two. So missing data neither fires nor resolves anything. Which levels are possible depends on the kind of the rule: a
// live rule uses now, a day or forecast rule uses now and the end of yesterday, and for a period rule every level is possible until its
// period ends. If the value of a figure that only grows is lower than when the alert was announced, it was wrong: then a period rule uses
// now too, and on the same day a day or forecast rule does.
//
// An alert that ends without having fired has the state "". One about which nothing has to be stored is returned unchanged: see Unchanged.
func (a Alert) Next(r *Rule, v Verdict, now time.Time) (Alert, Event) {
	after, event := a.next(r, v, now)
	if event != None || !a.Open() || !after.Open() || v.Shown || a.showsOther(r) {
		return after, event
	}
	if !after.peakMoved(a, now) {
		after.Peak, after.PeakOn = a.Peak, a.PeakOn
	}
	after.Value, after.Usual, after.AsOf = a.Value, a.Usual, a.AsOf
	return after, None
}

// next is Next with the values of v in any case.
func (a Alert) next(r *Rule, v Verdict, now time.Time) (Alert, Event) {
	if r.Kind.OfPeriod() && a.Open() && !a.Period.Equal(v.Period) {
		return a.last(v).end(Resolved, PeriodEnded, now)
	}
	if v.Selected == False {
		return a.Withdraw(NotSelected, now)
	}
	a, moved := a.observe(r, v, now).follow(r, v)
	if moved {
		return a.relimit(v, now)
	}
	low, high := a.bounds(r, v, now)
	switch level := min(max(a.level(), low), high); {
	case a.State != Firing && level > Inactive:
		return a.fire(level, now).remember(v, now), Fired
	case a.State != Firing:
		return a.wait(now), None
	case level == Inactive:
		return a.over(r, v, now)
	case level > a.Level:
		return a.escalate(level, now).remember(v, now), Escalated
	case level < a.Level:
		fallen := a.Fallen(r, v, now)
		a.Level, a.Doubted = level, false
		return a.correct(r, fallen).remember(v, now).record(Deescalated, now), Deescalated
	}
	return a.stay(r, v, now)
}

// Unchanged reports whether an open alert needs no storing if before is stored: that is so for most that Next returns without an event.
func (a Alert) Unchanged(before Alert) bool {
	return a.Version == before.Version && a.State == before.State && a.Holds == before.Holds && a.Doubted == before.Doubted &&
		a.Then.At.Equal(before.Then.At) && a.AsOf.Equal(before.AsOf) &&
		a.Then.Next.equal(before.Then.Next) && equal(a.Value, before.Value) && equal(a.Usual, before.Usual) && equal(a.Peak, before.Peak) && equal(a.Limit, before.Limit)
}

// equal reports whether two values are the same or both no data.
func equal(x, y float64) bool { return x == y || !Known(x) && !Known(y) }

// peakShare is the share of the stored peak by which a value must exceed it to be stored.
const peakShare = 0.05

// peakMoved reports whether the peak must be stored if that of before is stored. The peak of a past day is exact.
func (a Alert) peakMoved(before Alert, now time.Time) bool {
	grown := a.Peak - before.Peak
	return !Known(before.Peak) || grown > peakShare*math.Abs(before.Peak) || grown > 0 && a.PeakOn < DayOf(now)
}

// over ends the alert because its condition is false: as corrected if a value was wrong, else as resolved, once it was kept for long
// enough.
func (a Alert) over(r *Rule, v Verdict, now time.Time) (Alert, Event) {
	if fallen := a.Fallen(r, v, now); len(fallen) > 0 {
		a.Usual = v.Usual
		return a.correct(r, fallen).end(Resolved, Corrected, now)
	}
	if a.kept(r, now) {
		return a.quiet(v, now)
	}
	return a.end(Resolved, EventResolved, now)
}

// Withdraw ends the alert because its rule or subject was removed or changed. why is the reason, for people.
func (a Alert) Withdraw(why string, now time.Time) (Alert, Event) {
	a, event := a.end(Withdrawn, EventWithdrawn, now)
	if event != None {
		a.Why = why
	}
	return a, event
}

// Reevaluate is Next for a rule whose meaning has changed since the alert was last evaluated. A firing alert that the new rule does not
// contradict continues with its message; any other is withdrawn, and the caller evaluates the rule again. why describes the change, for
// people.
func (a Alert) Reevaluate(r *Rule, v Verdict, why string, now time.Time) (Alert, Event) {
	period := v.Period
	if !r.Kind.OfPeriod() {
		period = time.Time{}
	}
	contradicted := a.Level < v.Result.Least || a.Level > v.possible(r)
	switch {
	case v.Selected == False:
		return a.Withdraw(NotSelected, now)
	case a.State != Firing || contradicted || !a.Period.Equal(period):
		return a.Withdraw(why, now)
	}
	differs := a.LimitDiffers(r, v)
	a.Holds = [Critical + 1]Hold{}
	a = a.observe(r, v, now).limited(r, v).remember(v, now)
	if !differs {
		return a, None
	}
	return a.record(Updated, now), Updated
}

// Revise returns an alert about a day or period that has ended: late values show that at its end, v.AsOf, the condition was certainly true.
// The alert has ended when it is made. The event is None if the condition was not certainly true.
func (k Key) Revise(r *Rule, v Verdict, now time.Time) (Alert, Event) {
	if v.Result.Least == Inactive {
		return k.Inactive(), None
	}
	a := k.Inactive().measure(r, v).limited(r, v)
	a.ID = a.id("revised "+v.Result.Least.String(), v.AsOf)
	a.State, a.Level, a.Worst, a.AsOf, a.PeakOn = Resolved, v.Result.Least, v.Result.Least, v.AsOf, DayOf(v.AsOf)-1
	a.Since, a.FiredAt, a.RaisedAt, a.NotifiedAt, a.EndedAt = v.AsOf, now, now, now, now
	return a.record(Revised, now), Revised
}

// observe applies the values, and records how long each level has been certainly true.
func (a Alert) observe(r *Rule, v Verdict, now time.Time) Alert {
	for level := Info; level <= Critical; level++ {
		hold := &a.Holds[level]
		switch {
		case v.Result.Least >= level && (hold.Count == 0 || hold.Since.After(now)): // the clock may have been set back
			*hold = Hold{Since: now, Count: 1}
		case v.Result.Least >= level:
			hold.Count = max(hold.Count, r.asks())
		case v.Result.Most < level:
			*hold = Hold{}
		}
	}
	if a.State == "" {
		a.Already = v.First
	}
	if a.State == Firing && v.Result.Most < a.Level {
		a.Doubted = true
	}
	return a.measure(r, v)
}

// measure applies the values.
func (a Alert) measure(r *Rule, v Verdict) Alert {
	if a.showsOther(r) {
		a.Value, a.Peak, a.Usual = math.NaN(), math.NaN(), math.NaN()
	}
	if r.Kind.ByDay() && a.Since.Before(v.LastAt) { // events of that day may have arrived after its last poll
		a = a.peak(v.Last, DayOf(v.LastAt)-1)
	}
	if !Known(v.Value) {
		return a
	}
	a.Value, a.AsOf = v.Value, v.AsOf
	if a.QuietSince.IsZero() || v.Result.Least > Inactive { // else Usual is of the day of the peak
		a.Usual = v.Usual
	}
	return a.peak(v.Value, DayOf(v.AsOf))
}

// showsOther reports whether the values of the alert belong to another figure than the rule shows now.
func (a Alert) showsOther(r *Rule) bool { return a.Texts.Figure != "" && a.Texts.Figure != r.Show }

// peak applies a value of a day to the peak.
func (a Alert) peak(value float64, day Day) Alert {
	if Known(value) && (!Known(a.Peak) || value > a.Peak) {
		a.Peak, a.PeakOn = value, day
	}
	return a
}

// last applies the value at the end of the alert's period: more may have arrived since its newest evaluation.
func (a Alert) last(v Verdict) Alert {
	if v.LastAt.IsZero() || !Known(v.Last) {
		return a
	}
	a.Value, a.AsOf = v.Last, v.LastAt
	return a.peak(v.Last, DayOf(v.LastAt)-1)
}

// bounds returns the highest level that is certainly reached, and the highest that is possible.
func (a Alert) bounds(r *Rule, v Verdict, now time.Time) (low, high Level) {
	for level := Info; level <= v.Result.Least; level++ {
		if a.Holds[level].lasted(r.Spec.For, now) {
			low = level
		}
	}
	if v.recovered(r) {
		return Inactive, Inactive
	}
	switch fell := a.fell(r, v, now); {
	case r.Kind == PeriodRule && !fell:
		return low, r.Highest
	case fell:
		v.DayEnd = Result{}
	}
	return low, v.possible(r)
}

// possible returns the highest level that is possible, without the exception for period rules.
func (v Verdict) possible(r *Rule) Level {
	high := v.Result.Most
	if r.Kind.ByDay() {
		high = max(high, v.DayEnd.Most)
	}
	if r.Spec.ResolveWhen != "" && !v.recovered(r) {
		high = max(high, r.Lowest)
	}
	return high
}

// recovered reports whether ResolveWhen says that the problem has ended.
func (v Verdict) recovered(r *Rule) bool {
	return r.Spec.ResolveWhen != "" && v.Recovered == True && v.Result.Least == Inactive
}

// asks returns how often a level must have been found true to fire.
func (r *Rule) asks() int {
	if r.Spec.For > 0 {
		return 2
	}
	return 1
}

// lasted reports whether a hold is long enough to fire: at least need, and found twice if need is above zero.
func (h Hold) lasted(need time.Duration, now time.Time) bool {
	if need <= 0 {
		return h.Count > 0
	}
	return h.Count > 1 && now.Sub(h.Since) >= need
}

// level returns the announced level.
func (a Alert) level() Level {
	if a.State == Firing {
		return a.Level
	}
	return Inactive
}

// wait returns the alert as pending, or as inactive if no level is reached.
func (a Alert) wait(now time.Time) Alert {
	if a.Holds[Info].Count == 0 {
		return a.Key().Inactive()
	}
	if a.State == "" {
		a = a.begin(now)
		a.State = Pending
	}
	return a
}

// begin starts a new alert.
func (a Alert) begin(now time.Time) Alert {
	a.Since = now
	a.ID = a.id("since", now)
	return a
}

func (a Alert) fire(level Level, now time.Time) Alert {
	if a.State == "" {
		a = a.begin(now)
	}
	a.State, a.FiredAt, a.RaisedAt = Firing, now, now
	return a.announce(level, now).record(Fired, now)
}

func (a Alert) escalate(level Level, now time.Time) Alert {
	a.RaisedAt, a.Ack = now, Ack{} // the acknowledgement was for a lower level
	return a.announce(level, now).record(Escalated, now)
}

// announce announces a level.
func (a Alert) announce(level Level, now time.Time) Alert {
	a.Level, a.NotifiedAt, a.Doubted, a.QuietSince = level, now, false, time.Time{}
	a.Worst = max(a.Worst, level)
	return a
}

// remindAcknowledged is the time after which an acknowledged alert that still fires reminds people once.
const remindAcknowledged = 14 * 24 * time.Hour

// stay keeps the level. It may send a reminder, or note that a day rule has become quiet. A muted alert sends none, and an acknowledged one
// a single reminder after two weeks.
func (a Alert) stay(r *Rule, v Verdict, now time.Time) (Alert, Event) {
	certain := v.Result.Least >= a.Level && !a.Doubted && a.Mute.Kind == ByNothing
	switch due, ok := a.nextReminder(r.Spec.Remind); {
	case certain && a.forgotten(now):
		a = a.announce(a.Level, now).record(Reminded, now)
		a.Why = "acknowledged two weeks ago, and it still fires"
		return a, Reminded
	case ok && certain && !now.Before(due) && a.Ack == Ack{}:
		return a.announce(a.Level, now).record(Reminded, now), Reminded
	case r.Kind.ByDay() && r.Spec.ResolveWhen == "" && a.QuietSince.IsZero() && v.Result.Most == Inactive:
		return a.quiet(v, now)
	case !a.QuietSince.IsZero() && v.Result.Least > Inactive:
		a.QuietSince = time.Time{}
		return a.record(Updated, now), Updated
	}
	return a, None
}

// forgotten reports whether the alert was acknowledged two weeks ago and has not reminded anyone since.
func (a Alert) forgotten(now time.Time) bool {
	due := a.Ack.At.Add(remindAcknowledged)
	return a.Ack != Ack{} && !now.Before(due) && a.NotifiedAt.Before(due)
}

// nextReminder returns the first instant of the schedule, which ascends, after the last message. The schedule begins when the alert fires and
// again when it escalates; its last step repeats.
func (a Alert) nextReminder(schedule []time.Duration) (time.Time, bool) {
	if len(schedule) == 0 {
		return time.Time{}, false
	}
	for _, after := range schedule {
		if due := a.RaisedAt.Add(after); due.After(a.NotifiedAt) {
			return due, true
		}
	}
	step := schedule[len(schedule)-1]
	since := a.NotifiedAt.Sub(a.RaisedAt)
	return a.NotifiedAt.Add(step - since%step), true
}

// end closes a firing alert. One that was not announced becomes inactive.
func (a Alert) end(state State, event Event, now time.Time) (Alert, Event) {
	if a.State != Firing {
		return a.Key().Inactive(), None
	}
	a.State, a.EndedAt = state, now
	return a.record(event, now), event
}

// record makes a new version of the alert, with the event as its reason.
func (a Alert) record(event Event, now time.Time) Alert {
	a.Version++
	a.Reason, a.ChangedAt, a.By, a.Why = event, now, "", ""
	return a
}

// recordBy is record for an action of a person.
func (a Alert) recordBy(by string, event Event, now time.Time) Alert {
	a = a.record(event, now)
	a.By = by
	return a
}

// id returns a short identifier: 50 bits of a hash over the identity of the alert. The same evaluation gives the same identifier.
func (a Alert) id(what string, at time.Time) string {
	text := fmt.Sprintf("%q %q %q %d %s %d", a.Rule, a.Project, a.Subject, a.Period.Unix(), what, at.UnixMilli())
	hash := sha256.Sum256([]byte(text))
	return strings.ToLower(base32.StdEncoding.EncodeToString(hash[:])[:10])
}
