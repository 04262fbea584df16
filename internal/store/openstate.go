package store

import (
	"context"
	"iter"
	"math"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/alertrow"
	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
	"notewatch/rules"
)

// OpenStates holds the pending and firing alerts of a project as far as evaluations need them, in little memory. It is safe for concurrent
// reads.
//
// Alerts have no texts and no By and Why, which evaluations do not read, except the name of their figure. An alert is complete if a
// receiver shows its value.
type OpenStates struct {
	project string
	states  []openState
	place   map[episode]int
	shown   map[string]rules.Alert // complete, by ID
}

// An episode identifies alerts of which at most one can be open.
type episode struct{ rule, subject string }

// Len returns the number of alerts.
func (o *OpenStates) Len() int { return len(o.states) }

// Shown reports whether a receiver shows the value of an alert, by ID.
func (o *OpenStates) Shown(id string) bool {
	_, ok := o.shown[id]
	return ok
}

// ShownAlerts returns the alerts whose value a receiver shows, in any order.
func (o *OpenStates) ShownAlerts() iter.Seq[rules.Alert] {
	return func(yield func(rules.Alert) bool) {
		for _, a := range o.shown {
			if !yield(a) {
				return
			}
		}
	}
}

// Of returns the open alert of a rule and a subject; ok is false if there is none.
func (o *OpenStates) Of(rule, subject string) (a rules.Alert, ok bool, err error) {
	i, ok := o.place[episode{rule, subject}]
	if !ok {
		return a, false, nil
	}
	a, err = o.at(i)
	return a, err == nil, err
}

// All returns the alerts in the order of their IDs.
func (o *OpenStates) All() iter.Seq2[rules.Alert, error] {
	return func(yield func(rules.Alert, error) bool) {
		for i := range o.states {
			if !yield(o.at(i)) {
				return
			}
		}
	}
}

// Brief returns the fields of each alert that decide whether it is muted: ID, key, state, Mute, Drill, FiredAt. Each is valid until the
// next.
func (o *OpenStates) Brief() iter.Seq[*rules.Alert] {
	return func(yield func(*rules.Alert) bool) {
		var a rules.Alert
		for i := range o.states {
			s := &o.states[i]
			a = rules.Alert{ID: s.id, Rule: s.rule, Project: o.project, Subject: s.subject, State: rules.State(s.state), Drill: s.drill}
			a.Texts.Subject, a.Texts.Project = s.subjectName, s.projectName
			a.FiredAt = s.firedAt.time()
			if s.mute != nil {
				a.Mute = *s.mute
			}
			if !yield(&a) {
				return
			}
		}
	}
}

// at returns the alert at an index.
func (o *OpenStates) at(i int) (rules.Alert, error) {
	s := &o.states[i]
	if a, ok := o.shown[s.id]; ok {
		return a, nil
	}
	a := rules.Alert{
		ID: s.id, Rule: s.rule, Project: o.project, Subject: s.subject, Period: s.period.time(),
		State: rules.State(s.state), Level: s.level, Worst: s.worst, Version: s.version, Reason: rules.Event(s.reason), Already: s.already,
		Since: s.since.time(), FiredAt: s.firedAt.time(), RaisedAt: s.raisedAt.time(), NotifiedAt: s.notifiedAt.time(),
		ChangedAt: s.changedAt.time(), Doubted: s.doubted, QuietSince: s.quietSince.time(),
		Value: s.value, Peak: s.peak, PeakOn: s.peakOn, Limit: s.limit, Usual: s.usual, AsOf: s.asOf.time(), Drill: s.drill,
	}
	a.Texts.Figure = s.figure
	if s.mute != nil {
		a.Mute = *s.mute
	}
	if s.ack != nil {
		a.Ack = *s.ack
	}
	if err := (alertrow.Holds{All: &a.Holds}).Scan(s.holds); err != nil {
		return a, err
	}
	return a, database.Document(&a.Then).Scan(s.then)
}

// An openState is a row of OpenStates.
type openState struct {
	id, rule, subject, state, reason, figure, holds, then string
	subjectName, projectName                              string // only if requested

	period, since, firedAt, raisedAt, notifiedAt, changedAt, quietSince, asOf millis
	value, peak, limit, usual                                                 float64

	level, worst            rules.Level
	version                 int64
	peakOn                  rules.Day
	already, doubted, drill bool
	mute                    *rules.Mute // nil means zero
	ack                     *rules.Ack
}

const openStateColumns = `id, rule, subject, state, reason, coalesce(told ->> 'figure', ''), holds, then_values, period, since, fired_at, raised_at, notified_at,
	changed_at, quiet_since, as_of, value, peak, threshold, usual, level, worst, version, peak_on, already, doubted, drill, mute, ack`

// fields lists the destinations of openStateColumns. Strings of many rows are kept once in seen.
func (s *openState) fields(seen database.Repeated) []any {
	return []any{
		&s.id, seen.Text(&s.rule), &s.subject, seen.Text(&s.state), seen.Text(&s.reason), seen.Text(&s.figure), &s.holds, &s.then,
		&s.period, &s.since, &s.firedAt, &s.raisedAt, &s.notifiedAt, &s.changedAt, &s.quietSince, &s.asOf,
		database.Number(&s.value), database.Number(&s.peak), database.Number(&s.limit), database.Number(&s.usual), &s.level, &s.worst, &s.version, &s.peakOn,
		&s.already, &s.doubted, &s.drill, sparse[rules.Mute]{&s.mute}, sparse[rules.Ack]{&s.ack},
	}
}

// A StateQuery selects open alerts.
type StateQuery struct {
	Project string
	Rules   []string // only those of these rules; nil means all
	Names   bool     // Brief includes the stored names of the subjects and the project
}

// OpenStates returns open alerts of a project.
func (s *Store) OpenStates(ctx context.Context, q StateQuery) (*OpenStates, error) {
	o := &OpenStates{project: q.Project}
	err := s.db.View(ctx, func(tx database.Tx) error {
		ofProject, args := ` FROM alert WHERE alert.project = $1 AND `+alertrow.Open, []any{q.Project}
		if q.Rules != nil {
			ofProject, args = ofProject+` AND alert.rule `+tx.Among(2), append(args, database.Texts(q.Rules))
		}
		var count int
		if err := tx.QueryRowContext(ctx, `SELECT count(*)`+ofProject, args...).Scan(&count); err != nil || count == 0 {
			return err
		}
		if err := o.readShown(ctx, tx); err != nil {
			return err
		}
		columns, seen := openStateColumns, database.NewRepeated()
		if q.Names {
			columns += `, coalesce(told ->> 'subject', ''), coalesce(told ->> 'project', '')`
		}
		// An index answers the subquery and sorts the IDs, so that the rows are read in the order of the table.
		rows, err := tx.QueryContext(ctx, `SELECT `+columns+` FROM alert WHERE id IN (SELECT id`+ofProject+`)`, args...)
		if err != nil {
			return err
		}
		o.states = make([]openState, 0, count)
		o.states, err = database.ScanInto(o.states, rows, func(row *openState) []any {
			fields := row.fields(seen)
			if q.Names {
				fields = append(fields, &row.subjectName, seen.Text(&row.projectName))
			}
			return fields
		})
		return err
	})
	o.place = make(map[episode]int, len(o.states))
	for i := range o.states {
		o.place[episode{o.states[i].rule, o.states[i].subject}] = i
	}
	return o, database.Doing(err, "reading the open alerts of project %q", q.Project)
}

// readShown reads the alerts whose value a receiver shows.
func (o *OpenStates) readShown(ctx context.Context, tx database.Tx) error {
	o.shown = map[string]rules.Alert{}
	alerts, err := database.Collect(ctx, tx, alertrow.Fields, `SELECT id, `+database.List(alertrow.Columns)+` FROM alert WHERE id IN (
			SELECT alert FROM delivery WHERE `+outbox.ShowsValue+` AND NOT rerouted AND state <> $2)
		AND project || '' = $1`, o.project, delivery.Removed) // without || the index by project is taken, which leads through all that is open there
	for _, a := range alerts {
		if a.Open() {
			o.shown[a.ID] = a
		}
	}
	return err
}

// millis is a time as Unix milliseconds; noTime is the zero time. It takes a third of the memory of a time.Time.
type millis int64

const noTime = millis(math.MinInt64)

// Scan implements sql.Scanner.
func (m *millis) Scan(column any) error {
	switch v := column.(type) {
	case int64:
		*m = millis(v)
		return nil
	default:
		*m = noTime
		var t time.Time
		return database.Time(&t).Scan(column)
	}
}

func (m millis) time() time.Time {
	if m == noTime {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// sparse is a document that is empty in most rows; then the pointer is nil.
type sparse[T any] struct{ value **T }

// Scan implements sql.Scanner.
func (s sparse[T]) Scan(column any) error {
	*s.value = nil
	if column == database.EmptyDocument {
		return nil
	}
	*s.value = new(T)
	return database.Document(*s.value).Scan(column)
}
