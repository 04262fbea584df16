package deliver

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"notewatch/internal/store"
	"notewatch/rules"
)

// maxRefresh is how many messages one round changes only to bring figures up to date.
const maxRefresh = 20

// An outgoing is a message that is to be posted or changed.
type outgoing = store.Sending

// A planned is a message that is to be posted or changed, without its members: of many messages they are too many to be held.
type planned struct {
	store.Message
	fresh []fresh // the members of a message that is new; nil is those that are stored
	fails bool    // the last attempt failed
}

// A fresh is a delivery of which nothing is shown yet.
type fresh struct {
	alert, rule, project string
	first                bool // true before its rule was first evaluated, and nothing has changed since
	level                rules.Level
	want                 int64
}

// A plan is what one turn has to send.
type plan struct {
	messages []planned
	later    time.Time // when there will be more; zero is when something happens
}

// plan turns deliveries into messages: what is new first, then what changes, then figures that are to be brought up to
// date. What the receiver has nothing to hear of, or must not be told for now, is noted as such.
func (s *Sender) plan(ctx context.Context, lease store.Lease, r Receiver) (p plan, err error) {
	changes, settled, err := s.changes(ctx, r)
	if err != nil {
		return plan{}, err
	}
	var news []fresh
	err = s.store.EachFresh(ctx, r.Name, func(d *store.Delivery) {
		a := &d.Alert
		if held := *d; r.settles(&held) {
			settled = append(settled, held)
			return
		}
		news = append(news, fresh{a.ID, a.Rule, a.Project, a.Already && a.Version == 1, a.Level, d.Want})
	})
	if err != nil {
		return plan{}, err
	}
	if len(settled) > 0 {
		if err := s.store.Settle(ctx, lease, settled); err != nil {
			return plan{}, err
		}
	}
	if p, err = s.news(ctx, r, news); err != nil {
		return plan{}, err
	}
	p.messages = append(p.messages, changes...)
	if r.Live {
		err = s.refresh(ctx, r, &p)
	}
	return p, err
}

// settles notes why the receiver is not to be shown an alert of which it shows nothing yet: for good, or until the alert
// changes. It reports whether there is any reason.
func (r Receiver) settles(d *store.Delivery) bool {
	a := d.Alert
	switch {
	case d.Away():
		d.Why = ElsewhereText
	case a.State == rules.Firing && a.Level < r.From:
		d.Why = fmt.Sprintf("%s is below %s, from which on this receiver is told", a.Level, r.From)
		return true // it stays to be shown, should that change
	case a.State == rules.Firing && muted(a):
		d.Why = MuteText(a.Mute)
		return true
	case a.State == rules.Firing && a.Ack != rules.Ack{}:
		d.Why = "acknowledged by " + AckText(a.Ack)
		return true
	case a.State == rules.Withdrawn:
		d.Why = "taken back before it was shown"
	case a.Reason == rules.Corrected:
		d.Why = "corrected before it was sent"
	case a.State == rules.Resolved && a.Level < r.From:
		d.Why = fmt.Sprintf("over, and %s is below %s, from which on this receiver is told", a.Level, r.From)
	case a.State == rules.Resolved && muted(a):
		d.Why = MuteText(a.Mute) + ", and over since"
	default:
		return false
	}
	d.Have, d.Shown = d.Want, rules.Inactive
	return true
}

// ElsewhereText says why a receiver is not told of an alert any more that it was to show before.
const ElsewhereText = "others are told of it now, as the rules file says"

// fires reports whether an alert fires that the receiver is to show.
func fires(d store.Delivery) bool { return d.Alert.State == rules.Firing && !d.Away() }

func muted(a rules.Alert) bool { return a.Mute.Kind != rules.ByNothing }

// hushed reports whether what is new of an alert is nothing to disturb anybody with.
func hushed(d store.Delivery) bool {
	return fires(d) && muted(d.Alert)
}

// waits reports whether an alert that is not shown yet has to wait: people are not told, or somebody has it.
func waits(d store.Delivery) bool {
	return hushed(d) || fires(d) && d.Alert.Ack != rules.Ack{}
}

// knows reports whether the receiver shows already that an alert is nothing to it any more: others are told of it, or it is
// over or below the receiver's level and was below that when it was shown last. What was shown as muted is not shown as over.
func (r Receiver) knows(d store.Delivery) bool {
	a := d.Alert
	news := a.Reason == rules.Revised || a.Reason == rules.Reported
	over := a.Level < r.From && !muted(a) && !news
	return d.Have > 0 && d.Shown == rules.Inactive && (over || d.Away())
}

// changes returns the messages that have to show something else, those that failed last at the end. What nobody is to hear
// of is settled: deliveries that were about to be shown when people stopped being told, and such as the receiver knows.
func (s *Sender) changes(ctx context.Context, r Receiver) (all []planned, settled []store.Delivery, err error) {
	changes, err := s.store.Changes(ctx, r.Name)
	for _, m := range changes {
		shown := !m.Message.PostedAt.IsZero()
		visible := func(d store.Delivery) bool { return shown || !waits(d) }
		news := func(d store.Delivery) bool { return d.Want > d.Have && !r.knows(d) && visible(d) }
		if slices.ContainsFunc(m.Members, news) {
			failed := func(d store.Delivery) bool { return d.Error != "" }
			all = append(all, planned{Message: m.Message, fails: slices.ContainsFunc(m.Members, failed)})
			continue
		}
		for _, d := range waiting(m.Members) {
			if r.knows(d) {
				d.Have = d.Want
				settled = append(settled, d)
			} else if r.settles(&d) {
				settled = append(settled, d)
			}
		}
	}
	order(all)
	return all, settled, err
}

// news returns messages for deliveries of which nothing is shown yet.
func (s *Sender) news(ctx context.Context, r Receiver, all []fresh) (p plan, err error) {
	if len(all) == 0 {
		return p, nil
	}
	now := s.now()
	begun, digest, err := s.store.Begun(ctx, r.Name, now.Add(-time.Hour))
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

// message is the one that begins with an alert. Planning it again gives the same.
func (r Receiver) message(first string) store.Message {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(r.Name))
	return store.Message{ID: fmt.Sprintf("%s-%08x", first, hash.Sum32()), Receiver: r.Name}
}

// members reads the members of a planned message. It reports whether they are still those that it was planned with: of a message that
// is stored all are, as it shows the newest of them.
func (s *Sender) members(ctx context.Context, r Receiver, p planned) (m outgoing, same bool, err error) {
	if p.fresh == nil {
		m.Message, m.Members, err = s.store.Members(ctx, p.ID)
		return m, true, err
	}
	ids, want := make([]string, len(p.fresh)), make(map[string]int64, len(p.fresh))
	for i, d := range p.fresh {
		ids[i], want[d.alert] = d.alert, d.want
	}
	m.Message = p.Message
	m.Members, err = s.store.Fresh(ctx, r.Name, ids)
	changed := func(d store.Delivery) bool { return d.Want != want[d.Alert.ID] }
	return m, len(m.Members) == len(ids) && !slices.ContainsFunc(m.Members, changed), err
}

// refresh adds messages that show old figures.
func (s *Sender) refresh(ctx context.Context, r Receiver, p *plan) error {
	ids, err := s.store.Stale(ctx, r.Name, maxRefresh)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(p.messages, func(m planned) bool { return m.ID == id }) {
			p.messages = append(p.messages, planned{Message: store.Message{ID: id, Receiver: r.Name}})
		}
	}
	return nil
}
