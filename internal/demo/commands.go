package demo

import (
	"cmp"
	"context"

	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Commands returns commands to try on the database that a demo kept, as lines that can be typed unchanged.
func (o Options) Commands(ctx context.Context, db *store.Store) ([]string, error) {
	alerts, err := db.Alerts(ctx, store.AlertFilter{})
	lines := []string{
		"export NOTEWATCH_DATABASE=" + words.ShellWord(o.Database) + " NOTEWATCH_RULES=" + words.ShellWord(cmp.Or(o.Rules, o.keptRules())),
		"notewatch status", "notewatch alerts", "notewatch top 5 events 7d",
	}
	if o.Rules == "" {
		lines = append(lines, "NOTEWATCH_NOTEHUB_TOKEN=none notewatch check") // no request is sent
	}
	if a, ok := firingOne(alerts); ok {
		lines = append(lines,
			"notewatch usage "+words.ShellWord(cmp.Or(a.Texts.Subject, a.Texts.Project))+" 30d",
			"notewatch explain "+a.ID,
			"notewatch history "+a.ID,
			"notewatch ack "+a.ID,
			"notewatch silence --alert "+a.ID+` --until over --because "we know"`,
		)
	}
	return lines, err
}

// firingOne returns a firing alert, the newest one of a device if there is one.
func firingOne(alerts []rules.Alert) (found rules.Alert, ok bool) {
	for _, a := range alerts {
		if a.State == rules.Firing && (!ok || found.Subject == "") {
			found, ok = a, true
		}
	}
	return found, ok
}
