package bot

import (
	"context"
	"fmt"
	"time"

	"notewatch/internal/fetch"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// convertRecent converts the days of a project that an older version has stored, as far as its rules look back, before the project is
// polled. It extends the lease of the poll.
func (b *Bot) convertRecent(ctx context.Context, lease work.Lease, now time.Time) error {
	first := b.firstDay(lease.Key, rules.DayOf(now)-fetch.RereadDays)
	for begun := false; ; begun = true {
		more, err := b.store.Usage.ConvertProject(ctx, lease.Key, first)
		if err != nil || !more {
			return err
		}
		if !begun {
			b.log.Info("bringing a project up to date before it is polled", "project", lease.Key, "from", first.String())
		}
		if err := b.store.Work.Extend(ctx, lease, b.machine()); err != nil {
			return err
		}
	}
}

// Convert converts everything that an older version has stored, the newest days first. Polls may run between two days. Another process
// continues where this one stops.
func (b *Bot) Convert(ctx context.Context) error {
	left, err := b.store.Usage.Conversion(ctx)
	if err != nil || left.Ended() {
		return err
	}
	b.log.Info("bringing the database up to date: older days are missing until it is done", "from", left.String())
	for more := true; more; {
		if more, err = b.store.Usage.ConvertNext(ctx); err != nil {
			return err
		}
	}
	free, size, err := b.store.FreeSpace(ctx)
	if err != nil {
		return err
	}
	log := b.log.With("megabytes", size/1e6, "free_megabytes", free/1e6)
	if free > size/2 {
		log = log.With("hint", fmt.Sprintf("notewatch uses the free space again; to make the file smaller, stop notewatch and run: sqlite3 %q VACUUM", b.store.Path()))
	}
	log.Info("brought the database up to date")
	return nil
}
