package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/config"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
)

func newMigrate() *cobra.Command {
	var to string
	var asJSON bool
	c := &cobra.Command{
		Use:   "migrate --to DATABASE",
		Short: "Copy the database to PostgreSQL, or back to a file",
		Long: `Copies all that the database of NOTEWATCH_DATABASE holds to the one that --to names: the URL of a PostgreSQL database, such as
postgres://notewatch@db.example.com/notewatch, or the path of an SQLite file. The target must be empty or not exist yet. The source
stays as it is.

End notewatch run first: a database that it runs on is refused, and nobody can write to the source during the copy. If the copy is
interrupted, type the same command again: it goes on where it stopped. Until it has ended, nothing else uses the target. At the
end both databases are read again and compared, table by table.

A password on the command line shows in the list of processes. To avoid that, leave it out of the URL and set PGPASSFILE.

--json prints an object with from, to and tables, each with its name, rows and checksum, which are the same in both databases.`,
		RunE: func(c *cobra.Command, args []string) error {
			if to == "" || len(args) > 0 { // which may be a URL with a password
				return usageError{errors.New("want --to with the URL or path of a database, and no other words; see notewatch migrate --help")}
			}
			return migrate(c, to, asJSON)
		},
	}
	c.Flags().StringVar(&to, "to", "", "database to copy to: URL or path")
	jsonFlag(c, &asJSON)
	return c
}

func migrate(c *cobra.Command, to string, asJSON bool) error {
	environment, err := config.ReadEnvironment()
	if err != nil {
		return err
	}
	progress := terminal.TransferProgress{Screen: terminal.Screen{W: c.ErrOrStderr(), Width: terminal.Width(c.ErrOrStderr())}}
	totals, err := store.Transfer(c.Context(), environment.Database.Reveal(), to, progress.Show)
	progress.End()
	if errors.Is(err, context.Canceled) {
		return errors.New("stopped before the end: type the same command again to go on")
	}
	if err != nil {
		return err
	}
	from, to := store.NameOf(environment.Database.Reveal()), store.NameOf(to)
	if asJSON {
		return terminal.WriteJSON(c.OutOrStdout(), terminal.NewTransfer(from, to, totals))
	}
	if err := terminal.NewTransfer(from, to, totals).Print(screenOf(c)); err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "Next: set NOTEWATCH_DATABASE to the copy, start notewatch run, and put %s away, so that nothing runs on both.\n", from)
	return nil
}
