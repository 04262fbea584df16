package main

import (
	"embed"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/terminal"
)

// helpWidth is how many columns help takes at most.
const helpWidth = 80

// helpTexts are the texts of help, by the name of the command: what it does, and after a line Examples: how it is typed.
//
//go:embed help
var helpTexts embed.FS

// describe gives a command and those below it their texts of help.
func describe(c *cobra.Command) {
	if text, err := helpTexts.ReadFile("help/" + c.Name() + ".txt"); err == nil { // cobra's own commands have none
		long, examples, _ := strings.Cut(string(text), "\n\nExamples:\n")
		c.Long, c.Example = strings.TrimSpace(long), strings.TrimRight(examples, "\n")
	}
	fitHelp(c)
	for _, below := range c.Commands() {
		describe(below)
	}
}

// fitHelp wraps the help of a command.
func fitHelp(c *cobra.Command) {
	paragraphs := strings.Split(c.Long, "\n\n")
	for i, text := range paragraphs {
		if !strings.HasPrefix(text, " ") { // which is to stay as it is
			paragraphs[i] = strings.Join(terminal.Wrap(text, helpWidth), "\n")
		}
	}
	c.Long = strings.Join(paragraphs, "\n\n")
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
