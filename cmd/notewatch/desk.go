package main

import (
	"errors"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
)

// alertDesk returns a desk that answers questions about alerts. Without a rules file, it knows only the values of their newest event.
func alertDesk(c *cobra.Command, db opened) *lookup.Desk {
	s, err := outline(c)
	if err == nil {
		return s.desk(db.Store, db.clock.Now)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		c.PrintErrln("Values are those of the newest event of each alert, since the rules file cannot be read: notewatch check says why.")
	}
	return lookup.New(lookup.Config{Store: db.Store, Now: db.clock.Now})
}

// desk returns who answers questions about what the rules file names, from what db holds.
func (s setup) desk(db *store.Store, now func() time.Time) *lookup.Desk {
	c := lookup.Config{
		Store: db, Period: s.file.Period, Prices: lookup.Prices(s.file.Prices), Interval: bot.DefaultInterval, Now: now,
	}
	for _, p := range s.file.Projects {
		c.Projects = append(c.Projects, lookup.Project{UID: p.UID, Name: p.Name, Account: p.Account})
	}
	for _, a := range s.file.Accounts {
		c.Accounts = append(c.Accounts, lookup.Account{Name: a.Name, PerMinute: a.RequestsPerMinute})
	}
	var read []bot.Rule
	for _, r := range s.file.Rules {
		c.Rules = append(c.Rules, r.Rule)
		read = append(read, bot.Rule{Rule: r.Rule})
	}
	c.Kinds = bot.New(bot.Config{Rules: read}).Kinds()
	for _, r := range s.file.Receivers {
		c.Receivers = append(c.Receivers, r.Name)
	}
	return lookup.New(c)
}
