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
		Short: "Show the state of projects, requests, receivers and alerts",
		Long: `Shows when each project was last polled and will be polled next, how many requests each account sent to Notehub today
(UTC), which receivers have waiting alerts, and how many alerts are open. Reads only the database and the rules file, also
while notewatch run is running; sends no request to Notehub and needs no secrets.

--json prints an object with now, demo (true for a demo database), database_error (why the database cannot be written; left out if its disk has room), projects (uid, name, account, devices, listed_at, polled_at, next_poll, failures, failure,
truncated, polling, behind: the project that is polled before it), accounts (name, requests_per_minute, requests_today,
interval_seconds: between two polls of each of its projects, current_requests_per_minute: lower until reduced_until after Notehub has rate-limited the
account, held_until, cause: why none of its projects can be polled), receivers (name, waiting, gave_up,
oldest_seconds, next_try), alerts (info, warning, critical, pending, muted, acknowledged, silences) and processes (host, pid, version, schema:
the newest that it knows, rules_file, rules: a hash of the rules, started_at, seen_at, alive, standing_by: its rules are not the active ones,
doing: the kind and key of each work item). Times are RFC 3339; unknown times are left out.`,
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
