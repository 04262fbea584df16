package lookup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"notewatch/rules"
)

// ByCost ranks by what events cost. The other things to rank by are the words for figures.
const ByCost = "cost"

// A TopQuery asks for the devices that used most.
type TopQuery struct {
	N    int
	By   string // bytes, events, sessions or cost
	Span Span
	Of   Subject // every project, a project or a fleet
}

// A Top is the devices that used most. NaN is no data.
type Top struct {
	By        string
	Span      Span
	From, To  time.Time // 00:00 UTC of the first day, and of the day after the last
	AsOf      time.Time // as in Usage, and so are the next three
	Failures  int
	Failure   string
	Truncated bool
	Unit      string   // of values: "B", "" or a currency
	Note      string   // what a cost is
	Rows      []TopRow // the most first
	Total     float64  // of all devices that there is data of
	Devices   int      // how many devices there are
	Unknown   int      // how many of them there is no data of
}

// A TopRow is one device and what it used.
type TopRow struct {
	Subject
	Value float64
	Share float64 // percent of Total
}

// A NotReadError says that a figure is not known because no rule reads it.
type NotReadError struct{ Figure rules.Figure }

// Error says why.
func (e *NotReadError) Error() string {
	return fmt.Sprintf("no rule reads %s, so notewatch does not fetch them", e.Figure)
}

// ErrNoPrices says that something was to be ranked by cost, but no prices are set.
var ErrNoPrices = errors.New("no prices are set")

// By returns the words that Top ranks by.
func By() []string {
	return []string{rules.Bytes.String(), rules.Events.String(), rules.Sessions.String(), ByCost}
}

// Top returns the devices that used most. Its errors are *NotReadError, ErrNoPrices, and those of the store.
func (d *Desk) Top(ctx context.Context, q TopQuery) (Top, error) {
	figure, err := d.rankedBy(q.By)
	if err != nil {
		return Top{}, err
	}
	projects := d.projectsOf(q.Of)
	asOf, err := d.asOf(ctx, projects)
	if err != nil {
		return Top{}, err
	}
	top := Top{
		By: q.By, Span: q.Span, AsOf: asOf.at, Failures: asOf.failures, Failure: asOf.failure, Truncated: asOf.truncated,
		Unit: unitOf(figure),
	}
	top.From, top.To = q.Span.bounds(asOf.day, d.Period)
	for _, p := range projects {
		if err := d.rank(ctx, &top, p, q, figure, asOf.day); err != nil {
			return Top{}, err
		}
	}
	slices.SortStableFunc(top.Rows, func(a, b TopRow) int { return cmp.Compare(b.Value, a.Value) })
	top.Rows = top.Rows[:min(max(q.N, 0), len(top.Rows))]
	for i := range top.Rows {
		row := &top.Rows[i]
		row.Share = 100 * row.Value / top.Total
		device, ok, err := d.Store.Device(ctx, row.Project.UID, row.UID)
		if err != nil {
			return Top{}, err
		}
		row.Name, row.Gone = cmp.Or(device.Name, row.UID), !ok
	}
	if q.By == ByCost {
		return top, d.priceTop(ctx, &top, q)
	}
	return top, nil
}

// rankedBy returns the figure that decides a ranking.
func (d *Desk) rankedBy(by string) (rules.Figure, error) {
	figure, ok := rules.ParseFigure(by)
	switch {
	case by == ByCost && !d.Prices.set():
		return 0, ErrNoPrices
	case by == ByCost:
		figure = rules.Events
	case !ok || !slices.Contains(accounted, figure):
		return 0, fmt.Errorf("ranking by %q: want %v", by, By())
	}
	if !slices.Contains(d.figures, figure) {
		return 0, &NotReadError{figure}
	}
	return figure, nil
}

// rank adds the devices of one project to a ranking.
func (d *Desk) rank(ctx context.Context, top *Top, p Project, q TopQuery, figure rules.Figure, day rules.Day) error {
	names, _, err := d.Store.Devices(ctx, p.UID)
	if err != nil {
		return err
	}
	start, _ := d.Period.Bounds(day)
	closed, err := d.Store.ClosedFigure(ctx, p.UID, figure)
	if err != nil {
		return err
	}
	today, err := d.Store.UsageOn(ctx, p.UID, figure, day)
	if err != nil {
		return err
	}
	values := map[string]float64{}
	for _, row := range closed {
		now, ok := today[row.Device]
		if !ok {
			now = math.NaN()
		}
		if row.AsOf != day || row.PeriodStart != start {
			continue
		}
		values[row.Device] = map[Span]float64{Today: now, Week: row.D7, Month: row.D30, Period: row.Used + now}[q.Span]
	}
	for _, device := range names {
		if q.Of.Kind == KindFleet && !slices.Contains(device.Fleets, q.Of.UID) {
			continue
		}
		top.Devices++
		value, ok := values[device.UID]
		if !ok || math.IsNaN(value) {
			top.Unknown++
			continue
		}
		top.Total += value
		if value > 0 {
			s := Subject{Kind: KindDevice, Project: p.named(), UID: device.UID, Name: device.Name}
			top.Rows = append(top.Rows, TopRow{Subject: s, Value: value})
		}
	}
	return nil
}

// priceTop turns events into what they cost.
func (d *Desk) priceTop(ctx context.Context, top *Top, q TopQuery) error {
	top.Unit = d.Prices.Currency
	monthly := q.Span == Period && d.monthly()
	price := func(s Subject, events float64) (Money, error) {
		if !monthly {
			return d.listPrice(events), nil
		}
		now, _, err := d.bill(ctx, s, events, events)
		return now, err
	}
	for i := range top.Rows {
		money, err := price(top.Rows[i].Subject, top.Rows[i].Value)
		if err != nil {
			return err
		}
		top.Rows[i].Value = money.Amount
	}
	money, err := price(q.Of, top.Total)
	top.Total, top.Note = money.Amount, money.Note
	return err
}
