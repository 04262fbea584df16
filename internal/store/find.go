package store

import (
	"context"

	"notewatch/internal/store/alertrow"
	"notewatch/internal/store/database"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// GoneDevices returns the devices of the newest ended alerts that are no longer listed, by the name that they had last; the last one first.
// It searches at most a number of alerts.
func (s *Store) GoneDevices(ctx context.Context, alerts int) (devices []usage.DeviceName, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		named, err := database.Collect(ctx, tx, subjectFields, `
			SELECT project, subject, coalesce(told ->> 'subject', subject) FROM (
				SELECT project, subject, told FROM alert WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT $1
			) AS ended
			WHERE project <> '' AND subject <> ''
				AND NOT EXISTS (SELECT 1 FROM project JOIN device ON device.project = project.id
					WHERE project.uid = ended.project AND device.uid = ended.subject AND device.listed)`, alerts)
		devices = firstNames(named)
		return err
	})
	return devices, database.Doing(err, "reading the devices of ended alerts")
}

// subjectFields lists where the columns project, subject and a name of the subject go.
func subjectFields(d *usage.DeviceName) []any { return []any{&d.Project, &d.UID, &d.Name} }

// firstNames returns the first of the names that each device has.
func firstNames(all []usage.DeviceName) (devices []usage.DeviceName) {
	seen := map[[2]string]bool{}
	for _, d := range all {
		if id := [2]string{d.Project, d.UID}; !seen[id] {
			seen[id] = true
			devices = append(devices, d)
		}
	}
	return devices
}

// DevicesInAlerts returns the devices of all alerts that have a UID or that alerts call by a name, each once, by the name that
// its newest alert has. The subject of an alert about notewatch itself is such a device, without a project.
func (s *Store) DevicesInAlerts(ctx context.Context, text string) (devices []usage.DeviceName, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		named, err := database.Collect(ctx, tx, subjectFields, `
			SELECT project, subject, coalesce(told ->> 'subject', subject) FROM alert
			WHERE subject <> '' AND (subject = $1 OR told ->> 'subject' = $1) ORDER BY since DESC NULLS LAST`, text)
		devices = firstNames(named)
		return err
	})
	return devices, database.Doing(err, "reading which devices of alerts are called %q", text)
}

// AlertIDs returns the IDs of alerts that begin with prefix, in order, at most limit.
func (s *Store) AlertIDs(ctx context.Context, prefix string, limit int) (ids []string, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		ids, err = database.Collect(ctx, tx, func(id *string) []any { return []any{id} },
			`SELECT id FROM alert WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3`, prefix, prefix+database.Beyond, limit)
		return err
	})
	return ids, database.Doing(err, "reading the IDs of alerts")
}

// AlertsOf returns the open alerts of one subject, the worst first and of those the newest, as far as limit goes, and how
// many there are without it. Subject "" is the project and all its devices; project "" is all projects.
func (s *Store) AlertsOf(ctx context.Context, project, subject string, limit int) (alerts []rules.Alert, count int, err error) {
	switch {
	case subject != "":
		// Without || the index by project is taken, which leads through all that is open there.
		alerts, count, err = s.worst(ctx, limit, `subject = $1 AND ($2 = '' OR project || '' = $2)`, subject, project)
	case project != "":
		alerts, count, err = s.worst(ctx, limit, `project = $1`, project)
	default:
		alerts, count, err = s.worst(ctx, limit, `TRUE`)
	}
	return alerts, count, database.Doing(err, "reading the open alerts of %q of project %q", subject, project)
}

// alertedInFleet selects the UIDs of those devices with open alerts that are listed in a fleet. Its parameters are those of [usage.InFleet].
const alertedInFleet = `
	SELECT device.uid FROM (SELECT DISTINCT subject FROM alert WHERE ` + alertrow.Open + ` AND project = $1) AS alerted
	CROSS JOIN device WHERE device.project = (SELECT id FROM project WHERE uid = $1) AND device.uid = alerted.subject AND ` + usage.InFleet

// AlertsOfFleet is AlertsOf for a fleet and its listed devices. Which devices they are takes most of the time, so the alerts are counted
// and chosen by one query. limit is at least 1.
func (s *Store) AlertsOfFleet(ctx context.Context, project, fleet string, limit int) (alerts []rules.Alert, count int, err error) {
	first, other, err := usage.FleetTexts(fleet)
	if err == nil {
		err = s.db.View(ctx, func(tx database.Tx) error {
			alerts, err = database.Collect(ctx, tx, func(a *rules.Alert) []any { return append([]any{&count}, alertrow.Fields(a)...) }, `
				SELECT total, id, `+database.List(alertrow.Columns)+` FROM (
					SELECT id AS chosen, count(*) OVER () AS total FROM alert
					WHERE `+alertrow.Open+` AND project = $1 AND subject IN (`+alertedInFleet+` UNION ALL SELECT CAST($5 AS TEXT))`+worstFirst+` LIMIT $4
				) AS page CROSS JOIN alert WHERE id = chosen`+worstFirst, project, first, other, limit, database.Storable(fleet))
			return err
		})
	}
	return alerts, count, database.Doing(err, "reading the open alerts of fleet %q of project %q", fleet, project)
}

const worstFirst = ` ORDER BY level DESC, since DESC NULLS LAST, subject, id`

// worstOfAll selects the IDs of the worst open alerts of all projects, as many as its parameter says. It reads no more of the index of open
// alerts than as many of each project, because the index has them in this order; of all projects at once, all alerts would be sorted.
const worstOfAll = `
	WITH RECURSIVE opened (uid) AS (
		SELECT min(project) FROM alert WHERE ` + alertrow.Open + `
		UNION ALL
		SELECT (SELECT min(project) FROM alert WHERE ` + alertrow.Open + ` AND project > opened.uid) FROM opened WHERE opened.uid IS NOT NULL
	) SELECT one.id FROM opened CROSS JOIN alert AS one WHERE one.id IN (
		SELECT id FROM alert WHERE project = opened.uid AND ` + alertrow.Open + worstFirst + ` LIMIT $1
	)` + worstFirst + ` LIMIT $1`

// worst returns the worst open alerts that a condition selects, and how many it selects. Which ones they are is found by an
// index alone.
func (s *Store) worst(ctx context.Context, limit int, condition string, args ...any) (alerts []rules.Alert, count int, err error) {
	where := alertrow.Open + ` AND ` + condition
	err = s.db.View(ctx, func(tx database.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM alert WHERE `+where, args...).Scan(&count); err != nil {
			return err
		}
		alerts, err = database.Collect(ctx, tx, alertrow.Fields, `
			SELECT id, `+database.List(alertrow.Columns)+` FROM alert WHERE id IN (
				SELECT id FROM alert WHERE `+where+worstFirst+` LIMIT `+database.Params(len(args)+1, 1)+`
			)`+worstFirst, append(args, limit)...)
		return err
	})
	return alerts, count, err
}
