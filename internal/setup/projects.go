package setup

import (
	"context"
	"slices"

	"notewatch/internal/config"
	"notewatch/internal/store"
	"notewatch/internal/watch"
)

// With returns the settings with the projects that Notehub listed last for accounts of which all projects are watched. A project that the
// rules file names, or that an earlier account has too, keeps its account.
func (s Setup) With(ctx context.Context, db *store.Store) (Setup, error) {
	if s.File == nil || len(s.File.All) == 0 {
		return s, nil
	}
	file := *s.File
	file.Projects = nil
	uids, names := map[string]bool{}, map[string]bool{}
	add := func(p config.Project) {
		uids[p.UID], names[p.Name] = true, true
		file.Projects = append(file.Projects, p)
	}
	for _, p := range s.File.Projects {
		if !p.Listed {
			add(p)
		}
	}
	for _, all := range file.All {
		listed, err := db.ListedProjects(ctx, all.Account)
		if err != nil {
			return s, err
		}
		for _, found := range listed {
			if uids[found.UID] {
				continue
			}
			p := all
			p.UID, p.Name, p.Listed = found.UID, found.Name, true
			if p.Name == "" || names[p.Name] {
				p.Name = found.UID
			}
			add(p)
		}
	}
	s.File = &file
	return s, nil
}

// listsAll reports whether all projects of an account are watched.
func (s Setup) listsAll(account string) bool {
	return slices.ContainsFunc(s.File.All, func(all config.Project) bool { return all.Account == account })
}

// begin makes a watch of a configuration on an open database, with the projects that were listed last. For a process that makes one turn,
// and when none was ever listed, they are listed first.
func (s Setup) begin(ctx context.Context, wired watch.Config) (*watch.Watch, error) {
	listed, err := s.With(ctx, wired.Bot.Store)
	if err != nil {
		return nil, err
	}
	wired.Bot.Projects = listed.projects()
	w, err := begin(ctx, wired)
	if err != nil || len(s.File.All) == 0 || w.StandsBy() || !wired.Bot.Once && len(wired.Bot.Projects) > len(s.File.Projects) {
		return w, err
	}
	changed, err := w.ListProjects(ctx)
	if err != nil || !changed {
		return w, err
	}
	if listed, err = s.With(ctx, wired.Bot.Store); err != nil {
		return nil, err
	}
	next := w.Config
	next.Bot.Projects = listed.projects()
	return watch.New(ctx, next)
}
