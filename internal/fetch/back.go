package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"notewatch/internal/store/usage"
	"notewatch/notehub"
)

// mostByUID is the maximum number of devices that are read back by UID. For more, the days of the whole project are read.
const mostByUID = 1000

// readBack reads the earlier days of devices that joined the device list since the last list: they moved in from another project or have
// returned. Without these days the sums of their fleets would be no data for as long as rules look back. A failure is logged, and the next
// list tries again.
func (p *poll) readBack(ctx context.Context, endpoints []endpoint) error {
	if !p.given.Relist {
		return nil
	}
	ordinals, err := p.usage.Unread(ctx, p.given.Project)
	if err != nil || len(ordinals) == 0 {
		return err
	}
	var devices []usage.Device
	for d := range p.given.List.All() {
		if hasOrdinal(ordinals, d.Ordinal) {
			devices = append(devices, d)
		}
	}
	for _, e := range endpoints {
		if e.routes {
			continue
		}
		err := p.readBackOf(ctx, e, devices)
		if errors.As(err, new(*notehub.Error)) || errors.Is(err, notehub.ErrInvalidAnswer) {
			p.log.Warn("reading earlier days of devices that are new in the list: this is tried again with the next list",
				"project", p.given.Project, "devices", len(devices), "err", err)
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading earlier %s usage of new devices: %w", e.name, err)
		}
	}
	return p.usage.MarkRead(ctx, p.given.Lease, ordinals)
}

func hasOrdinal(ordinals []int, ordinal int) bool {
	_, ok := slices.BinarySearch(ordinals, ordinal)
	return ok
}

// readBackOf reads the days of an endpoint before yesterday, as far back as they have been read of the other devices.
func (p *poll) readBackOf(ctx context.Context, e endpoint, devices []usage.Device) error {
	q := question{endpoint: e, span: span{first: p.today, last: p.today - 2, back: true}, wanted: e.kept, part: true, quiet: true}
	for _, figure := range e.kept {
		if read, ok := p.coverage[figure]; ok {
			q.first = min(q.first, max(read.First, p.given.First))
		}
	}
	if len(devices) > mostByUID {
		q.subjects = some(devices)
		return p.readSpans(ctx, q, q.cut(p.fitting(e)))
	}
	for chunk := range slices.Chunk(devices, uidsOfDevices) {
		q.subjects, q.devices = some(chunk), nil
		for _, d := range chunk {
			q.devices = append(q.devices, d.UID)
		}
		if err := p.readSpans(ctx, q, q.cut(max(q.days(), 1))); err != nil {
			return err
		}
	}
	return nil
}
