package bot

import (
	"context"
	"slices"
)

// Reroute has what fires told to those whom its rule and project name now, and to nobody else: the rules file may have changed
// since it fired. What notewatch says of itself, and what is about to be withdrawn, goes on as it is.
func (b *Bot) Reroute(ctx context.Context) error {
	now := b.clock.Now()
	firing, err := b.store.FiringRules(ctx)
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
		changed, err := b.store.Route(ctx, key, receivers, now)
		if err != nil {
			return err
		}
		if changed > 0 {
			b.log.Info("others are told now of what fires", "rule", key.Rule, "project", key.Project, "receivers", receivers, "deliveries", changed)
		}
	}
	return nil
}
