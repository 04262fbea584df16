package bot

import (
	"context"
	"slices"
)

// Reroute changes the receivers of firing alerts to those that their rule and project have now, because the rules file may have changed. It
// leaves out self-alerts and alerts that are about to be withdrawn.
func (b *Bot) Reroute(ctx context.Context) error {
	now := b.clock.Now()
	firing, err := b.store.Outbox.FiringRules(ctx)
	if err != nil {
		return err
	}
	for _, key := range firing {
		rule, ok := b.rule(key.Rule)
		at := slices.IndexFunc(b.projects, func(p Project) bool { return p.UID == key.Project })
		if !ok || at < 0 {
			continue
		}
		receivers := b.projects[at].Recipients(*rule)
		changed, err := b.store.Outbox.Route(ctx, key, receivers, now)
		if err != nil {
			return err
		}
		if changed > 0 {
			b.log.Info("changed the receivers of firing alerts", "rule", key.Rule, "project", key.Project, "receivers", receivers, "deliveries", changed)
		}
	}
	return nil
}
