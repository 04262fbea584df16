package lookup

import (
	"context"
	"math"
	"slices"
	"time"

	"notewatch/internal/runway"
	"notewatch/rules"
)

// shownAlerts is the maximum number of alerts of a subject in an answer.
const shownAlerts = 5

// A Usage is the usage of a subject.
type Usage struct {
	Now     time.Time `json:"-"` // time of the answer
	Subject           // its keys are keys of the usage
	Span    Span      `json:"span"`
	From    time.Time `json:"from"` // 00:00 UTC of the first day
	To      time.Time `json:"to"`   // 00:00 UTC of the day after the last
	Source
	Devices    int                  `json:"devices"`            // that are included
	Period     UsagePeriod          `json:"period"`             // as of AsOf
	Device     *Device              `json:"device,omitzero"`    // entry of a listed device in the device list; else nil
	Plan       *runway.Organization `json:"plan,omitzero"`      // of an organization, or of the one that pays for a project, if it was read; else nil
	DataPlan   *runway.Device       `json:"data_plan,omitzero"` // of a listed device, if one is known; else nil
	Figures    []FigureUsage        `json:"figures"`            // those that rules read or the question names
	NotRead    []rules.Figure       `json:"not_read"`           // of bytes, events and sessions those that are not fetched, because no rule reads them
	Alerts     []Alert              `json:"alerts"`             // open ones of the subject and of the subjects in it, the worst first, at most 5
	AlertCount int                  `json:"alert_count"`

	named bool // the question names metrics
}

// A UsagePeriod is the period of a forecast.
type UsagePeriod struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	DaysLeft float64   `json:"days_left"`
}

// A Device is the entry of a device in the device list.
type Device struct {
	SKU          string    `json:"sku"`
	Firmware     string    `json:"firmware"`
	Voltage      float64   `json:"voltage"`                // NaN: no data
	LastActivity time.Time `json:"last_activity,omitzero"` // zero: no activity yet
	Disabled     bool      `json:"disabled"`
}

// A FigureUsage holds the values of one figure of a subject. NaN is no data.
type FigureUsage struct {
	Figure    rules.Figure `json:"figure"`
	Unit      string       `json:"unit"`                 // "B" or ""
	Total     float64      `json:"total"`                // over the span
	Limit     float64      `json:"limit"`                // of the rule that shows this figure over this span for the subject; NaN if there is none
	LimitRule string       `json:"limit_rule,omitempty"` // its name
	LimitAt   time.Time    `json:"limit_at,omitzero"`    // approximate time at which Total exceeds Limit; zero if it has, or will not before the period ends
	Pace      float64      `json:"pace"`                 // average per day over the last 7 complete days
	Forecast  float64      `json:"forecast"`             // at the end of the period, as rules forecast it; NaN for other spans
	Usual     float64      `json:"usual"`                // median of the last 14 complete days
	Days      []DayUsage   `json:"days"`                 // each day of the span; for today the last 14 days. Empty for a fleet without devices
	Unknown   int          `json:"unknown_days"`         // number of Days without data
	Missing   int          `json:"missing"`              // devices of the fleet, or projects, without data; they are not in Total and Pace
	Cost      Cost         `json:"cost,omitzero"`        // of events and bytes
}

// A DayUsage is the usage on a UTC day; NaN is no data.
type DayUsage struct {
	Day   rules.Day `json:"day"`
	Value float64   `json:"value"`
}

// Usage returns the usage of a subject over a span, as of the last poll of its projects; only the span today is as of now. The usage of a
// device, a project or all projects is added up by day, that of a fleet by device.
func (r *Reader) Usage(ctx context.Context, s Subject, span Span, metrics ...rules.Figure) (Usage, error) {
	if err := r.readable(ctx, s, metrics...); err != nil {
		return Usage{}, err
	}
	asOf, err := r.asOf(ctx, r.ProjectsOf(s))
	if err != nil {
		return Usage{}, err
	}
	u := Usage{
		Now: r.config.Now(), Subject: s, Span: span, Source: asOf.Source, NotRead: []rules.Figure{}, named: len(metrics) > 0,
	}
	period := r.periodOf(s.Project.UID).Period(asOf.day, asOf.instant)
	u.Period = UsagePeriod{period.Start, period.End, period.DaysLeft}
	q := r.question(s, span, r.dayOf(span, asOf))
	u.From, u.To = q.from.Start(), q.to.Start()
	if err := r.choose(ctx, &u, &q, asOf.day, metrics); err != nil {
		return Usage{}, err
	}
	if err := r.describe(ctx, &u, &q, asOf.instant); err != nil {
		return Usage{}, err
	}
	tallies, err := r.tally(ctx, q)
	if err != nil {
		return Usage{}, err
	}
	limiting, err := r.limiting(ctx, u, asOf.instant)
	if err != nil {
		return Usage{}, err
	}
	for _, figure := range q.figures {
		f := tallies[figure].over(figure)
		f.Limit, f.LimitRule = limit(limiting, figure, span, f.Total)
		f.LimitAt = rules.LimitAt(f.Total, f.Forecast, f.Limit, u.AsOf, period.DaysLeft)
		switch figure {
		case rules.Bytes:
			f.Cost = r.blocks(s, f.Total, f.Forecast)
		case rules.Events:
			if f.Cost, err = r.cost(ctx, s, span, f.Total, f.Forecast); err != nil {
				return Usage{}, err
			}
		}
		u.Figures = append(u.Figures, f)
	}
	u.Alerts, u.AlertCount, err = r.OpenAlerts(ctx, s, shownAlerts)
	return u, err
}

// choose sets the figures of an answer: the given ones, or those that rules read and bytes, events and sessions if they came with these.
func (r *Reader) choose(ctx context.Context, u *Usage, q *question, day rules.Day, given []rules.Figure) error {
	if len(given) > 0 {
		q.figures = given
		return nil
	}
	came, missing, err := r.unread(ctx, u.Subject, day)
	q.figures, u.NotRead = slices.Concat(q.figures, came), missing
	rules.SortFigures(q.figures)
	return err
}

// within returns the subject key of the store: the UID of a device or route, or "" for a project.
func (s Subject) within() string {
	if s.Kind == KindDevice || s.Kind == KindRoute {
		return s.UID
	}
	return ""
}

// describe adds the entry of the subject in the device list, and what was bought for it, as of an instant.
func (r *Reader) describe(ctx context.Context, u *Usage, q *question, at time.Time) (err error) {
	switch u.Kind {
	case KindDevice:
		u.Devices = 1
		device, ok, err := r.config.Store.Usage.Device(ctx, u.Project.UID, u.UID)
		if err != nil {
			return err
		}
		if !ok {
			return r.locate(ctx, q, nil)
		}
		u.Device = &Device{device.SKU, device.Firmware, device.Voltage, device.LastActivity, device.Disabled}
		if u.DataPlan, err = runway.OfDevice(ctx, r.config.Store, u.Project.UID, device, q.period, at); err != nil {
			return err
		}
		return r.locate(ctx, q, &device)
	case KindRoute:
		return r.locateRoute(ctx, q)
	case KindOrganization, KindProject:
		if u.Plan, err = r.plan(ctx, u.Subject); err != nil {
			return err
		}
	case KindFleet:
		q.members, err = r.config.Store.Usage.FleetPlaces(ctx, u.Project.UID, u.UID)
		u.Devices = len(q.members)
		return err
	}
	u.Devices, err = r.deviceCount(ctx, r.ProjectsOf(u.Subject))
	return err
}

// plan returns the plan of an organization, or of the one that pays for a project; nil if it was not read.
func (r *Reader) plan(ctx context.Context, s Subject) (*runway.Organization, error) {
	account, ok := rules.AccountOf(s.UID)
	if !ok {
		p, _ := r.project(s.UID)
		account = p.Account
	}
	return runway.OfAccount(ctx, r.config.Store, account, r.config.Now())
}

// deviceCount returns the number of devices that projects list.
func (r *Reader) deviceCount(ctx context.Context, projects []Project) (all int, err error) {
	for _, p := range projects {
		count, _, err := r.config.Store.Usage.DeviceCount(ctx, p.UID)
		if err != nil {
			return 0, err
		}
		all += count
	}
	return all, nil
}

// over returns the usage of a figure over the span.
func (t tally) over(figure rules.Figure) FigureUsage {
	f := FigureUsage{
		Figure: figure, Unit: figure.Unit(), Total: t.total, Pace: t.week / weekDays, Forecast: t.forecast, Usual: t.median,
		Days: t.days, Missing: t.missing,
	}
	for _, day := range t.days {
		if math.IsNaN(day.Value) {
			f.Unknown++
		}
	}
	return f
}
