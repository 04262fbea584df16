package main

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/ruletest"
	"notewatch/internal/ruletest/testfile"
	"notewatch/internal/terminal"
)

func newTest() *cobra.Command {
	var pattern string
	var asJSON bool
	c := &cobra.Command{
		Use:   "test [FILE | DIRECTORY]...",
		Short: "Test rules on the scripted data of test files",
		RunE: func(c *cobra.Command, paths []string) error {
			names, err := regexp.Compile(pattern)
			if err != nil {
				return command.UsageError{Err: fmt.Errorf("--run %q is no regular expression: %w", pattern, err)}
			}
			files, err := testfile.LoadAll(paths...)
			if err != nil {
				return err
			}
			return runTests(c, files, names, asJSON)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return []cobra.Completion{"yaml"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	c.Flags().StringVar(&pattern, "run", "", "run only tests whose names this regular expression matches")
	return command.WithJSON(&asJSON, c)
}

func runTests(c *cobra.Command, files []*testfile.File, names *regexp.Regexp, asJSON bool) error {
	if ruletest.Count(files, names) == 0 {
		return command.UsageError{Err: fmt.Errorf("no test has a name that --run %q matches", names)}
	}
	out := terminal.NewRuleTests(command.ScreenOf(c), asJSON)
	err := ruletest.RunAll(c.Context(), files, names, out.Show)
	return errors.Join(err, out.End())
}
