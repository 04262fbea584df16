package outbox

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// Every change of a delivery follows the same steps: its row is read in the transaction of whatever caused the change, delivery.Next
// returns the new row, and differences are written. Before that, on PostgreSQL, its receiver is locked (locks.go).

// A row is a stored delivery, with what delivery.Next needs to know of its alert.
type row struct {
	alert, receiver string
	delivery.Delivery
	facts  delivery.Facts
	figure sql.NullFloat64 // value that the message shows; NULL: unknown or none
	words  sql.NullString  // texts that it shows with the value; "": unknown; NULL: it does not show the value
}

// ownColumns are the columns of delivery.Delivery.
const ownColumns = `delivery.state, delivery.reason, delivery.why, delivery.error, waiting_since, have, shown, display, message, via, rerouted,
	moves, repairs`

// own lists the destinations of ownColumns.
func own(d *delivery.Delivery) []any {
	return []any{
		&d.State, &d.Reason, &d.Detail, &d.Error, database.Time(&d.Since), &d.Have, &d.Shown, &d.Display, database.Optional(&d.Message), &d.For, &d.Rerouted,
		&d.Turns, &d.Epoch,
	}
}

const (
	storedColumns = `delivery.alert, delivery.receiver, ` + ownColumns + `, figure, words`
	factColumns   = `alert.state, alert.level, alert.version, alert.reason, alert.mute <> '` + database.EmptyDocument + `', alert.ack <> '` + database.EmptyDocument + `'`
)

// storedFields lists the destinations of storedColumns.
func (r *row) storedFields() []any {
	return slices.Concat([]any{&r.alert, &r.receiver}, own(&r.Delivery), []any{&r.figure, &r.words})
}

// fields lists the destinations of storedColumns and factColumns.
func (r *row) fields() []any {
	f := &r.facts
	return append(r.storedFields(), &f.State, &f.Level, &f.Version, &f.Reason, &f.Muted, &f.Acknowledged)
}

// readRows returns the deliveries that condition selects, in the order of their keys. There are about n.
func readRows(ctx context.Context, tx database.Tx, n int, condition string, args ...any) ([]row, error) {
	return database.CollectAbout(ctx, tx, n, (*row).fields, `
		SELECT `+storedColumns+`, `+factColumns+` FROM delivery JOIN alert ON alert.id = delivery.alert
		WHERE `+condition+` ORDER BY delivery.alert, delivery.receiver`, args...)
}

// next returns the row after an event. If it is uncertain what a message displays, the value that it shows is unknown.
func (r row) next(e delivery.Event, p delivery.Policy, now time.Time) row {
	epoch := r.Epoch
	if r.Delivery = r.Next(e, r.facts, p, now); r.Epoch != epoch {
		r.figure, r.words.String = sql.NullFloat64{}, ""
	}
	return r
}

// A change is a row before and after an event.
type change struct{ before, after row }

// changesOf applies events to rows, and returns the changed ones. The zero event means that nothing happened.
func changesOf(rows []row, event func(*row) delivery.Event, p delivery.Policy, now time.Time) []change {
	changes := make([]change, 0, len(rows))
	for _, r := range rows {
		if after := r.next(event(&r), p, now); after != r {
			changes = append(changes, change{r, after})
		}
	}
	return changes
}

// always returns an event for every row.
func always(e delivery.Event) func(*row) delivery.Event {
	return func(*row) delivery.Event { return e }
}

// receiversOf returns the receivers of changes, without duplicates.
func receiversOf(changes []change) []string {
	var names []string
	for i := range changes {
		if name := changes[i].after.receiver; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// A group holds deliveries to one receiver for which the same is stored.
type group struct {
	row    // to store, except for the alert
	alerts []string
}

// groups holds groups in the order in which they were found.
type groups struct {
	all   []group
	place map[row]int
}

// add adds a delivery to the group for which the same is stored.
func (g *groups) add(alert string, stored row) {
	at, ok := g.place[stored]
	if !ok {
		at = len(g.all)
		if g.place == nil {
			g.place = map[row]int{}
		}
		g.place[stored] = at
		g.all = append(g.all, group{row: stored})
	}
	g.all[at].alerts = append(g.all[at].alerts, alert)
}

// write stores changes: first the messages of deliveries, then what is displayed with what is owed, or only what is owed. Deliveries for
// which the same is stored share a statement: the rows of a storm differ in little but their alerts.
func write(ctx context.Context, b database.Batch, changes []change) error {
	if err := attach(ctx, b, changes); err != nil {
		return err
	}
	var owed, displayed groups
	for i := range changes {
		was, is := &changes[i].before, &changes[i].after
		switch {
		case *was == *is:
		case was.displayed() == is.displayed():
			owed.add(is.alert, is.owed())
		default:
			displayed.add(is.alert, is.stored())
		}
	}
	for i := range owed.all {
		if err := owed.all[i].writeOwed(ctx, b); err != nil {
			return err
		}
	}
	for i := range displayed.all {
		if err := displayed.all[i].writeDisplayed(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// attach stores the messages of deliveries, or that they have none, with what that means for what is displayed.
func attach(ctx context.Context, b database.Batch, changes []change) error {
	var moved groups
	for i := range changes {
		if was, is := &changes[i].before, &changes[i].after; was.Message != is.Message {
			moved.add(is.alert, row{receiver: is.receiver, Delivery: delivery.Delivery{Message: is.Message, Display: is.Display}})
			was.Message, was.Display = is.Message, is.Display
		}
	}
	for i := range moved.all {
		to := &moved.all[i]
		err := b.Exec(ctx, `
			UPDATE delivery SET message = $1, display = $2 WHERE receiver = $3 AND alert `+b.Tx.Among(4),
			database.Optional(&to.Message), to.Display, to.receiver, database.Texts(to.alerts))
		if err != nil {
			return err
		}
	}
	return nil
}

// writeOwed stores what is owed.
func (g *group) writeOwed(ctx context.Context, b database.Batch) error {
	return b.Exec(ctx, `
		UPDATE delivery SET state = $1, reason = $2, why = $3, error = $4, waiting_since = $5
		WHERE receiver = $6 AND alert `+b.Tx.Among(7),
		g.State, g.Reason, g.Detail, g.Error, database.Time(&g.Since), g.receiver, database.Texts(g.alerts))
}

// writeDisplayed stores everything but the message.
func (g *group) writeDisplayed(ctx context.Context, b database.Batch) error {
	return b.Exec(ctx, `
		UPDATE delivery SET state = $1, reason = $2, why = $3, error = $4, waiting_since = $5, have = $6, shown = $7, display = $8,
			via = $9, rerouted = $10, moves = $11, repairs = $12, figure = $13, words = $14
		WHERE receiver = $15 AND alert `+b.Tx.Among(16),
		g.State, g.Reason, g.Detail, g.Error, database.Time(&g.Since), g.Have, g.Shown, g.Display,
		g.For, g.Rerouted, g.Turns, g.Epoch, g.figure, g.words, g.receiver, database.Texts(g.alerts))
}

// displayed returns the row without what is owed.
func (r row) displayed() row {
	r.State, r.Reason, r.Detail, r.Error, r.Since = "", "", "", "", time.Time{}
	return r
}

// owed returns only what the row stores of what is owed.
func (r row) owed() row {
	d := delivery.Delivery{State: r.State, Reason: r.Reason, Detail: r.Detail, Error: r.Error, Since: r.Since}
	return row{receiver: r.receiver, Delivery: d}
}

// stored returns what the row stores, without its alert and its message.
func (r row) stored() row {
	r.alert, r.facts, r.Message = "", delivery.Facts{}, ""
	return r
}

// An address identifies a delivery to add.
type address struct{ alert, receiver string }

// insert adds a delivery at addresses, and calls added with the receivers of new ones.
func insert(ctx context.Context, tx database.Tx, d delivery.Delivery, addresses []address, added func(receiver string)) error {
	table := database.Upsert{
		Table: "delivery", Key: []string{"alert", "receiver"}, Returning: "receiver", Fixed: []string{"state", "waiting_since", "display", "via"},
	}
	return table.Run(ctx, tx, len(addresses), func(i int) []any {
		return []any{addresses[i].alert, addresses[i].receiver, d.State, database.Time(&d.Since), d.Display, d.For}
	}, func(rows *sql.Rows) error {
		var receiver string
		err := rows.Scan(&receiver)
		added(receiver)
		return err
	})
}

// A selection selects the deliveries of some alerts, to one receiver or to all.
type selection struct {
	alerts   string // query of the IDs of the alerts, in order
	args     []any  // of the query
	receiver string // "" means all
}

// selected returns the IDs of the alerts of a selection.
func (s *Store) selected(ctx context.Context, of selection) (alerts []string, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		alerts, err = database.Collect(ctx, tx, func(id *string) []any { return []any{id} }, of.alerts, of.args...)
		return err
	})
	return alerts, err
}

// change applies events to the deliveries of a selection, in one transaction for every 1,000 alerts, and returns how many of each receiver
// changed. If due is set, it makes these receivers due.
func (s *Store) change(ctx context.Context, of selection, event func(*row) delivery.Event, now time.Time, due bool) (map[string]int64, error) {
	alerts, err := s.selected(ctx, of)
	if err != nil {
		return nil, err
	}
	changed := map[string]int64{}
	for some := range slices.Chunk(alerts, maxAlerts) {
		var changes []change
		err := s.db.Update(ctx, func(tx database.Tx) error {
			chosen := `delivery.alert ` + tx.Among(1) + ` AND ($2 = '' OR delivery.receiver = $2)`
			if err := lockReceiversOf(ctx, tx, chosen, database.Texts(some), of.receiver); err != nil {
				return err
			}
			rows, err := readRows(ctx, tx, len(some), chosen, database.Texts(some), of.receiver)
			if err != nil {
				return err
			}
			changes = changesOf(rows, event, delivery.Policy{}, now)
			names := map[string]bool{}
			for i := range changes {
				names[changes[i].after.receiver] = due
			}
			if err := work.MakeReceiversDue(ctx, tx, now, names); err != nil {
				return err
			}
			return write(ctx, database.NewBatch(tx), changes)
		})
		if err != nil {
			return changed, err
		}
		for i := range changes {
			changed[changes[i].after.receiver]++
		}
	}
	return changed, nil
}

// move moves all deliveries of a receiver from one state to another; see delivery.Moves.
func move(ctx context.Context, tx database.Tx, receiver string, e delivery.Event) error {
	from, to := delivery.Moves(e.Kind)
	_, err := tx.ExecContext(ctx, `UPDATE delivery SET state = $1, error = coalesce($2, error) WHERE receiver = $3 AND `+owes+` AND state = $4`,
		to, database.Optional(&e.Error), receiver, from)
	return err
}

// newDelivery returns a delivery that has just been added.
func newDelivery(now time.Time) delivery.Delivery {
	return delivery.Delivery{}.Next(delivery.Event{Kind: delivery.Added}, delivery.Facts{}, delivery.Policy{}, now)
}

// rowsTo returns the deliveries of some alerts to a receiver.
func rowsTo(ctx context.Context, tx database.Tx, receiver string, alerts []string) ([]row, error) {
	return readRows(ctx, tx, len(alerts), `delivery.receiver = $1 AND delivery.alert `+tx.Among(2), receiver,
		database.Texts(alerts))
}

// storedTo is rowsTo without the facts of the alerts, for events that need none: finding the alerts takes half of the time.
func storedTo(ctx context.Context, tx database.Tx, receiver string, alerts []string) ([]row, error) {
	return database.CollectAbout(ctx, tx, len(alerts), (*row).storedFields, `
		SELECT `+storedColumns+` FROM delivery
		WHERE receiver = $1 AND alert `+tx.Among(2)+` ORDER BY alert`, receiver, database.Texts(alerts))
}
