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
		Long: `Copies the database of NOTEWATCH_DATABASE to the one of --to: the URL of a PostgreSQL database, such as
postgres://notewatch@db.example.com/notewatch, or the path of an SQLite file. The target must be empty or not exist yet. The source
does not change.

Stop notewatch run first: a database that it uses is refused, and the source cannot be written during the copy. If the copy is
interrupted, repeat the command: it continues where it stopped. Until it has ended, no other command can use the target. At the
end both databases are read again and compared, table by table.

A password on the command line shows in the list of processes. To avoid that, leave it out of the URL and set PGPASSFILE.

--json prints an object with from, to and tables, each with its name, rows and checksum, which are the same in both databases.`,
		RunE: func(c *cobra.Command, args []string) error {
			if to == "" || len(args) > 0 { // which may be a URL with a password
				return usageError{errors.New("give --to with the URL or path of a database, and no other arguments; see notewatch migrate --help")}
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
		return errors.New("stopped before the end: repeat the command to continue")
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
	fmt.Fprintf(c.ErrOrStderr(), "Next: set NOTEWATCH_DATABASE to the copy, start notewatch run, and move %s away, so that no process uses the old database.\n", from)
	return nil
}
