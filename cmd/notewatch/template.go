package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/spelling"
	"notewatch/notify/webhook"
)

func newTemplate() *cobra.Command {
	return &cobra.Command{
		Use:               "template [NAME]",
		Short:             "Print a webhook template, to copy and change",
		Args:              command.OptionalArgument("at most one format"),
		ValidArgsFunction: command.CompleteFirst(complete.OneOf(webhook.Templates()...)),
		RunE: func(c *cobra.Command, args []string) error {
			names := webhook.Templates()
			if len(args) == 0 {
				_, err := fmt.Fprintln(c.OutOrStdout(), strings.Join(names, "\n"))
				return err
			}
			text, ok := webhook.TemplateText(args[0])
			switch {
			case ok:
				_, err := fmt.Fprint(c.OutOrStdout(), text)
				return err
			case slices.Contains(webhook.Formats(), args[0]):
				return fmt.Errorf("format %q has no template; formats with a template: %s", args[0], strings.Join(names, ", "))
			}
			return spelling.Unknown("format", args[0], names, "known templates: "+strings.Join(names, ", "))
		},
	}
}
