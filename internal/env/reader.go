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

// FirstDay returns the first day that an Env as of a day, or a look-up, may look back on.
func FirstDay(spec rules.PeriodSpec, satellite Satellite, asOf rules.Day, wants rules.Wants) rules.Day {
	past := metric.NewPast("", spec, asOf, 0)
	past.Allowance = satellite.since(asOf, 0)
	first := min(past.Start, asOf-metric.HistoryDays)
	for _, members := range wants {
		first = min(first, past.First(members))
	}
	return first
}

// A Member is a subject of a block: its position there, and the time since which it exists, if known.
type Member struct {
	Position int
	Born     time.Time
	Active   time.Time // when it was last active; zero: never, or it is no device
}

// Member returns a device as a member of its block; nil means the project, which is a member of block 0.
func (p Project) Member(device *usage.Device) Member {
	if device == nil {
		return Member{Born: p.Born}
	}
	return MemberOf(device)
}

// MemberOf returns a device as a member of its block.
func MemberOf(device *usage.Device) Member {
	return Member{Position: device.Ordinal % history.BlockSize, Born: device.Provisioned, Active: device.LastActivity}
}

// A Reader reads metrics of a project. It is used by one goroutine at a time, and its memory is reused for the next block.
type Reader struct {
	Usage   *usage.Store
	Project string // UID
	Period  rules.PeriodSpec

	Satellite Satellite // allowance of each device

	Wants  rules.Wants // others are no data
	Listed time.Time   // time of the device list; zero: missed sessions are no data
	Polled time.Time   // newest successful poll; zero: growth between polls is no data
	Peers  *Peers      // of devices; nil: comparisons are no data

	RoutesRead time.Time // the newest poll that read the routes; zero: none

	days    []float64 // of one figure, by member, then day
	devices []usage.Device
	members []Member
}

// Metrics holds the figures of the members of a block as of a day, by figure, ascending, then member.
type Metrics struct {
	figures []rules.Figure
	by      [][]rules.Metric
}

// Fill puts the metrics of a member into an Env, by the index of the member in the list given to Block.
func (m Metrics) Fill(e *rules.Env, member int) {
	for i, figure := range m.figures {
		*e.Metric(figure) = m.by[i][member]
	}
}

// value returns a member of a metric of a subject; NaN if it was not computed.
func (m Metrics) value(figure rules.Figure, member string, subject int) float64 {
	if i := slices.Index(m.figures, figure); i >= 0 {
		return m.by[i][subject].Value(member)
	}
	return math.NaN()
}

// Block returns the metrics of members of a block as of a day. The value of the day itself is Today; the days before it are complete.
func (r *Reader) Block(ctx context.Context, block int, members []Member, asOf rules.Day) (Metrics, error) {
	m := Metrics{figures: r.Wants.Figures()}
	m.by = make([][]rules.Metric, len(m.figures))
	for i, figure := range m.figures {
		past, wants := metric.NewPast(figure, r.Period, asOf, 0), r.Wants[figure]
		past.Allowance = r.Satellite.since(asOf, 0)
		first := past.First(wants)
		days := int(asOf-first) + 1
		if err := r.read(ctx, block, members, figure, first, days); err != nil {
			return Metrics{}, err
		}
		polls, err := r.earlier(ctx, block, figure, asOf)
		if err != nil {
			return Metrics{}, err
		}
		peers, err := r.peers(ctx, figure, asOf)
		if err != nil {
			return Metrics{}, err
		}
		m.by[i] = make([]rules.Metric, len(members))
		for j, member := range members {
			if peers != nil {
				past.Peers = r.Peers.medians(block*history.BlockSize+member.Position, peers)
			}
			past.Born, past.Values = rules.DayOf(member.Born), r.days[j*days:(j+1)*days]
			past.Missed = math.NaN()
			if figure == rules.Sessions && wants&rules.MembersOf("missed") != 0 {
				past.Missed = rhythm{past.Values, asOf, past.Born}.missed(member.Active, r.Listed)
			}
			if figure.OfRoutes() {
				hideUnborn(past.Values, asOf, past.Born)
			}
			for k, poll := range polls {
				past.Earlier[k] = poll.of(member)
			}
			m.by[i][j] = past.Metric(wants)
		}
	}
	return m, nil
}

// peers returns what the peers of devices used of a figure on the day before; nil if nothing reads that.
func (r *Reader) peers(ctx context.Context, figure rules.Figure, asOf rules.Day) (*peerValues, error) {
	if r.Peers == nil || r.Wants[figure]&rules.MembersOf("peer_ratio") == 0 {
		return nil, nil
	}
	return r.Peers.read(ctx, r, figure, asOf)
}

// read reads one figure of members for some days from first on.
func (r *Reader) read(ctx context.Context, block int, members []Member, figure rules.Figure, first rules.Day, days int) error {
	r.days = r.days[:0]
	for range len(members) * days {
		r.days = append(r.days, math.NaN())
	}
	last := first + rules.Day(days) - 1
	if len(members) == 1 {
		ordinal := block*history.BlockSize + members[0].Position
		return r.Usage.Cells(ctx, r.Project, ordinal, figure, first, last, func(day rules.Day, cell history.Cell) {
			r.days[day-first] = cell.Float()
		})
	}
	return r.Usage.Columns(ctx, r.Project, block, figure, first, last, func(day rules.Day, cells []history.Cell) {
		at := int(day - first)
		for _, member := range members {
			r.days[at] = history.At(cells, member.Position).Float()
			at += days
		}
	})
}
