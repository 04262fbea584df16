package main

import (
	_ "embed"
	"io"

	"github.com/spf13/cobra"

	"notewatch/cmd/notewatch/help"
)

// withoutPackage is a prefix of the completion script for bash, for hosts without the package bash-completion.
//
//go:embed completion.bash
var withoutPackage string

// completeBash makes the completion script for bash work without the package bash-completion. Cobra's own script prints an error at each
// Tab there. The output of root must be set.
func completeBash(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	bash, _, err := root.Find([]string{"completion", "bash"})
	if err != nil {
		panic(err)
	}
	bash.Long = `Generate the autocompletion script for bash. It works without the package bash-completion and uses it if it is installed.

To load completions in your current shell session:

  source <(notewatch completion bash)

To load completions for every new session, add that line to ~/.bashrc.`
	help.Fit(bash)
	generate := bash.RunE
	bash.RunE = func(c *cobra.Command, args []string) error {
		if err := generate(c, args); err != nil {
			return err
		}
		_, err := io.WriteString(c.OutOrStdout(), withoutPackage)
		return err
	}
}
