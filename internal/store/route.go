package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"notewatch/internal/delivery"
	"notewatch/rules"
)

// FiringRules returns which rules fire in which projects: Rule and Project of each key are set.
func (s *Store) FiringRules(ctx context.Context) (keys []rules.Key, err error) {
	err = s.view(ctx, func(tx transaction) error {
		keys, err = collect(ctx, tx, func(k *rules.Key) []any { return []any{&k.Project, &k.Rule} },
			`SELECT DISTINCT project, rule FROM alert WHERE `+openAlert+` AND state = 'firing' ORDER BY project, rule`)
		return err
	})
	return keys, doing(err, "reading which rules fire")
}

// routed selects the firing alerts of rule $2 in project $1.
const routed = openAlert + ` AND alert.state = 'firing' AND alert.project = $1 AND alert.rule = $2`

// Route has receivers, and nobody else, show the firing alerts of the rule and project of key, and makes due whom that concerns. It
// returns how many deliveries it added or turned. Those of fallbacks and of receivers that are gone stay as they are. It takes a
// transaction for every 10,000 of them; to do it again does nothing.
func (s *Store) Route(ctx context.Context, key rules.Key, receivers []string, now time.Time) (changed int, err error) {
	for n := maxRows; n == maxRows && err == nil; changed += n {
		n, err = s.addRouted(ctx, key, receivers, now)
	}
	if err != nil {
		return changed, doing(err, "routing what fires of rule %q in project %q", key.Rule, key.Project)
	}
	firing := selection{alerts: `SELECT id FROM alert WHERE ` + routed + ` ORDER BY id`, args: []any{key.Project, key.Rule}}
	turned, err := s.change(ctx, firing, func(r *row) delivery.Event {
		if slices.Contains(receivers, r.receiver) {
			return delivery.Event{Kind: delivery.TurnedBack}
		}
		return delivery.Event{Kind: delivery.TurnedAway}
	}, now, true)
	for _, n := range turned {
		changed += int(n)
	}
	return changed, doing(err, "routing what fires of rule %q in project %q", key.Rule, key.Project)
}

// addRouted gives receivers some of the alerts of which they have no delivery yet, and makes them due.
func (s *Store) addRouted(ctx context.Context, key rules.Key, receivers []string, now time.Time) (added int, err error) {
	err = s.update(ctx, func(tx transaction) error {
		addresses, err := collect(ctx, tx, func(p *address) []any { return []any{&p.alert, &p.receiver} }, `
			SELECT alert.id, routed.value FROM alert CROSS JOIN json_each($3) AS routed
			WHERE `+routed+` AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.alert = alert.id AND delivery.receiver = routed.value)
			LIMIT `+strconv.Itoa(maxRows), key.Project, key.Rule, elements(receivers))
		if err != nil {
			return err
		}
		added = len(addresses)
		due := map[string]bool{}
		for _, p := range addresses {
			due[p.receiver] = true
		}
		if err := raiseAll(ctx, tx, now, due); err != nil {
			return err
		}
		return insert(ctx, tx, newDelivery(now), addresses, func(string) {})
	})
	return added, err
}
