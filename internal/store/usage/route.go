package usage

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// A RouteList is the routes of a project that Notehub lists.
type RouteList struct {
	Read   time.Time // zero: never
	Routes []Route   // in order of Ordinal
}

// A Route is a line of Notehub's list of routes.
type Route struct {
	Ordinal         int // its number in the project; devices and routes share one sequence
	UID, Name, Type string
	Disabled        bool
	Born            rules.Day // day of its first event; 0: none is known
}

// Find returns the route with a UID; nil if it is not listed.
func (l RouteList) Find(uid string) *Route {
	for i := range l.Routes {
		if l.Routes[i].UID == uid {
			return &l.Routes[i]
		}
	}
	return nil
}

// Routes returns the stored routes of a project.
func (s *Store) Routes(ctx context.Context, project string) (list RouteList, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		_, err := database.Found(tx.QueryRowContext(ctx, `
			SELECT route_list.read_at FROM route_list JOIN project ON project.id = route_list.project WHERE project.uid = $1`, project),
			database.Time(&list.Read))
		if err != nil {
			return err
		}
		list.Routes, err = database.Collect(ctx, tx, func(r *Route) []any {
			return []any{&r.Ordinal, &r.UID, &r.Name, &r.Type, &r.Disabled, &r.Born}
		}, `
			SELECT route.ordinal, route.uid, route.name, route.type, route.disabled, COALESCE(route.born, 0)
			FROM route JOIN project ON project.id = route.project WHERE project.uid = $1 AND route.listed ORDER BY route.ordinal`, project)
		return err
	})
	return list, database.Doing(err, "reading the routes of project %q", project)
}

// SaveRoutes replaces the routes of the project of the lease, and returns the stored ones with their ordinals. A route that is no longer
// listed keeps its ordinal for when it returns. ErrLeaseLost if the lease is no longer held.
func (s *Store) SaveRoutes(ctx context.Context, lease work.Lease, routes []Route, read time.Time) (RouteList, error) {
	err := s.db.Relax(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		w, err := newListWriter(ctx, tx, lease.Key)
		if err != nil {
			return err
		}
		return w.saveRoutes(ctx, slices.Clone(routes), read)
	})
	if err != nil {
		return RouteList{}, database.Doing(err, "saving the routes of project %q", lease.Key)
	}
	return s.Routes(ctx, lease.Key)
}

// saveRoutes replaces the stored routes.
func (w listWriter) saveRoutes(ctx context.Context, routes []Route, read time.Time) error {
	type row struct {
		uid     string
		ordinal int
	}
	before, err := database.Collect(ctx, w.tx, func(r *row) []any { return []any{&r.uid, &r.ordinal} },
		`SELECT uid, ordinal FROM route WHERE project = $1`, w.id)
	if err != nil {
		return err
	}
	ordinals, known := []int{}, map[string]int{}
	for _, r := range before {
		known[r.uid] = r.ordinal
	}
	for i := range routes {
		r := &routes[i]
		r.UID = database.Storable(r.UID)
		if r.Ordinal = known[r.UID]; r.Ordinal == 0 {
			if r.Ordinal, err = w.reserve(ctx, 1); err != nil {
				return err
			}
			known[r.UID] = r.Ordinal
		}
		ordinals = append(ordinals, r.Ordinal)
	}
	table := database.Upsert{
		Table: "route", Key: []string{"project", "ordinal"}, Set: []string{"uid", "listed", "unlisted_on", "name", "type", "disabled"},
	}
	err = table.Run(ctx, w.tx, len(routes), func(i int) []any {
		r := routes[i]
		return []any{w.id, r.Ordinal, r.UID, true, nil, database.Storable(r.Name), database.Storable(r.Type), r.Disabled}
	}, nil)
	if err != nil {
		return err
	}
	_, err = w.tx.ExecContext(ctx, `
		UPDATE route SET listed = FALSE, unlisted_on = $1
		WHERE project = $2 AND listed AND ordinal NOT IN (SELECT CAST(value AS BIGINT) FROM json_each($3))`,
		rules.DayOf(read), w.id, database.Elements(ordinals))
	if err != nil {
		return err
	}
	lists := database.Upsert{Table: "route_list", Key: []string{"project"}, Set: []string{"read_at"}}
	return lists.Run(ctx, w.tx, 1, func(int) []any { return []any{w.id, database.At(read)} }, nil)
}

// bear notes the days of the first events of routes of a project, by ordinal. A noted day is never replaced by a later one.
func bear(ctx context.Context, tx database.Tx, project int64, born map[int]rules.Day) error {
	for ordinal, day := range born {
		_, err := tx.ExecContext(ctx, `UPDATE route SET born = $1 WHERE project = $2 AND ordinal = $3 AND COALESCE(born, $1 + 1) > $1`,
			day, project, ordinal)
		if err != nil {
			return err
		}
	}
	return nil
}
