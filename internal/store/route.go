package store

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"notewatch/rules"
)

// FiringRules returns which rules fire in which projects: Rule and Project of each key are set.
func (s *Store) FiringRules(ctx context.Context) (keys []rules.Key, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		keys, err = collect(ctx, tx, func(k *rules.Key) []any { return []any{&k.Project, &k.Rule} },
			`SELECT DISTINCT project, rule FROM alert WHERE `+openAlert+` AND state = 'firing' ORDER BY project, rule`)
		return err
	})
	return keys, doing(err, "reading which rules fire")
}

// routed selects the firing alerts of rule $2 in project $1, theirs is that one of the receivers $3 is meant.
const (
	routed = openAlert + ` AND alert.state = 'firing' AND alert.project = $1 AND alert.rule = $2`
	theirs = ` IN (SELECT value FROM json_each($3))`
)

// addTold gives receivers the alerts of which they have no delivery yet.
var addTold = `
	INSERT INTO delivery (alert, receiver, want, have, shown, dead, error, repairs, waiting_since)
	SELECT alert.id, told.value, alert.version, 0, 0, FALSE, '', 0, $4 FROM alert CROSS JOIN json_each($3) AS told
	WHERE ` + routed + ` AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.alert = alert.id AND delivery.receiver = told.value)
	LIMIT ` + strconv.Itoa(maxRows) + ` RETURNING receiver`

// onceMore has a delivery shown again, whatever shows of it. It has waited since what follows.
const onceMore = `have = CASE WHEN have < want THEN have ELSE want - 1 END, dead = FALSE, error = '', why = '', repairs = repairs + 1,
	waiting_since = `

// turnTold turns deliveries away from receivers that are not to be told any more, and back to those that are again. Each is
// shown once more. What shows an alert at no level, since it is muted, counts as shown then, or it would not change.
var turnTold = `
	UPDATE delivery SET moves = moves + 1, ` + onceMore + `$4,
		shown = CASE WHEN moves % 2 = 0 AND shown = 0 AND message IS NOT NULL THEN 1 ELSE shown END
	WHERE (alert, receiver) IN (
		SELECT delivery.alert, delivery.receiver FROM alert JOIN delivery ON delivery.alert = alert.id
		WHERE ` + routed + ` AND via = '' AND NOT closed
			AND moves % 2 = CASE WHEN receiver` + theirs + ` THEN 1 ELSE 0 END
		LIMIT ` + strconv.Itoa(maxRows) + `)
	RETURNING receiver`

// Route has the firing alerts of the rule and project of key told to receivers and to nobody else, and makes due whom that
// concerns. It returns how many deliveries it added or turned. Those to who is told in place of another, and to receivers that
// are gone, stay as they are. It takes a transaction for every 10,000 of them; to do it again does nothing.
func (s *Store) Route(ctx context.Context, key rules.Key, receivers []string, now time.Time) (changed int, err error) {
	receivers = append([]string{}, receivers...) // nil is no list
	for _, statement := range []string{addTold, turnTold} {
		for n := maxRows; n == maxRows; changed += n {
			if n, err = s.route(ctx, statement, key, receivers, now); err != nil {
				return changed, doing(err, "routing what fires of rule %q in project %q", key.Rule, key.Project)
			}
		}
	}
	return changed, nil
}

// route runs a statement that returns the receivers of the deliveries that it changed, and makes these due.
func (s *Store) route(ctx context.Context, statement string, key rules.Key, receivers []string, now time.Time) (changed int, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		told, err := collect(ctx, tx, func(name *string) []any { return []any{name} }, statement,
			key.Project, key.Rule, document[[]string]{&receivers}, at(now))
		if err != nil {
			return err
		}
		due := map[string]bool{}
		for _, name := range told {
			due[name] = true
		}
		changed = len(told)
		return raiseAll(ctx, tx, now, due)
	})
	return changed, err
}
