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
	Of      Subject   `json:"-"` // what was asked about
	Now     time.Time `json:"-"` // when it was asked
	By      string    `json:"by"`
	Span    Span      `json:"span"`
	From    time.Time `json:"from"` // 00:00 UTC of the first day
	To      time.Time `json:"to"`   // 00:00 UTC of the day after the last
	Source            // as in Usage
	Unit    string    `json:"unit"`            // of values: "B", "" or a currency
	Note    string    `json:"note,omitempty"`  // what a cost is
	Total   float64   `json:"total"`           // of all devices that there is data for
	Devices int       `json:"devices"`         // how many devices are listed
	Unknown int       `json:"unknown_devices"` // devices without data for a day on which they were listed, also such that are no longer listed
	Rows    []TopRow  `json:"rows"`            // the most first
}

// A TopRow is one device and what it used.
type TopRow struct {
	Subject
	Value   float64 `json:"value"`
	Share   float64 `json:"share"` // percent of Total
	ordinal int
}

// By returns the words that Top ranks by.
func By() []string {
	return []string{string(rules.Bytes), string(rules.Events), string(rules.Sessions), ByCost}
}

// Top returns the devices that used most: of each project as of when it was read, From and To being those of the one that
// was read first. A device that used nothing is not ranked. Its errors are *NotReadError, ErrNoPrices, and those of the
// store.
func (d *Desk) Top(ctx context.Context, q TopQuery) (Top, error) {
	figure, err := d.rankedBy(q.By)
	if err != nil {
		return Top{}, err
	}
	projects := d.ProjectsOf(q.Of)
	asOf, err := d.asOf(ctx, projects)
	if err != nil {
		return Top{}, err
	}
	top := Top{
		Of: q.Of, Now: d.Now(), By: q.By, Span: q.Span, Source: asOf.Source, Unit: figure.Unit(), Total: math.NaN(),
	}
	top.From, top.To = q.Span.bounds(d.dayOf(q.Span, asOf), d.Period)
	var rates map[string]float64
	if q.By == ByCost {
		top.Unit, top.Note = d.Prices.Currency, d.costNote(q.Of, q.Span)
		if rates, err = d.rates(ctx, projects, q.Span); err != nil {
			return Top{}, err
		}
	}
	var found []TopRow
	for _, p := range projects {
		rate := 1.0
		if q.By == ByCost {
			rate = rates[p.Account]
		}
		some, err := d.rank(ctx, &top, p, q, figure, rate)
		if err != nil {
			return Top{}, err
		}
		found = append(found, some...)
	}
	slices.SortStableFunc(found, func(a, b TopRow) int { return cmp.Compare(b.Value, a.Value) })
	top.Rows = found[:min(max(q.N, 0), len(found))]
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
		return "", ErrNoPrices
	case by == ByCost:
		figure = rules.Events
	case !ok || !slices.Contains(accounted, figure):
		return "", fmt.Errorf("ranking by %q: want bytes, events, sessions or cost", by)
	}
	if !slices.Contains(d.figures, figure) {
		return "", &NotReadError{figure}
	}
	return figure, nil
}

// rank adds the devices of one project to a ranking, each by what it used times a rate, and returns those that used most.
func (d *Desk) rank(ctx context.Context, top *Top, p Project, of TopQuery, figure rules.Figure, rate float64) (rows []TopRow, err error) {
	asOf, err := d.asOf(ctx, []Project{p})
	if err != nil {
		return nil, err
	}
	q := d.question(of.Of, of.Span, d.dayOf(of.Span, asOf))
	var devices int
	if of.Of.Kind == KindFleet {
		q.members, err = d.Store.Usage.FleetPlaces(ctx, p.UID, of.Of.UID)
		devices = len(q.members)
	} else {
		devices, err = d.deviceCount(ctx, []Project{p})
	}
	if err != nil {
		return nil, err
	}
	all, most := newCrowd(q, p.UID, figure), ranking{n: max(of.N, 0)}
	err = d.parts(ctx, p.UID, q, func(block int, parts []part) error {
		err := all.read(ctx, d.Store, block, parts)
		for _, part := range parts {
			most.add(part.ordinal, part.total.get())
		}
		return err
	})
	top.Devices, top.Unknown, top.Total = top.Devices+devices, top.Unknown+all.missing(devices), addKnown(top.Total, rate*all.total)
	for _, c := range most.best {
		rows = append(rows, TopRow{Subject: Subject{Kind: KindDevice, Project: p.named()}, Value: rate * c.value, ordinal: c.ordinal})
	}
	return rows, err
}

// A ranking keeps the n devices of a project that used most, the most first; of equal ones the first that was listed. One that used
// nothing is not among them.
type ranking struct {
	n    int
	best []candidate
}

// A candidate is a device that may be in a ranking.
type candidate struct {
	ordinal int
	value   float64
}

// add takes in a device, which was listed after those before.
func (r *ranking) add(ordinal int, value float64) {
	full := len(r.best) == r.n
	if !(value > 0) || full && (r.n == 0 || value <= r.best[r.n-1].value) {
		return
	}
	if full {
		r.best = r.best[:r.n-1]
	}
	at, _ := slices.BinarySearchFunc(r.best, value, func(c candidate, value float64) int {
		if c.value >= value {
			return -1
		}
		return 1
	})
	r.best = slices.Insert(r.best, at, candidate{ordinal, value})
}

// nameTop fills in what a ranking says about the devices in it.
func (d *Desk) nameTop(ctx context.Context, top *Top) error {
	for i := range top.Rows {
		row := &top.Rows[i]
		if top.Total > 0 {
			row.Share = 100 * row.Value / top.Total
		}
		device, _, err := d.Store.Usage.DeviceAt(ctx, row.Project.UID, row.ordinal)
		if err != nil {
			return err
		}
		row.UID, row.Name, row.Gone = device.UID, cmp.Or(device.Name, device.UID), !device.Listed
	}
	return nil
}
