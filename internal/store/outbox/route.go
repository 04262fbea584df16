package outbox

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/alertrow"
	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// FiringRules returns the rules that are firing in projects: Rule and Project of each key are set.
func (s *Store) FiringRules(ctx context.Context) (keys []rules.Key, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		keys, err = database.Collect(ctx, tx, func(k *rules.Key) []any { return []any{&k.Project, &k.Rule} },
			`SELECT DISTINCT project, rule FROM alert WHERE `+alertrow.Open+` AND state = 'firing' ORDER BY project, rule`)
		return err
	})
	return keys, database.Doing(err, "reading which rules are firing")
}

// routed selects the firing alerts of rule $2 in project $1, in order.
const routed = `SELECT id FROM alert WHERE ` + alertrow.Open + ` AND alert.state = 'firing' AND alert.project = $1 AND alert.rule = $2 ORDER BY id`

// Route sets the receivers of the firing alerts of the rule and project of key, and makes the affected receivers due. It returns how many
// deliveries it added or changed. Deliveries of fallbacks and of removed receivers stay unchanged. It uses one transaction for every 10,000
// deliveries, and is idempotent.
func (s *Store) Route(ctx context.Context, key rules.Key, receivers []string, now time.Time) (changed int, err error) {
	firing := selection{alerts: routed, args: []any{key.Project, key.Rule}}
	changed, err = s.addRouted(ctx, firing, receivers, now)
	if err != nil {
		return changed, database.Doing(err, "routing the firing alerts of rule %q in project %q", key.Rule, key.Project)
	}
	turned, err := s.change(ctx, firing, func(r *row) delivery.Event {
		if slices.Contains(receivers, r.receiver) {
			return delivery.Event{Kind: delivery.TurnedBack}
		}
		return delivery.Event{Kind: delivery.TurnedAway}
	}, now, true)
	for _, n := range turned {
		changed += int(n)
	}
	return changed, database.Doing(err, "routing the firing alerts of rule %q in project %q", key.Rule, key.Project)
}

// addRouted adds deliveries of the alerts of a selection to receivers without one, and makes them due.
func (s *Store) addRouted(ctx context.Context, of selection, receivers []string, now time.Time) (added int, err error) {
	alerts, err := s.selected(ctx, of)
	if err != nil {
		return 0, err
	}
	for some := range slices.Chunk(alerts, max(1, database.MaxRows/max(1, len(receivers)))) {
		var addresses []address
		err := s.db.Update(ctx, func(tx database.Tx) (err error) {
			addresses, err = database.Collect(ctx, tx, func(p *address) []any { return []any{&p.alert, &p.receiver} }, `
				SELECT alert.id, routed.value FROM alert CROSS JOIN json_each($2) AS routed
				WHERE alert.id `+tx.Among(1)+` AND alert.state = 'firing'
					AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.alert = alert.id AND delivery.receiver = routed.value)`,
				database.Texts(some), database.Elements(receivers))
			if err != nil {
				return err
			}
			due := map[string]bool{}
			for _, p := range addresses {
				due[p.receiver] = true
			}
			if err := work.MakeReceiversDue(ctx, tx, now, due); err != nil {
				return err
			}
			return insert(ctx, tx, newDelivery(now), addresses, func(string) {})
		})
		if err != nil {
			return added, err
		}
		added += len(addresses)
	}
	return added, nil
}
