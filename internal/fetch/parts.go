package fetch

import (
	"context"
	"errors"
	"maps"
	"slices"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/notehub"
	"notewatch/rules"
)

const (
	mostParts     = 8   // requests for parts of days, for each endpoint in one poll
	uidsOfDevices = 200 // in one request: an address of 7 kB
	uidsOfFleets  = 100
)

// A turn identifies a day of an endpoint that is read in parts.
type turn struct {
	endpoint string
	day      rules.Day
}

// A part holds the devices of a day for one request.
type part struct{ fleets, devices []string }

// readInParts reads a day whose answer was truncated: the total of the project by itself, and devices by fleet, those without a fleet by
// UID. Parts without a request left are read in the next polls, and are not known until then. Whole rows of the truncated answer count.
func (p *poll) readInParts(ctx context.Context, cut *answer) error {
	q := cut.question
	rowsOfDevice := cut.rowsOfDevice()
	if err := p.save(ctx, cut, nil); err != nil {
		return err
	}
	total := q
	total.total, total.subjects = true, some(nil)
	left, err := p.readParts(ctx, q, total, p.partsOf(rowsOfDevice))
	if err != nil {
		return err
	}
	if left > 0 {
		p.truncated = true
	}
	return p.saveReading(ctx, usage.Reading{Figures: q.wanted, First: q.first, Last: q.last, Today: p.today})
}

// readParts requests the total and parts, and returns the number of requests left for the next polls.
func (p *poll) readParts(ctx context.Context, q, total question, parts []part) (left int, err error) {
	requests := p.share(q)
	if requests == 0 {
		return 1 + len(parts), nil
	}
	if left, err = p.readPart(ctx, total); err != nil {
		return 0, err
	}
	asked := min(requests-1, len(parts))
	at := turn{q.name, q.first}
	for range asked {
		next := p.known.turns[at] % len(parts)
		missed, err := p.readPart(ctx, p.partQuestion(q, parts[next]))
		if err != nil {
			return 0, err
		}
		left += missed
		p.known.turns[at] = next + 1
	}
	maps.DeleteFunc(p.known.turns, func(t turn, _ int) bool { return t.day < p.today-RereadDays })
	return left + len(parts) - asked, nil
}

// share returns how many requests for parts of a day may be made, so that as many are left for each later day of this poll.
func (p *poll) share(q question) int {
	days := 1
	if !q.back {
		days = int(p.today-q.first) + 1
	}
	left := mostParts - p.parts[q.name]
	return max(left/days, min(left, 1))
}

// readPart reads and saves a part of a day. missed is 1 if the answer is truncated.
func (p *poll) readPart(ctx context.Context, q question) (missed int, err error) {
	p.parts[q.name]++
	a, err := p.ask(ctx, q)
	switch {
	case errors.Is(err, notehub.ErrTookTooLong):
		return 1, nil
	case err != nil:
		return 0, err
	case a.truncated || a.stale && q.last == p.today:
		missed = 1
	}
	return missed, p.save(ctx, a, nil)
}

// rowsOfDevice returns the average number of rows of a device, rounded up, in the answer about a day.
func (a *answer) rowsOfDevice() int {
	named := 0
	for i := range a.columns {
		if a.columns[i] == nil {
			continue
		}
		for _, cell := range a.columns[i][1:] {
			if cell != history.Nothing {
				named++
			}
		}
		break
	}
	return max(1, (a.rows[0]+named-1)/max(named, 1))
}

// partsOf returns the parts of a day: fleets together as long as their devices fit into one answer.
func (p *poll) partsOf(rowsOfDevice int) (parts []part) {
	sizes := map[string]int{}
	var alone []string
	for d := range p.given.List.All() {
		for _, fleet := range d.Fleets {
			sizes[fleet] += rowsOfDevice
		}
		if len(d.Fleets) == 0 {
			alone = append(alone, d.UID)
		}
	}
	rows := 0
	for _, fleet := range slices.Sorted(maps.Keys(sizes)) {
		if last := len(parts) - 1; last >= 0 && rows+sizes[fleet] <= p.maxRows && len(parts[last].fleets) < uidsOfFleets {
			parts[last].fleets = append(parts[last].fleets, fleet)
			rows += sizes[fleet]
			continue
		}
		parts, rows = append(parts, part{fleets: []string{fleet}}), sizes[fleet]
	}
	for some := range slices.Chunk(alone, uidsOfDevices) {
		parts = append(parts, part{devices: some})
	}
	return parts
}

// partQuestion returns the question for a part of a day.
func (p *poll) partQuestion(q question, wanted part) question {
	q.part, q.fleets, q.devices = true, wanted.fleets, wanted.devices
	fleets, uids := setOf(wanted.fleets), setOf(wanted.devices)
	var devices []usage.Device
	for d := range p.given.List.All() {
		if uids[d.UID] || slices.ContainsFunc(d.Fleets, func(fleet string) bool { return fleets[fleet] }) {
			devices = append(devices, d)
		}
	}
	q.subjects = some(devices)
	return q
}

func setOf(texts []string) map[string]bool {
	set := make(map[string]bool, len(texts))
	for _, text := range texts {
		set[text] = true
	}
	return set
}
