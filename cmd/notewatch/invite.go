package main

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"

	"notewatch/internal/store"
	"notewatch/rules"
)

// invite prints what can be asked and tried on the database that was kept, to be typed as it stands.
func (d demo) invite(ctx context.Context, s setup, db *store.Store) error {
	alerts, err := db.Alerts(ctx, store.AlertFilter{})
	if err != nil {
		return err
	}
	lines := []string{
		"export NOTEWATCH_DATABASE=" + shellWord(d.database) + " NOTEWATCH_RULES=" + shellWord(cmp.Or(d.rules, d.keptRules())),
		"notewatch status", "notewatch alerts", "notewatch top 5 events 7d",
	}
	if a, ok := firingOne(alerts); ok {
		lines = append(lines,
			"notewatch usage "+shellWord(cmp.Or(a.Told.Subject, a.Told.Project))+" 30d",
			"notewatch explain "+a.ID,
			"notewatch history "+a.ID,
			"notewatch ack "+a.ID,
			"notewatch silence --alert "+a.ID+` --until over --because "we know"`,
		)
	}
	_, err = fmt.Fprintf(s.stdout, "\nIt is kept, to ask and to try things on, as of its end. To do so, type:\n\n  %s\n", strings.Join(lines, "\n  "))
	return err
}

// firingOne returns an alert that fires, the newest of a device if there is one.
func firingOne(alerts []rules.Alert) (found rules.Alert, ok bool) {
	for _, a := range alerts {
		if a.State == rules.Firing && (!ok || found.Subject == "") {
			found, ok = a, true
		}
	}
	return found, ok
}

var bareWord = regexp.MustCompile(`^[\w./:@%+,-]+$`)

// shellWord is text as one word of a shell.
func shellWord(text string) string {
	if bareWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
