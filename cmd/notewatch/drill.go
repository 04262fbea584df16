package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/command/act"
	"notewatch/internal/complete"
	"notewatch/internal/lookup"
)

func newDrill() *cobra.Command {
	var d act.Drill
	c := &cobra.Command{
		Use:               "drill RULE",
		Short:             "Send a marked test alert to the receivers of a rule",
		Args:              command.OneArgument("the name of a rule (see notewatch check)"),
		ValidArgsFunction: command.CompleteFirst(complete.RuleNames),
		RunE: func(c *cobra.Command, args []string) error {
			b, closeDB, err := command.Attach(c)
			if err != nil {
				return err
			}
			defer closeDB()
			return d.Run(c, b, args[0])
		},
	}
	c.Flags().StringVar(&d.Project, "project", "", "notify the receivers of this project, by UID or name (default: the only project)")
	command.CompleteFlag(c, "project", complete.Subjects(lookup.KindProject))
	c.Flags().BoolVar(&d.Keep, "keep", false, "keep the test alert open; notewatch run ends it after 15 minutes")
	command.JSONFlag(c, &d.JSON)
	return c
}
