package lookup

import (
	"context"
	"math"
	"time"

	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

const (
	todayDays  = 14 // how many days are shown where the day so far is asked for
	openAlerts = 5  // how many alerts are shown of a subject
)

// A Usage is how much a subject used.
type Usage struct {
	Subject
	Span       Span
	From, To   time.Time      // 00:00 UTC of the first day, and of the day after the last
	AsOf       time.Time      // when Notehub was last read; of several projects the oldest; zero: never
	Failures   int            // polls that failed since
	Failure    string         // why the last one failed
	Truncated  bool           // Notehub cut its last answer short
	Devices    int            // that are counted in
	Device     *store.Device  // of a listed device: what the device list says; else nil
	Period     rules.Period   // as of AsOf
	Figures    []FigureUsage  // those that rules read, in the order bytes, events, sessions
	NotRead    []rules.Figure // those that no rule reads, so that notewatch does not fetch them
	Alerts     []rules.Alert  // open ones of the subject and what is in it, the worst first, at most 5
	AlertCount int
}

// A FigureUsage is how much of one figure a subject used. NaN is no data.
type FigureUsage struct {
	Figure    rules.Figure
	Unit      string         // "B" or ""
	Total     float64        // over the span
	Limit     float64        // of the rule that shows this figure over this span for the subject; NaN: there is none
	LimitRule string         // its name
	Pace      float64        // a day, over the last 7 complete days
	Forecast  float64        // at the end of the period: Total + days left × Pace. NaN for other spans
	Usual     float64        // median of the last 14 complete days
	Days      []notify.Point // each day of the span; of today the last 14 days. Empty for a large fleet
	Unknown   int            // how many of Days are no data
	Missing   int            // devices of the fleet, or projects of all, without data: the figures are those of the others
	Cost      Money          // of events, over the span
	// CostForecast is the cost at the end of the period. No amount for other spans.
	CostForecast Money
}

// Usage returns how much a subject used over a span.
func (d *Desk) Usage(ctx context.Context, s Subject, span Span) (Usage, error) {
	asOf, err := d.asOf(ctx, d.projectsOf(s))
	if err != nil {
		return Usage{}, err
	}
	u := Usage{
		Subject: s, Span: span, AsOf: asOf.at, Failures: asOf.failures, Failure: asOf.failure, Truncated: asOf.truncated,
		Period: d.Period.Period(asOf.day, asOf.instant), NotRead: d.notRead(),
	}
	if span == Today {
		asOf.day = rules.DayOf(d.Now())
	}
	u.From, u.To = span.bounds(asOf.day, d.Period)
	if err := d.describe(ctx, &u); err != nil {
		return Usage{}, err
	}
	counts, err := d.counts(ctx, s, asOf.day, u.Device)
	if err != nil {
		return Usage{}, err
	}
	for _, figure := range d.figures {
		f := counts.figure(figure, span, asOf.day, d.Period, u.Period)
		f.Limit, f.LimitRule = d.limit(&u, figure, f.Total)
		if err := d.price(ctx, &u, &f); err != nil {
			return Usage{}, err
		}
		u.Figures = append(u.Figures, f)
	}
	u.Alerts, u.AlertCount, err = d.Store.AlertsOf(ctx, s.Project.UID, alertSubject(s), openAlerts)
	return u, err
}

// alertSubject is what alerts call a subject.
func alertSubject(s Subject) string {
	if s.Kind == KindDevice || s.Kind == KindFleet {
		return s.UID
	}
	return ""
}

// describe fills in what the device list says of a subject.
func (d *Desk) describe(ctx context.Context, u *Usage) error {
	switch u.Kind {
	case KindDevice:
		u.Devices = 1
		device, ok, err := d.Store.Device(ctx, u.Project.UID, u.UID)
		if ok {
			u.Device = &device
		}
		return err
	case KindFleet:
		members, err := d.Store.FleetDevices(ctx, u.Project.UID, u.UID)
		u.Devices = len(members)
		return err
	}
	for _, p := range d.projectsOf(u.Subject) {
		count, _, err := d.Store.DeviceCount(ctx, p.UID)
		if err != nil {
			return err
		}
		u.Devices += count
	}
	return nil
}

// An asOf is when what is known of some projects was read.
type asOf struct {
	at        time.Time // the oldest of the projects that were read; zero: none was
	instant   time.Time // at, or now if nothing was read
	day       rules.Day // of instant
	failures  int
	failure   string
	truncated bool
}

// asOf returns when what is known of projects was read.
func (d *Desk) asOf(ctx context.Context, projects []Project) (asOf, error) {
	var a asOf
	for _, p := range projects {
		state, err := d.Store.Project(ctx, p.UID)
		if err != nil {
			return a, err
		}
		if !state.PolledAt.IsZero() && (a.at.IsZero() || state.PolledAt.Before(a.at)) {
			a.at = state.PolledAt
		}
		if state.Failures > a.failures {
			a.failures, a.failure = state.Failures, state.Failure
		}
		a.truncated = a.truncated || state.Truncated
	}
	a.instant = a.at
	if a.at.IsZero() {
		a.instant = d.Now()
	}
	a.day = rules.DayOf(a.instant)
	return a, nil
}

// counts are the figures of a subject by day, up to the day that they are as of.
type counts struct {
	first   rules.Day
	days    []rules.Figures
	born    rules.Day // the first day that the subject existed
	missing int
}

// counts reads the days of a subject.
func (d *Desk) counts(ctx context.Context, s Subject, day rules.Day, device *store.Device) (counts, error) {
	first, _ := d.Period.Bounds(day)
	c := counts{first: min(first, day-rules.HistoryDays)}
	c.days = make([]rules.Figures, day-c.first+1)
	for i := range c.days {
		c.days[i] = rules.Unknown()
	}
	if device != nil {
		c.born = rules.DayOf(device.Provisioned)
	}
	subjects := []string{alertSubject(s)}
	if s.Kind == KindFleet {
		members, err := d.Store.FleetDevices(ctx, s.Project.UID, s.UID)
		if err != nil {
			return c, err
		}
		subjects = members
	}
	sums := make([]rules.Figures, len(c.days))
	for _, p := range d.projectsOf(s) {
		rows, err := d.Store.Usage(ctx, p.UID, subjects, c.first, day)
		if err != nil {
			return c, err
		}
		for _, row := range rows {
			i := row.Day - c.first
			for figure, value := range row.Figures {
				sums[i][figure] += value
				c.days[i][figure] = sums[i][figure]
			}
		}
	}
	return c, nil
}

// figure sums up one figure over a span.
func (c counts) figure(figure rules.Figure, span Span, day rules.Day, spec rules.PeriodSpec, period rules.Period) FigureUsage {
	column := make([]float64, 0, len(c.days))
	for i, figures := range c.days {
		if c.first+rules.Day(i) >= c.born {
			column = append(column, figures[figure])
		}
	}
	if len(column) == 0 {
		column = append(column, math.NaN())
	}
	last := len(column) - 1
	start, _ := spec.Bounds(day)
	closed := rules.Close(column[:last], int(day-start))
	f := FigureUsage{
		Figure: figure, Unit: unitOf(figure), Pace: closed.D7 / 7, Usual: closed.Median, Forecast: math.NaN(), Missing: c.missing,
		Cost: noMoney(), CostForecast: noMoney(),
	}
	from, to := span.days(day, spec)
	switch span {
	case Today:
		f.Total = column[last]
		from = day - todayDays + 1
	case Week:
		f.Total = closed.D7
	case Month:
		f.Total = closed.D30
	case Period:
		f.Total = closed.Used + column[last]
		f.Forecast = f.Total + period.DaysLeft*f.Pace
	}
	for at := max(from, c.born); at < to; at++ {
		value := c.days[at-c.first][figure]
		f.Days = append(f.Days, notify.Point{Day: at.Start(), Value: value})
		if math.IsNaN(value) {
			f.Unknown++
		}
	}
	return f
}

// limit returns the limit of a rule that shows a figure over the span for the subject, and the name of the rule: the lowest
// that is not passed yet, or else the highest.
func (d *Desk) limit(u *Usage, figure rules.Figure, total float64) (float64, string) {
	member := map[Span]string{Period: ".used", Today: ".today", Week: ".d7", Month: ".d30"}[u.Span]
	limit, name := math.NaN(), ""
	for _, r := range d.Rules {
		if r.Show != figure.String()+member || string(r.Spec.Each) != string(u.Kind) || math.IsNaN(r.Limit) || !selects(r, u) {
			continue
		}
		nearer := r.Limit < limit && r.Limit >= total || r.Limit > limit && limit < total
		if math.IsNaN(limit) || nearer {
			limit, name = r.Limit, r.Spec.Name
		}
	}
	return limit, name
}

// selects reports whether a rule may be about a subject.
func selects(r *rules.Rule, u *Usage) bool {
	if u.Device == nil {
		return true
	}
	unknown := rules.UnknownMetric()
	env := &rules.Env{Bytes: unknown, Events: unknown, Sessions: unknown, Device: rules.Device{
		Known: true, UID: u.Device.UID, Name: u.Device.Name, SKU: u.Device.SKU, Product: u.Device.Product, Fleets: u.Device.Fleets,
		Firmware: u.Device.Firmware, Disabled: u.Device.Disabled, Voltage: u.Device.Voltage, SilentHours: math.NaN(), AgeDays: math.NaN(),
	}}
	return r.Eval(rules.NewView(env)).Selected != rules.False
}
