package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// A Decision holds what was decided about alerts, based on their stored state.
type Decision struct {
	Alerts    []*rules.Alert      // new states with their texts; inactive pending alerts are in Dropped
	States    []*rules.Alert      // new states of other alerts, which keep their stored texts
	Versions  []*rules.Alert      // new versions of other alerts that were not evaluated: they keep the texts and values that a poll may have stored meanwhile
	Dropped   []string            // IDs of pending alerts that ended without firing
	Show      map[string][]string // receivers that should show an alert, by alert ID
	Fallbacks map[string]string   // fallbacks that are notified, by unreachable receiver
	Silences  int64               // the state of the silences on which the decision is based, as Silences returns it
	Mute      bool                // mutes have to be updated
	Now       time.Time           // domain clock
}

// A Commit holds everything that one poll decided. It is stored in one transaction.
type Commit struct {
	Decision
	Project  Project
	Meanings map[string]RuleMeaning // by rule name; replaces the result of Meanings, except for Others
	Others   []string               // names of the rules that were not evaluated: their entries in Meanings stay
	Seen     []usage.Change         // changes that were evaluated
	Damaged  []usage.Damage         // unreadable columns, to be read from Notehub again
	Live     []string               // receivers that keep the values in their messages current
	Due      time.Time              // of the next poll
	Failures int                    // of the poll, in a row
	Account  string                 // the rules about its organization become due, and learn of Seen; "": there are none
}

// Commit stores what a poll decided, makes each receiver due that has something new to show, makes the rules that read only poll due, and
// releases the lease. It stores all or nothing. It returns ErrLeaseLost if the lease is no longer held, and ErrConflict if an alert has a
// newer version than the decision is based on, or the silences have changed.
//
// A receiver has something new to show when an alert gets a new version that Show assigns to it, or for which it already has a delivery.
// Given-up and held deliveries become waiting again. The fallback of the receiver is made due too, so that it can take over at once.
func (s *Store) Commit(ctx context.Context, lease work.Lease, c Commit) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		if err := work.Complete(ctx, tx, lease, c.Now, c.Due, c.Failures); err != nil {
			return err
		}
		if c.Account != "" {
			if err := work.MakeDue(ctx, tx, work.Organization, c.Account, c.Now, true); err != nil {
				return err
			}
			if err := usage.ShareChanges(ctx, tx, c.Account, c.Seen); err != nil {
				return err
			}
		}
		if err := saveProject(ctx, tx, c.Project); err != nil {
			return err
		}
		if err := decide(ctx, tx, c.Decision); err != nil {
			return err
		}
		if err := dropMeanings(ctx, tx, c.Project.UID, slices.AppendSeq(slices.Clone(c.Others), maps.Keys(c.Meanings))); err != nil {
			return err
		}
		if err := saveMeanings(ctx, tx, c.Project.UID, c.Meanings); err != nil {
			return err
		}
		if err := work.MakeDue(ctx, tx, work.PollRules, c.Project.UID, c.Now, false); err != nil {
			return err
		}
		if err := makeLiveDue(ctx, tx, c); err != nil {
			return err
		}
		if err := usage.Uncover(ctx, tx, c.Damaged); err != nil {
			return err
		}
		return usage.DropChanges(ctx, tx, c.Project.UID, c.Seen)
	})
	if err == nil {
		s.db.Shrink(ctx)
	}
	return database.Doing(err, "committing the poll of project %q", c.Project.UID)
}

// CommitPollRules stores what the rules that read only the state of polling decided, and releases their lease. It stores all or nothing,
// with the errors of Commit. It uses the decision of c, Meanings, which replaces the entries of those rules, and Due. The state of the
// project belongs to its polls and stays unchanged.
func (s *Store) CommitPollRules(ctx context.Context, lease work.Lease, c Commit) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		if err := work.Complete(ctx, tx, lease, c.Now, c.Due, 0); err != nil {
			return err
		}
		if err := decide(ctx, tx, c.Decision); err != nil {
			return err
		}
		return saveMeanings(ctx, tx, lease.Key, c.Meanings)
	})
	return database.Doing(err, "committing the rules about polling of project %q", lease.Key)
}

// CommitOrganization stores what the rules about the organization of the account of the lease decided, and releases the lease. It stores all
// or nothing, with the errors of Commit. It uses the decision of c, Meanings, Live, Seen and Due.
func (s *Store) CommitOrganization(ctx context.Context, lease work.Lease, c Commit) error {
	c.Project.UID = rules.OfAccount(lease.Key)
	err := s.db.Update(ctx, func(tx database.Tx) error {
		if err := work.Complete(ctx, tx, lease, c.Now, c.Due, 0); err != nil {
			return err
		}
		if err := decide(ctx, tx, c.Decision); err != nil {
			return err
		}
		if err := dropMeanings(ctx, tx, c.Project.UID, slices.Collect(maps.Keys(c.Meanings))); err != nil {
			return err
		}
		if err := saveMeanings(ctx, tx, c.Project.UID, c.Meanings); err != nil {
			return err
		}
		if err := makeLiveDue(ctx, tx, c); err != nil {
			return err
		}
		if moved, err := work.Moved(ctx, tx, lease); moved || err != nil {
			return err // a project may have shared the same changes again: they are evaluated once more
		}
		return usage.DropChanges(ctx, tx, c.Project.UID, c.Seen)
	})
	return database.Doing(err, "committing the rules about the organization of account %q", lease.Key)
}

// Decide stores a decision that no poll made, and makes receivers due like Commit. It stores all or nothing, and may return ErrConflict.
func (s *Store) Decide(ctx context.Context, d Decision) error {
	err := s.db.Update(ctx, func(tx database.Tx) error { return decide(ctx, tx, d) })
	return database.Doing(err, "storing what was decided about %d alerts", len(d.Alerts)+len(d.States)+len(d.Versions))
}

func decide(ctx context.Context, tx database.Tx, d Decision) error {
	if err := holdSilences(ctx, tx); err != nil {
		return err
	}
	if err := sameSilences(ctx, tx, d.Silences); err != nil {
		return err
	}
	newer, err := newerThanStored(ctx, tx, d.Alerts, d.States, d.Versions)
	if err != nil {
		return err
	}
	if err := dropAlerts(ctx, tx, d.Dropped); err != nil {
		return err
	}
	if err := saveAlerts(ctx, tx, d); err != nil {
		return err
	}
	slices.SortFunc(newer, func(a, b *rules.Alert) int { return strings.Compare(a.ID, b.ID) })
	if err := saveTransitions(ctx, tx, newer); err != nil {
		return err
	}
	if d.Mute {
		if err := work.MakeDue(ctx, tx, work.Mute, "", d.Now, false); err != nil {
			return err
		}
	}
	return show(ctx, tx, d, newer)
}

// sameSilences returns ErrConflict if the silences changed after the decision read them.
func sameSilences(ctx context.Context, tx database.Tx, seen int64) error {
	seq, err := silenceSeq(ctx, tx)
	if err == nil && seq != seen {
		return ErrConflict
	}
	return err
}

// newerThanStored returns the alerts whose versions are newer than the stored ones. It returns ErrConflict if one has a stored event that the decision
// did not see.
func newerThanStored(ctx context.Context, tx database.Tx, lists ...[]*rules.Alert) (newer []*rules.Alert, err error) {
	for _, alerts := range lists {
		for some := range slices.Chunk(alerts, database.MaxRows) {
			more, err := newerOf(ctx, tx, some)
			if err != nil {
				return nil, err
			}
			newer = append(newer, more...)
		}
	}
	return newer, nil
}

// newerOf is newerThanStored for one list.
func newerOf(ctx context.Context, tx database.Tx, alerts []*rules.Alert) (newer []*rules.Alert, err error) {
	type version struct {
		id      string
		version int64
		reason  rules.Event
		at      time.Time
		ack     rules.Ack
	}
	ids := make([]string, len(alerts))
	for i, a := range alerts {
		ids[i] = a.ID
	}
	if err := lockAlerts(ctx, tx, ids); err != nil {
		return nil, err
	}
	found, err := database.Collect(ctx, tx, func(v *version) []any {
		return []any{&v.id, &v.version, &v.reason, database.Time(&v.at), database.Document(&v.ack)}
	}, `SELECT id, version, reason, changed_at, ack FROM alert WHERE id `+tx.Among(1), database.Texts(ids))
	if err != nil {
		return nil, err
	}
	stored := make(map[string]rules.Alert, len(found))
	for _, v := range found {
		stored[v.id] = rules.Alert{Version: v.version, Reason: v.reason, ChangedAt: v.at, Ack: v.ack}
	}
	for _, a := range alerts {
		was := stored[a.ID]
		if conflicts(&was, a) {
			return nil, ErrConflict
		}
		if a.Version > was.Version {
			newer = append(newer, a)
		}
	}
	return newer, nil
}

// conflicts reports whether the stored alert was has an event that the decision is did not see. Two people may acknowledge the same alert in
// the same millisecond.
func conflicts(was, is *rules.Alert) bool {
	if was.Version != is.Version {
		return was.Version > is.Version
	}
	same := was.Reason == is.Reason && was.ChangedAt.UnixMilli() == is.ChangedAt.UnixMilli() && was.Ack.By == is.Ack.By
	return was.Version > 0 && !same
}

// dropAlerts deletes pending alerts, which were never announced.
func dropAlerts(ctx context.Context, tx database.Tx, ids []string) error {
	for _, id := range ids {
		if _, err := tx.ExecContext(ctx, `DELETE FROM alert WHERE id = $1 AND state = 'pending'`, id); err != nil {
			return err
		}
	}
	return nil
}

// show adds the deliveries of a decision, makes the new versions of changed alerts owed, and makes their receivers due.
func show(ctx context.Context, tx database.Tx, d Decision, newer []*rules.Alert) error {
	due := map[string]bool{}
	if err := addShown(ctx, tx, d, due); err != nil {
		return err
	}
	var changed []string // an alert in its first version has no older delivery
	for _, alert := range newer {
		if alert.Version > 1 {
			changed = append(changed, alert.ID)
		}
	}
	if err := outbox.ReadDue(ctx, tx, changed, due); err != nil {
		return err
	}
	for receiver := range maps.Clone(due) {
		if takeOverAlerts := d.Fallbacks[receiver]; takeOverAlerts != "" {
			due[takeOverAlerts] = true
		}
	}
	if err := work.MakeReceiversDue(ctx, tx, d.Now, due); err != nil {
		return err
	}
	return outbox.ShowChanged(ctx, tx, changed, due, d.Now)
}

// addShown adds the deliveries of a decision, and adds the receivers of new ones to due.
func addShown(ctx context.Context, tx database.Tx, d Decision, due map[string]bool) error {
	stored, err := storedAlerts(ctx, tx, slices.Sorted(maps.Keys(d.Show)), d.Alerts)
	if err != nil {
		return err
	}
	return outbox.Add(ctx, tx, stored, d.Show, d.Now, func(receiver string) { due[receiver] = true })
}

// storedAlerts returns the alerts that are stored, in their order. sure are known to be stored; others may have been deleted since the
// decision.
func storedAlerts(ctx context.Context, tx database.Tx, ids []string, sure []*rules.Alert) ([]string, error) {
	stored := make(map[string]bool, len(sure))
	for _, a := range sure {
		stored[a.ID] = true
	}
	var others []string
	for _, id := range ids {
		if !stored[id] {
			others = append(others, id)
		}
	}
	if len(others) > 0 {
		found, err := database.Collect(ctx, tx, func(id *string) []any { return []any{id} },
			`SELECT id FROM alert WHERE id `+tx.Among(1), database.Texts(others))
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			stored[id] = true
		}
	}
	return slices.DeleteFunc(ids, func(id string) bool { return !stored[id] }), nil
}

// makeLiveDue makes the receivers due that show a changed value of this project.
func makeLiveDue(ctx context.Context, tx database.Tx, c Commit) error {
	due := map[string]bool{}
	for _, receiver := range c.Live {
		stale, err := outbox.IsStale(ctx, tx, receiver, c.Project.UID)
		if err != nil {
			return err
		}
		due[receiver] = stale
	}
	return work.MakeReceiversDue(ctx, tx, c.Now, due)
}
