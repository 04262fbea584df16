package deliver

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// maxRefresh is the number of messages that one round may update only because their values are outdated.
const maxRefresh = 20

// An outgoing is a message to send or update.
type outgoing = outbox.Sending

// A planned is a message to send or update, without its members: the members of many messages would need too much memory at once.
type planned struct {
	outbox.Message
	fresh []fresh // members of a new message; nil means the stored members
	fails bool    // the last attempt failed
}

// A fresh is a delivery that the receiver does not show yet.
type fresh struct {
	alert, rule, project string
	first                bool // true before the first evaluation of its rule, and unchanged since then
	level                rules.Level
	version              int64
}

// A plan holds the messages of one round.
type plan struct {
	messages []planned
	later    time.Time // when there will be more to send; the zero time if nothing is planned
}

// plan turns deliveries into messages: first new ones, then changed ones, then messages with outdated values. Deliveries that are held or
// skipped are stored as such.
func (s *Sender) plan(ctx context.Context, lease work.Lease, r Receiver) (p plan, err error) {
	changes, settled, err := s.changes(ctx, r)
	if err != nil {
		return plan{}, err
	}
	var unshown []fresh
	err = s.outbox.EachFresh(ctx, r.Name, len(r.Hours.Closed) > 0, func(d *outbox.Delivery) {
		a := &d.Alert
		if !r.consider(d) {
			settled = append(settled, *d)
			return
		}
		unshown = append(unshown, fresh{a.ID, a.Rule, a.Project, a.Already && a.Version == 1, a.Level, a.Version})
	})
	if err != nil {
		return plan{}, err
	}
	if len(settled) > 0 {
		if err := s.outbox.Settle(ctx, lease, r.policy(), settled); err != nil {
			return plan{}, err
		}
	}
	if p, err = s.newMessages(ctx, r, unshown); err != nil {
		return plan{}, err
	}
	p.messages = append(p.messages, changes...)
	p.later = work.Earlier(p.later, r.Hours.Next(r.began))
	if r.Live {
		err = s.refresh(ctx, r, &p)
	}
	return p, err
}

// policy returns the settings of the receiver that package delivery needs.
func (r Receiver) policy() delivery.Policy { return delivery.Policy{From: r.From} }

// consider sets the Hours of a waiting delivery, and its Detail to the text of the mute or acknowledgement. It reports whether the delivery
// still waits: otherwise it is held or skipped.
func (r Receiver) consider(d *outbox.Delivery) (waits bool) {
	d.Hours = r.outside(d)
	switch a := &d.Alert; {
	case a.Mute.Kind != rules.ByNothing:
		d.Detail = MuteText(a.Mute)
	case a.Ack != rules.Ack{}:
		d.Detail = "acknowledged by " + AckText(a.Ack)
	}
	return d.Next(d.Considered(d.Detail), d.Facts(), r.policy(), time.Time{}).State == delivery.Waiting
}

// changes returns the messages to update, those that failed last at the end. If all members of a message are held or skipped, it is not
// sent, and its members are returned as settled.
func (s *Sender) changes(ctx context.Context, r Receiver) (all []planned, settled []outbox.Delivery, err error) {
	changes, err := s.outbox.Changes(ctx, r.Name)
	for _, m := range changes {
		waiting := slices.DeleteFunc(slices.Clone(m.Members), func(d outbox.Delivery) bool { return d.State != delivery.Waiting })
		waits := 0
		for i := range waiting {
			if r.consider(&waiting[i]) {
				waits++
			}
		}
		if waits == 0 {
			settled = append(settled, waiting...)
			continue
		}
		failed := func(d outbox.Delivery) bool { return d.Error != "" }
		all = append(all, planned{Message: m.Message, fails: slices.ContainsFunc(m.Members, failed)})
	}
	order(all)
	return all, settled, err
}

// newMessages returns messages for deliveries that the receiver does not show yet.
func (s *Sender) newMessages(ctx context.Context, r Receiver, all []fresh) (p plan, err error) {
	if len(all) == 0 {
		return p, nil
	}
	now := s.now()
	begun, digest, err := s.outbox.Begun(ctx, r.Name, now.Add(-time.Hour))
	if err != nil {
		return p, err
	}
	alone, together, later := capped(group(all), begun, digest, now)
	for _, members := range alone {
		p.messages = append(p.messages, planned{Message: r.message(members[0].alert), fresh: members})
	}
	for _, members := range together {
		message := r.message(members[0].alert)
		message.Digest = true
		p.messages = append(p.messages, planned{Message: message, fresh: members})
	}
	p.later = later
	return p, nil
}

// message returns the message whose first member is an alert. Its ID is the same each time the message is planned.
func (r Receiver) message(first string) outbox.Message {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(r.Name))
	return outbox.Message{ID: fmt.Sprintf("%s-%08x", first, hash.Sum32()), Receiver: r.Name}
}

// members reads the members of a planned message, and reports whether they are unchanged since it was planned. For a stored message same is
// always true, because it shows the newest state of its members.
func (s *Sender) members(ctx context.Context, r Receiver, p planned) (m outgoing, same bool, err error) {
	m.Policy = r.policy()
	defer func() {
		for i := range m.Members {
			m.Members[i].Hours = r.outside(&m.Members[i])
		}
	}()
	if p.fresh == nil {
		m.Message, m.Members, err = s.outbox.Members(ctx, p.ID)
		return m, true, err
	}
	ids, planned := make([]string, len(p.fresh)), make(map[string]int64, len(p.fresh))
	for i, d := range p.fresh {
		ids[i], planned[d.alert] = d.alert, d.version
	}
	m.Message = p.Message
	m.Members, err = s.outbox.Fresh(ctx, r.Name, ids)
	changed := func(d outbox.Delivery) bool { return d.Alert.Version != planned[d.Alert.ID] }
	if err != nil || len(m.Members) != len(ids) || slices.ContainsFunc(m.Members, changed) {
		return m, false, err
	}
	m.Message.Cohort, err = s.cohort(ctx, m.Members)
	return m, true, err
}

// refresh adds messages with outdated values.
func (s *Sender) refresh(ctx context.Context, r Receiver, p *plan) error {
	ids, err := s.outbox.Stale(ctx, r.Name, maxRefresh)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(p.messages, func(m planned) bool { return m.ID == id }) {
			p.messages = append(p.messages, planned{Message: outbox.Message{ID: id, Receiver: r.Name}})
		}
	}
	return nil
}
