package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/config/environ"
	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/terminal"
)

func newMigrate() *cobra.Command {
	var to string
	var asJSON bool
	c := &cobra.Command{
		Use:   "migrate --to DATABASE",
		Short: "Copy the database to PostgreSQL, or back to a file",
		RunE: func(c *cobra.Command, args []string) error {
			if to == "" || len(args) > 0 { // which may be a URL with a password
				return command.UsageError{Err: errors.New("give --to with the URL or path of a database, and no other arguments; see notewatch migrate --help")}
			}
			return migrate(c, to, asJSON)
		},
	}
	c.Flags().StringVar(&to, "to", "", "database to copy to: URL or path")
	command.JSONFlag(c, &asJSON)
	return c
}

func migrate(c *cobra.Command, to string, asJSON bool) error {
	environment, err := environ.Read()
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
	from, to := database.NameOf(environment.Database.Reveal()), database.NameOf(to)
	if asJSON {
		return terminal.WriteJSON(c.OutOrStdout(), terminal.NewTransfer(from, to, totals))
	}
	if err := terminal.NewTransfer(from, to, totals).Print(command.ScreenOf(c)); err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "Next: set NOTEWATCH_DATABASE to the copy, start notewatch run, and move %s away, so that no process uses the old database.\n", from)
	return nil
}
