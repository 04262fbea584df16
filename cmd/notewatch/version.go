package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// version is set when a release is built.
var version = "dev"

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), "notewatch", version)
			return err
		},
	}
}
