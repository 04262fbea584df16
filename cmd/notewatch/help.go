package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/terminal"
)

// helpWidth is how many columns help takes at most.
const helpWidth = 80

// fitHelp wraps the help of a command and of those below it.
func fitHelp(c *cobra.Command) {
	paragraphs := strings.Split(c.Long, "\n\n")
	for i, text := range paragraphs {
		if !strings.HasPrefix(text, " ") { // which is to stay as it is
			paragraphs[i] = strings.Join(terminal.Wrap(text, helpWidth), "\n")
		}
	}
	c.Long = strings.Join(paragraphs, "\n\n")
	for _, below := range c.Commands() {
		fitHelp(below)
	}
}

// unknownCommand refuses a word that is no command, and says which one may be meant.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see notewatch --help"
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return usageError{fmt.Errorf("unknown command %q; %s", args[0], hint)}
}
