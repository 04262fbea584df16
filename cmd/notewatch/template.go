package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
	"notewatch/notify/webhook"
)

func newTemplate() *cobra.Command {
	return &cobra.Command{
		Use:   "template [NAME]",
		Short: "Print the template of a webhook format, to copy and change",
		Long: `Prints the template of a webhook format. To change one: notewatch template teams > teams.json.tmpl, and in the rules
file webhook: {template: teams.json.tmpl} in place of format: teams. Without a name, lists the formats that are templates.`,
		Args:              optionalArgument("one format at most"),
		ValidArgsFunction: completeFirst(complete.OneOf(templates()...)),
		RunE: func(c *cobra.Command, args []string) error {
			names := templates()
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
				return fmt.Errorf("the format %q is code and has no template; those that have: %s", args[0], strings.Join(names, ", "))
			}
			return unknown("format", args[0], names, "there are "+strings.Join(names, ", "))
		},
	}
}

// templates are the formats that are templates.
func templates() []string {
	return slices.DeleteFunc(webhook.Formats(), func(name string) bool {
		_, ok := webhook.TemplateText(name)
		return !ok
	})
}
