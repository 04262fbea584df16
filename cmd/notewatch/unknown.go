package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"notewatch/internal/command"
)

// unknownCommand rejects an unknown command, and suggests the nearest one.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see notewatch --help"
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return command.UsageError{Err: fmt.Errorf("unknown command %q; %s", args[0], hint)}
}
