package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/config/schema"
	"notewatch/internal/ruletest/testfile"
	"notewatch/internal/spelling"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:               "schema [rules|tests]",
		Short:             "Print the JSON Schema of rules files, for editors",
		Args:              command.OptionalArgument("rules or tests"),
		ValidArgsFunction: command.CompleteFirst(complete.OneOf("rules", "tests")),
		RunE: func(c *cobra.Command, args []string) (err error) {
			switch {
			case len(args) == 0 || args[0] == "rules":
				_, err = c.OutOrStdout().Write(schema.Rules())
			case args[0] == "tests":
				_, err = c.OutOrStdout().Write(testfile.Schema())
			default:
				err = command.UsageError{Err: spelling.Unknown("schema", args[0], []string{"rules", "tests"}, "want rules or tests")}
			}
			return err
		},
	}
}
