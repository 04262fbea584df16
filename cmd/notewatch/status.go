package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
)

func newStatus() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Tell how notewatch does: projects, requests, receivers, alerts",
		Long: `Tells when each project was read last and is read next, how many requests to Notehub today (UTC) has taken of each
account, which receivers wait to be told, and how many alerts are open. It reads the database and the rules file only, also
beside notewatch run, asks Notehub nothing and needs no secrets.

--json prints an object with now, demo (whether it is the database of one), database_error (why the database cannot be written; left out if its disk has room), projects (uid, name, account, devices, listed_at, polled_at, next_poll, failures, failure,
truncated, polling, behind: the project that is polled before it), accounts (name, requests_per_minute, requests_today,
interval_seconds: between two polls of each of its projects, current_requests_per_minute: less until reduced_until after Notehub has rate-limited the
account, held_until, cause: why none of its projects can be polled), receivers (name, waiting, gave_up,
oldest_seconds, next_try), alerts (info, warning, critical, pending, muted, acknowledged, silences) and processes (host, pid, version, schema:
the newest that it knows, rules_file, rules: what identifies them, started_at, seen_at, alive, standing_by: its rules are not the active ones,
doing: the kind and key of each piece of work). Times are RFC 3339; one that is not known is left out.`,
		Example: `  notewatch status
  notewatch status --json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c, func(d *lookup.Desk) error {
				status, err := d.Status(c.Context())
				switch {
				case err != nil:
					return err
				case asJSON:
					return terminal.WriteJSON(c.OutOrStdout(), status)
				}
				return terminal.Status(screenOf(c), status)
			})
		},
	}
	jsonFlag(c, &asJSON)
	return c
}
