package lookup

import (
	"cmp"
	"context"
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

// By returns the words that Top ranks by.
func By() []string {
	return []string{rules.Bytes.String(), rules.Events.String(), rules.Sessions.String(), ByCost}
}

// Top returns the devices that used most: of each project as of when it was read, From and To being those of the one that
// was read first. A device that used nothing is not ranked. Its errors are *NotReadError, ErrNoPrices, and those of the
// store.
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
		Unit: unitOf(figure), Total: math.NaN(),
	}
	top.From, top.To = q.Span.bounds(d.dayOf(q.Span, asOf), d.Period)
	var rates map[string]float64
	if q.By == ByCost {
		top.Unit, top.Note = d.Prices.Currency, d.costNote(q.Of, q.Span)
		if rates, err = d.rates(ctx, projects, q.Span); err != nil {
			return Top{}, err
		}
	}
	for _, p := range projects {
		rate := 1.0
		if q.By == ByCost {
			rate = rates[p.Account]
		}
		if err := d.rank(ctx, &top, p, q, figure, rate); err != nil {
			return Top{}, err
		}
	}
	slices.SortStableFunc(top.Rows, func(a, b TopRow) int { return cmp.Compare(b.Value, a.Value) })
	top.Rows = top.Rows[:min(max(q.N, 0), len(top.Rows))]
	return top, d.nameTop(ctx, &top)
}

// Rankings returns those words that Top can rank by as things are: figures that rules read, and the cost if prices are set.
func (d *Desk) Rankings() []string {
	return slices.DeleteFunc(By(), func(by string) bool {
		_, err := d.rankedBy(by)
		return err != nil
	})
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
		return 0, fmt.Errorf("ranking by %q: want bytes, events, sessions or cost", by)
	}
	if !slices.Contains(d.figures, figure) {
		return 0, &NotReadError{figure}
	}
	return figure, nil
}

// rank adds the devices of one project to a ranking, each by what it used times a rate.
func (d *Desk) rank(ctx context.Context, top *Top, p Project, of TopQuery, figure rules.Figure, rate float64) (err error) {
	asOf, err := d.asOf(ctx, []Project{p})
	if err != nil {
		return err
	}
	q := question{Subject: of.Of, span: of.Span, day: d.dayOf(of.Span, asOf)}
	var devices int
	if of.Of.Kind == KindFleet {
		q.members, err = d.Store.FleetDevices(ctx, p.UID, of.Of.UID)
		devices = len(q.members)
	} else {
		devices, err = d.deviceCount(ctx, []Project{p})
	}
	if err != nil {
		return err
	}
	parts, err := d.parts(ctx, p.UID, figure, q)
	if err != nil {
		return err
	}
	all, unknown := sum(parts, devices, q.span)
	top.Devices, top.Unknown, top.Total = top.Devices+devices, top.Unknown+unknown, plus(top.Total, rate*all.total(q.span))
	for _, part := range mostly(parts, of.N, q.span) {
		device := Subject{Kind: KindDevice, Project: p.named(), UID: part.device}
		top.Rows = append(top.Rows, TopRow{Subject: device, Value: rate * part.total(q.span)})
	}
	return nil
}

// mostly returns the n parts that used most, the most first; one that used nothing is not among them.
func mostly(parts []part, n int, span Span) []part {
	parts = slices.DeleteFunc(parts, func(p part) bool { return !(p.total(span) > 0) })
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.total(span), a.total(span)), cmp.Compare(a.device, b.device))
	})
	return parts[:min(max(n, 0), len(parts))]
}

// nameTop fills in what a ranking says of the devices that are in it.
func (d *Desk) nameTop(ctx context.Context, top *Top) error {
	for i := range top.Rows {
		row := &top.Rows[i]
		if top.Total > 0 {
			row.Share = 100 * row.Value / top.Total
		}
		device, ok, err := d.Store.Device(ctx, row.Project.UID, row.UID)
		if err != nil {
			return err
		}
		row.Name, row.Gone = cmp.Or(device.Name, row.UID), !ok
	}
	return nil
}
