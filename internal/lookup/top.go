package lookup

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"notewatch/rules"
)

// ByCost ranks by the cost of events. The other rankings are named by figures.
const ByCost = "cost"

// A TopQuery selects the devices or, by a figure of routes, the routes with the highest usage.
type TopQuery struct {
	N    int
	By   string // a figure or ByCost
	Span Span
	Of   Subject // every project, a project, a fleet or an organization
}

// A Top lists the devices with the highest usage. NaN is no data.
type Top struct {
	Of      Subject   `json:"-"`      // subject of the question
	Ranked  Kind      `json:"ranked"` // of the rows: KindRoute for the figures of routes, else KindDevice
	Now     time.Time `json:"-"`      // time of the answer
	By      string    `json:"by"`
	Span    Span      `json:"span"`
	From    time.Time `json:"from"` // 00:00 UTC of the first day
	To      time.Time `json:"to"`   // 00:00 UTC of the day after the last
	Source            // like in Usage
	Unit    string    `json:"unit"`            // of the values: "B", "" or a currency
	Note    string    `json:"note,omitempty"`  // explanation of a cost
	Total   float64   `json:"total"`           // of all devices with data
	Devices int       `json:"devices"`         // number of listed devices
	Unknown int       `json:"unknown_devices"` // devices without data for a day on which they were listed, also devices that are no longer listed
	Rows    []TopRow  `json:"rows"`            // highest first
}

// A TopRow is one device with its usage.
type TopRow struct {
	Subject
	Value   float64 `json:"value"`
	Share   float64 `json:"share"` // percent of Total
	ordinal int
}

// Top returns the devices with the highest usage. Each project is as of its last poll; From and To are those of the project that was polled
// longest ago. Devices without usage are not ranked. Errors are *NotReadError, ErrNoPrices, and those of the store.
func (r *Reader) Top(ctx context.Context, q TopQuery) (Top, error) {
	figure, err := r.rankedBy(ctx, q)
	if err != nil {
		return Top{}, err
	}
	projects := r.ProjectsOf(q.Of)
	asOf, err := r.asOf(ctx, projects)
	if err != nil {
		return Top{}, err
	}
	top := Top{
		Of: q.Of, Now: r.config.Now(), By: q.By, Span: q.Span, Source: asOf.Source, Unit: figure.Unit(), Total: math.NaN(),
		Ranked: KindDevice,
	}
	if figure.OfRoutes() {
		top.Ranked = KindRoute
	}
	top.From, top.To = q.Span.bounds(r.dayOf(q.Span, asOf), r.periodOf(q.Of.Project.UID))
	var rates map[string]float64
	if q.By == ByCost {
		prices, ok := r.pricesFor(r.accountsOf(q.Of))
		if !ok {
			return Top{}, ErrDifferentPrices
		}
		top.Unit, top.Note = prices.Currency, r.costNote(q.Of, prices, q.Span)
		if rates, err = r.rates(ctx, projects, q.Span); err != nil {
			return Top{}, err
		}
	}
	var found []TopRow
	for _, p := range projects {
		rate := 1.0
		if q.By == ByCost {
			rate = rates[p.Account]
		}
		var some []TopRow
		if top.Ranked == KindRoute {
			some, err = r.rankRoutes(ctx, &top, p, q, figure)
		} else {
			some, err = r.rank(ctx, &top, p, q, figure, rate)
		}
		if err != nil {
			return Top{}, err
		}
		found = append(found, some...)
	}
	slices.SortStableFunc(found, func(a, b TopRow) int { return cmp.Compare(b.Value, a.Value) })
	top.Rows = found[:min(max(q.N, 0), len(found))]
	return top, r.nameTop(ctx, &top)
}

// Rankings returns the rankings that are possible: bytes, events and sessions, other figures that rules read, and the cost if prices are set.
func (r *Reader) Rankings() (all []string) {
	for _, figure := range slices.Concat(accounted, r.figures, r.routed) {
		read := slices.Contains(r.figures, figure) || slices.Contains(r.routed, figure)
		if read && !slices.Contains(all, string(figure)) {
			all = append(all, string(figure))
		}
	}
	if r.priced() && slices.Contains(r.figures, rules.Events) {
		all = append(all, ByCost)
	}
	return all
}

// priced reports whether there are prices.
func (r *Reader) priced() bool {
	return r.config.Prices.set() || slices.ContainsFunc(r.config.Accounts, func(a Account) bool { return a.Prices != nil && a.Prices.set() })
}

// rankedBy returns the figure for a ranking.
func (r *Reader) rankedBy(ctx context.Context, q TopQuery) (rules.Figure, error) {
	figure, ok := rules.ParseFigure(q.By)
	switch {
	case q.By == ByCost && !r.priced():
		return "", ErrNoPrices
	case q.By == ByCost && !slices.Contains(r.figures, rules.Events):
		return "", &NotReadError{rules.Events}
	case q.By == ByCost:
		figure = rules.Events
	case !ok:
		return "", fmt.Errorf("ranking by %q: want %s", q.By, strings.Join(By(), ", "))
	case figure.Average() && q.Span != Today:
		return "", fmt.Errorf("%s is an average and does not add up: rank it by the day so far, as in top %[1]s today", figure)
	case figure.OfRoutes() && q.Of.Kind == KindFleet:
		return "", fmt.Errorf("%s is of routes, which are in no fleet: name a project", figure)
	}
	return figure, r.fetched(ctx, r.ProjectsOf(q.Of), figure)
}

// rankRoutes adds the routes of one project to a ranking, and returns those with usage.
func (r *Reader) rankRoutes(ctx context.Context, top *Top, p Project, of TopQuery, figure rules.Figure) (rows []TopRow, err error) {
	asOf, err := r.asOf(ctx, []Project{p})
	if err != nil {
		return nil, err
	}
	list, err := r.config.Store.Usage.Routes(ctx, p.UID)
	for _, route := range list.Routes {
		if err != nil {
			return nil, err
		}
		subject := Subject{Kind: KindRoute, Project: p.named(), UID: route.UID, Name: route.Name}
		q := r.question(subject, of.Span, r.dayOf(of.Span, asOf))
		q.ordinal, q.life.born, q.figures = route.Ordinal, route.Born, []rules.Figure{figure}
		var tallies tallies
		tallies, err = r.tally(ctx, q)
		value := tallies[figure].total
		switch top.Devices++; {
		case math.IsNaN(value):
			top.Unknown++
		case value > 0:
			rows = append(rows, TopRow{Subject: subject, Value: value})
		}
		if !figure.Average() {
			top.Total = addKnown(top.Total, value)
		}
	}
	return rows, err
}

// rank adds the devices of one project to a ranking, each with its usage times a rate, and returns those with the highest usage.
func (r *Reader) rank(ctx context.Context, top *Top, p Project, of TopQuery, figure rules.Figure, rate float64) (rows []TopRow, err error) {
	asOf, err := r.asOf(ctx, []Project{p})
	if err != nil {
		return nil, err
	}
	q := r.question(of.Of, of.Span, r.dayOf(of.Span, asOf))
	var devices int
	if of.Of.Kind == KindFleet {
		q.members, err = r.config.Store.Usage.FleetPlaces(ctx, p.UID, of.Of.UID)
		devices = len(q.members)
	} else {
		devices, err = r.deviceCount(ctx, []Project{p})
	}
	if err != nil {
		return nil, err
	}
	all, most := newCrowd(q, p.UID, figure), ranking{n: max(of.N, 0)}
	err = r.parts(ctx, p.UID, q, func(block int, parts []part) error {
		err := all.read(ctx, r.config.Store, block, parts)
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

// A ranking keeps the n devices of a project with the highest usage, the highest first; of equal ones the first listed. Devices without
// usage are not in it.
type ranking struct {
	n    int
	best []candidate
}

// A candidate is a device that may be in a ranking.
type candidate struct {
	ordinal int
	value   float64
}

// add adds a device, which was listed after the earlier ones.
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

// nameTop adds the names of the devices in a ranking.
func (r *Reader) nameTop(ctx context.Context, top *Top) error {
	for i := range top.Rows {
		row := &top.Rows[i]
		if rules.Figure(top.By).Average() {
			row.Share = math.NaN()
		} else if top.Total > 0 {
			row.Share = 100 * row.Value / top.Total
		}
		if row.Kind == KindRoute {
			continue
		}
		device, _, err := r.config.Store.Usage.DeviceAt(ctx, row.Project.UID, row.ordinal)
		if err != nil {
			return err
		}
		row.UID, row.Name, row.Gone = device.UID, cmp.Or(device.Name, device.UID), !device.Listed
	}
	return nil
}
