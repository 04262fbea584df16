package lookup

import (
	"context"
	"math"
	"time"

	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

// shownAlerts is how many alerts are shown of a subject.
const shownAlerts = 5

// A Usage is how much a subject used.
type Usage struct {
	Subject
	Span       Span
	From, To   time.Time       // 00:00 UTC of the first day, and of the day after the last
	AsOf       time.Time       // when Notehub was last read; of several projects the oldest; zero: never
	Failures   int             // polls that failed since
	Failure    string          // why the last one failed
	Truncated  bool            // Notehub cut its last answer short
	Devices    int             // that are counted in
	Device     *store.Device   // of a listed device: what the device list says; else nil
	Period     rules.Period    // as of AsOf
	Figures    []FigureUsage   // those that rules read, in the order bytes, events, sessions
	NotRead    []rules.Figure  // those that no rule reads, so that notewatch does not fetch them
	Polls      []ProjectStatus // of the projects of the subject, if Notehub was never read
	Alerts     []rules.Alert   // open ones of the subject and what is in it, the worst first, at most 5
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
	Days      []notify.Point // each day of the span; of today the last 14 days. Empty for a fleet without devices
	Unknown   int            // how many of Days are no data
	Missing   int            // devices of the fleet, or projects of all, without data: the values are those of the others
	Cost      Money          // of events and bytes, over the span
	// CostForecast is the cost at the end of the period. No amount for other spans.
	CostForecast Money
}

// Usage returns how much a subject used over a span. It is as of the last time that the subject's projects were read, but
// for the day so far. What a device, a project or all projects used is added up day by day; what a fleet used, by device.
func (d *Desk) Usage(ctx context.Context, s Subject, span Span) (Usage, error) {
	asOf, err := d.asOf(ctx, d.projectsOf(s))
	if err != nil {
		return Usage{}, err
	}
	u := Usage{
		Subject: s, Span: span, AsOf: asOf.at, Failures: asOf.failures, Failure: asOf.failure, Truncated: asOf.truncated,
		Period: d.Period.Period(asOf.day, asOf.instant), NotRead: d.notRead(),
	}
	q := d.question(s, span, d.dayOf(span, asOf))
	u.From, u.To = q.from.Start(), q.to.Start()
	if err := d.describe(ctx, &u, &q); err != nil {
		return Usage{}, err
	}
	if u.AsOf.IsZero() {
		if u.Polls, err = d.Polls(ctx, s); err != nil {
			return Usage{}, err
		}
	}
	tallies, err := d.tally(ctx, q)
	if err != nil {
		return Usage{}, err
	}
	limiting, err := d.limiting(ctx, u, asOf.instant)
	if err != nil {
		return Usage{}, err
	}
	for _, figure := range d.figures {
		f := tallies[figure].over(figure, span, u.Period)
		f.Limit, f.LimitRule = limit(limiting, figure, span, f.Total)
		switch figure {
		case rules.Bytes:
			f.Cost, f.CostForecast = d.blocks(f.Total), d.blocks(f.Forecast)
		case rules.Events:
			if f.Cost, f.CostForecast, err = d.cost(ctx, s, span, f.Total, f.Forecast); err != nil {
				return Usage{}, err
			}
		}
		u.Figures = append(u.Figures, f)
	}
	u.Alerts, u.AlertCount, err = d.OpenAlerts(ctx, s, shownAlerts)
	return u, err
}

// within returns the device key that the store uses: the UID of a device, or "" for a project.
func (s Subject) within() string {
	if s.Kind == KindDevice {
		return s.UID
	}
	return ""
}

// describe fills in what the device list says of the subject.
func (d *Desk) describe(ctx context.Context, u *Usage, q *question) (err error) {
	switch u.Kind {
	case KindDevice:
		u.Devices = 1
		device, ok, err := d.Store.Device(ctx, u.Project.UID, u.UID)
		if ok {
			u.Device = &device
		}
		if err != nil {
			return err
		}
		return d.locate(ctx, q, u.Device)
	case KindFleet:
		q.members, err = d.Store.FleetPlaces(ctx, u.Project.UID, u.UID)
		u.Devices = len(q.members)
		return err
	}
	u.Devices, err = d.deviceCount(ctx, d.projectsOf(u.Subject))
	return err
}

// deviceCount returns how many devices projects list.
func (d *Desk) deviceCount(ctx context.Context, projects []Project) (all int, err error) {
	for _, p := range projects {
		count, _, err := d.Store.DeviceCount(ctx, p.UID)
		if err != nil {
			return 0, err
		}
		all += count
	}
	return all, nil
}

// over returns how much of a figure was used over a span.
func (t tally) over(figure rules.Figure, span Span, period rules.Period) FigureUsage {
	f := FigureUsage{
		Figure: figure, Unit: unitOf(figure), Total: t.total, Pace: t.week / weekDays, Forecast: math.NaN(), Usual: t.median,
		Days: t.days, Missing: t.missing, Cost: noMoney(), CostForecast: noMoney(),
	}
	if span == Period {
		f.Forecast = f.Total + period.DaysLeft*f.Pace
	}
	for _, day := range t.days {
		if math.IsNaN(day.Value) {
			f.Unknown++
		}
	}
	return f
}
