package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/command/account"
)

func newInit() *cobra.Command {
	var o account.Options
	c := &cobra.Command{
		Use:   "init",
		Short: "Write a rules file for your account",
		Args:  command.NoArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return account.Init(c, o) },
	}
	c.Flags().StringVar(&o.Rules, "rules", "", "rules file to write (default: NOTEWATCH_RULES)")
	c.Flags().StringSliceVar(&o.Projects, "project", nil, "UID or name of a project to watch; may be repeated (default: all)")
	c.Flags().StringVar(&o.Organization, "organization", "", "UID or name of the organization that pays, if the token sees several")
	c.Flags().StringVar(&o.Channel, "slack", "", "ID of the Slack channel to notify (default: only the terminal)")
	c.Flags().BoolVar(&o.Yes, "yes", false, "ask no questions")
	c.Flags().BoolVar(&o.NoTrial, "no-backtest", false, "do not try the rules on the last month")
	c.Flags().Float64Var(&o.Rate, "requests-per-minute", account.DefaultRate, "requests a minute, of the 7 that Notehub allows")
	c.Flags().BoolVar(&o.Demo, "demo", false, "use the account of the demo; nothing needs to be set")
	command.CompleteFile(c, "rules", "yaml", "yml")
	return c
}
