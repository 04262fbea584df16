package store

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/store/database"
	"notewatch/rules"
)

// CountAlerts returns the number of alerts that a filter selects, without its limit.
func (s *Store) CountAlerts(ctx context.Context, f AlertFilter) (count int, err error) {
	where, args := f.where()
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT count(*) FROM alert WHERE `+where, args...).Scan(&count)
	})
	return count, database.Doing(err, "counting alerts")
}

// A Happening is a transition of an alert, with the constant fields of the alert.
type Happening struct {
	Transition
	Rule    string
	Project string
	Subject string
	Texts   rules.Texts // its present texts
	Drill   bool
}

func (h *Happening) fields() []any {
	return append(h.Transition.fields(), &h.Rule, &h.Project, &h.Subject, database.Document(&h.Texts), &h.Drill)
}

// Happenings returns the transitions since a time of the alerts that a filter selects, the newest first, up to its limit, and their number
// without a limit.
func (s *Store) Happenings(ctx context.Context, f AlertFilter, since time.Time) (all []Happening, count int, err error) {
	where, args := f.where()
	args = append(args, since.UnixMilli())
	from := ` FROM transition`
	if f != (AlertFilter{Limit: f.Limit}) {
		from += ` JOIN alert ON alert.id = transition.alert`
	}
	from += ` WHERE ` + where + ` AND transition.at >= ` + database.Params(len(args), 1)
	const order = ` ORDER BY transition.at DESC NULLS LAST, transition.alert, transition.version DESC `
	err = s.db.View(ctx, func(tx database.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT count(*)`+from, args...).Scan(&count); err != nil {
			return err
		}
		all, err = database.Collect(ctx, tx, (*Happening).fields, `
			SELECT transition.alert, transition.version, transition.at, transition.reason, transition.state, transition.level,
				transition.value, transition.mute, transition.ack, transition.by_whom, transition.reason_text,
				alert.rule, alert.project, alert.subject, alert.told, alert.drill
			FROM (SELECT transition.alert, transition.version`+from+order+`LIMIT `+database.Params(len(args)+1, 1)+`) AS page
			CROSS JOIN transition CROSS JOIN alert
			WHERE transition.alert = page.alert AND transition.version = page.version AND alert.id = page.alert`+order, append(args, f.limit())...)
		return err
	})
	return all, count, database.Doing(err, "reading what happened")
}

// Names holds what people may call things: identifiers and names, in order.
type Names struct {
	Rules    []string
	Projects []ProjectName // the last name first
	Subjects []string
}

// A ProjectName is a UID with a name in alerts of that project, or "" without alerts. A project may have several.
type ProjectName struct{ UID, Name string }

func (p *ProjectName) fields() []any { return []any{&p.UID, database.Optional(&p.Name)} }

// Names returns the names in the store.
func (s *Store) Names(ctx context.Context) (n Names, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		for _, list := range []struct {
			to    *[]string
			query string
		}{
			{&n.Rules, `SELECT rule FROM judged UNION SELECT rule FROM alert ORDER BY 1`},
			{&n.Subjects, `SELECT uid FROM device WHERE listed UNION SELECT name FROM device WHERE listed
				UNION SELECT subject FROM alert UNION SELECT told ->> 'subject' FROM alert ORDER BY 1`},
		} {
			names, err := database.Collect(ctx, tx, func(name *string) []any { return []any{database.Optional(name)} }, list.query)
			if err != nil {
				return err
			}
			*list.to = slices.DeleteFunc(names, func(name string) bool { return name == "" })
		}
		n.Projects, err = database.Collect(ctx, tx, (*ProjectName).fields, `
			SELECT uid, name FROM (
				SELECT project AS uid, told ->> 'project' AS name, max(since) AS last FROM alert WHERE project <> '' GROUP BY 1, 2
				UNION ALL SELECT uid, NULL, 0 FROM project WHERE uid NOT IN (SELECT project FROM alert)
			) AS known ORDER BY last DESC NULLS LAST, uid, name NULLS FIRST`)
		return err
	})
	return n, database.Doing(err, "reading what there is by name")
}
