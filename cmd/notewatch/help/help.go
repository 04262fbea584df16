package help

import (
	"embed"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/terminal"
)

// Width is the maximum number of columns of help.
const Width = 80

const extension = ".txt"

//go:embed *.txt
var texts embed.FS

// Commands returns the names of the commands that have a text.
func Commands() (names []string) {
	files, err := texts.ReadDir(".")
	if err != nil {
		panic(err) // they are in the program
	}
	for _, file := range files {
		names = append(names, strings.TrimSuffix(file.Name(), extension))
	}
	return names
}

// Describe sets the help texts of a command and of those below it.
func Describe(c *cobra.Command) {
	if text, err := texts.ReadFile(c.Name() + extension); err == nil { // cobra's own commands have no file
		long, examples, _ := strings.Cut(string(text), "\n\nExamples:\n")
		c.Long, c.Example = strings.TrimSpace(long), strings.TrimRight(examples, "\n")
	}
	Fit(c)
	for _, below := range c.Commands() {
		Describe(below)
	}
}

// Fit wraps the help of a command.
func Fit(c *cobra.Command) {
	paragraphs := strings.Split(c.Long, "\n\n")
	for i, text := range paragraphs {
		if !strings.HasPrefix(text, " ") { // indented paragraphs stay unchanged
			paragraphs[i] = strings.Join(terminal.Wrap(text, Width), "\n")
		}
	}
	c.Long = strings.Join(paragraphs, "\n\n")
}
