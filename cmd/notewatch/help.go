package main

import (
	"embed"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/terminal"
)

// helpWidth is the maximum number of columns of help.
const helpWidth = 80

// helpTexts are the texts of help, by the name of the command: a description, and after the line Examples: the examples.
//
//go:embed help
var helpTexts embed.FS

// describe sets the help texts of a command and of those below it.
func describe(c *cobra.Command) {
	if text, err := helpTexts.ReadFile("help/" + c.Name() + ".txt"); err == nil { // cobra's own commands have no file
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
		if !strings.HasPrefix(text, " ") { // indented paragraphs stay unchanged
			paragraphs[i] = strings.Join(terminal.Wrap(text, helpWidth), "\n")
		}
	}
	c.Long = strings.Join(paragraphs, "\n\n")
}

// unknownCommand rejects an unknown command, and suggests the nearest one.
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
