package onboard

import (
	"context"

	"notewatch/internal/config"
	"notewatch/internal/readback"
	"notewatch/internal/store"
	"notewatch/notehub"
	"notewatch/rules"
	"notewatch/rules/metric"
)

const (
	tried    = 30                         // complete days that the rules are tried on
	readDays = tried + metric.HistoryDays // days that are read, before today
)

// read reads projects into the database, and returns those that Notehub shows.
func (c Config) read(ctx context.Context, db *store.Store, reads rules.Reads, projects []notehub.Project) (shown []notehub.Project, skipped []Skipped, err error) {
	reader := readback.Reader{
		Store: db, Clock: c.Clock, Machine: c.Machine, Reads: reads, Progress: c.progress, Log: c.Log,
		First: func(_ readback.Project, today rules.Day) rules.Day { return today - readDays },
	}
	byUID := map[string]notehub.Project{}
	var wanted []readback.Project
	for _, p := range projects {
		byUID[p.UID] = p
		wanted = append(wanted, readback.Project{UID: p.UID, Name: nameOf(p), Account: config.DefaultAccount, PerMinute: c.Rate, Client: c.Client})
	}
	read, refused, err := reader.Read(ctx, wanted)
	for _, p := range read {
		shown = append(shown, byUID[p.UID])
	}
	for _, one := range refused {
		skipped = append(skipped, Skipped{byUID[one.Project.UID], one.Why})
	}
	return shown, skipped, err
}

// A Skipped is a project that is left out because Notehub refuses to show it.
type Skipped struct {
	Project notehub.Project
	Why     string
}
