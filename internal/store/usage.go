package store

import (
	"context"
	"database/sql"
	"slices"

	"notewatch/rules"
)

// A Usage is the figures of one device on one day. Device "" is the project's total.
type Usage struct {
	Device  string
	Day     rules.Day
	Figures rules.Figures
}

// figureColumns are the columns of the figures, by rules.Figure.
var figureColumns = [rules.FigureCount]string{
	rules.Bytes:        "bytes",
	rules.Sat:          "sat",
	rules.SessionBytes: "session_bytes",
	rules.Events:       "events",
	rules.EventsTotal:  "events_total",
	rules.Platform:     "platform",
	rules.Watchdog:     "watchdog",
	rules.Sessions:     "sessions",
	rules.TLS:          "tls",
	rules.FirstSyncs:   "first_syncs",
	rules.Reboots:      "reboots",
	rules.FwUpdates:    "fw_updates",
}

// A DeviceDay is a day of a device.
type DeviceDay struct {
	Device string
	Day    rules.Day
}

func (d *DeviceDay) fields() []any { return []any{&d.Device, &d.Day} }

// SaveUsage writes the figures named by which, NaN as no data, where they differ from what is stored; other figures stay.
// rows holds a day of a device at most once. More than 10,000 rows take several transactions.
//
// Each change of a day before open is remembered for Changed, in the same transaction. open is today, or for history that
// has never been read the first day of rows: nobody has judged it, so that nothing in it is a change.
func (s *Store) SaveUsage(ctx context.Context, project string, which []rules.Figure, rows []Usage, open rules.Day) error {
	err := chunks(len(rows), maxRows, func(from, to int) error {
		return s.update(ctx, func(tx *sql.Tx) error {
			return saveUsage(ctx, tx, project, which, rows[from:to], open)
		})
	})
	return doing(err, "saving the usage of project %q", project)
}

func saveUsage(ctx context.Context, tx *sql.Tx, project string, which []rules.Figure, rows []Usage, open rules.Day) error {
	table := upsert{table: "usage", key: []string{"day", "project", "device"}, returning: "device, day"}
	for _, figure := range which {
		table.set = append(table.set, figureColumns[figure])
	}
	var changed []DeviceDay
	err := table.run(ctx, tx, len(rows), func(i int) []any {
		row := []any{&rows[i].Day, &project, &rows[i].Device}
		for _, figure := range which {
			row = append(row, count{&rows[i].Figures[figure]})
		}
		return row
	}, func(written *sql.Rows) error {
		var d DeviceDay
		err := written.Scan(d.fields()...)
		if d.Day < open {
			changed = append(changed, d)
		}
		return err
	})
	if err != nil {
		return err
	}
	changes := upsert{table: "change", key: []string{"project", "device", "day"}}
	return changes.run(ctx, tx, len(changed), func(i int) []any {
		return []any{&project, &changed[i].Device, &changed[i].Day}
	}, nil)
}

// Changed returns the closed days whose figures changed since a Commit last said so, by device, then day.
func (s *Store) Changed(ctx context.Context, project string) (changed []DeviceDay, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		changed, err = collect(ctx, tx, (*DeviceDay).fields,
			`SELECT device, day FROM change WHERE project = $1 ORDER BY device, day`, project)
		return err
	})
	return changed, doing(err, "reading the changed days of project %q", project)
}

// Usage returns the stored figures from day from to day to inclusive, ordered by device, then day. devices nil is all.
func (s *Store) Usage(ctx context.Context, project string, devices []string, from, to rules.Day) (usage []Usage, err error) {
	if from > to {
		return nil, nil
	}
	err = s.view(ctx, func(tx *sql.Tx) error {
		if devices == nil {
			usage, err = readUsage(ctx, tx, "", project, from, to)
			return err
		}
		wanted := slices.Compact(slices.Sorted(slices.Values(devices)))
		return chunks(len(wanted), maxParams, func(first, last int) error {
			args := []any{project, from, to}
			for _, device := range wanted[first:last] {
				args = append(args, device)
			}
			some, err := readUsage(ctx, tx, "AND u.device IN ("+params(4, last-first)+")", args...)
			usage = append(usage, some...)
			return err
		})
	})
	return usage, doing(err, "reading the usage of project %q", project)
}

// readUsage reads the usage of project $1 from day $2 to day $3. Going from day to day makes each a search by the whole
// key, so other projects and other devices cost nothing.
func readUsage(ctx context.Context, tx *sql.Tx, condition string, args ...any) ([]Usage, error) {
	return collect(ctx, tx, func(u *Usage) []any {
		row := []any{&u.Device, &u.Day}
		for i := range u.Figures {
			row = append(row, count{&u.Figures[i]})
		}
		return row
	}, `
		WITH RECURSIVE span (day) AS (
			SELECT CAST($2 AS BIGINT) UNION ALL SELECT day + 1 FROM span WHERE day < $3
		)
		SELECT u.device, u.day, `+list(figureColumns[:])+`
		FROM span CROSS JOIN usage AS u
		WHERE u.day = span.day AND u.project = $1 `+condition+`
		ORDER BY u.device, u.day`, args...)
}
