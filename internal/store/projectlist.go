package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// A ListedProject is a project that Notehub listed for an account of which all projects are watched.
type ListedProject struct {
	UID     string
	Name    string // label; "" is none
	Missing bool   // the newest list lacks it, and no second one has confirmed that
}

// fields lists the destinations of the columns uid, name and missing.
func (p *ListedProject) fields() []any { return []any{&p.UID, &p.Name, &p.Missing} }

// ListedProjects returns the projects of an account as last listed, by UID. Those that are missing are still among them.
func (s *Store) ListedProjects(ctx context.Context, account string) (all []ListedProject, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		all, err = listedProjects(ctx, tx, account)
		return err
	})
	return all, database.Doing(err, "reading the projects of account %q", account)
}

func listedProjects(ctx context.Context, tx database.Tx, account string) ([]ListedProject, error) {
	return database.Collect(ctx, tx, (*ListedProject).fields, `SELECT uid, name, missing FROM listed_project WHERE account = $1 ORDER BY uid`, account)
}

// SaveProjectList stores the projects that Notehub lists for the account of the lease, and completes the work. A project that is missing is
// removed when the next list lacks it too; until then confirm is the due time, otherwise due. It reports whether projects or their names
// changed. It returns ErrLeaseLost if the lease is no longer held.
func (s *Store) SaveProjectList(ctx context.Context, lease work.Lease, list []ListedProject, now, due, confirm time.Time) (changed bool, err error) {
	err = s.db.Update(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		before, err := listedProjects(ctx, tx, lease.Key)
		if err != nil {
			return err
		}
		after := mergeProjects(before, list)
		if changed = !slices.EqualFunc(before, after, same); !slices.Equal(before, after) {
			if err := replaceProjects(ctx, tx, lease.Key, after); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, database.Doing(err, "saving the projects of account %q", lease.Key)
	}
	if kept, err := s.ListedProjects(ctx, lease.Key); err != nil {
		return changed, err
	} else if slices.ContainsFunc(kept, func(p ListedProject) bool { return p.Missing }) {
		due = confirm
	}
	return changed, s.Work.Complete(ctx, lease, now, due, 0)
}

// same reports whether two projects differ in nothing that is shown.
func same(a, b ListedProject) bool { return a.UID == b.UID && a.Name == b.Name }

// mergeProjects returns the projects after a list, by UID: those of the list, and those that are missing for the first time.
func mergeProjects(before, list []ListedProject) []ListedProject {
	all := map[string]ListedProject{}
	for _, p := range before {
		if !p.Missing {
			p.Missing = true
			all[p.UID] = p
		}
	}
	for _, p := range list {
		all[p.UID] = ListedProject{UID: p.UID, Name: p.Name}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b ListedProject) int { return strings.Compare(a.UID, b.UID) })
}

func replaceProjects(ctx context.Context, tx database.Tx, account string, all []ListedProject) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM listed_project WHERE account = $1`, account); err != nil {
		return err
	}
	table := database.Upsert{Table: "listed_project", Key: []string{"account", "uid"}, Set: []string{"name", "missing"}}
	return table.Run(ctx, tx, len(all), func(i int) []any { return []any{account, all[i].UID, all[i].Name, all[i].Missing} }, nil)
}
