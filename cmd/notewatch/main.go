// Command notewatch alerts a team when its Blues Notehub fleet is about to cost money, run out of data or go silent, before
// the bill or the customer does.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // time zones of mute windows, on any host

	"github.com/spf13/cobra"

	"notewatch/cmd/notewatch/help"
	"notewatch/internal/command"
	"notewatch/internal/words"
)

// Exit codes.
const (
	exitFailure = 1
	exitUsage   = 2
	exitFiring  = 3 // of once: an alert is firing
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code) //nolint:forbidigo // the only place that ends the process
}

// run executes one command line and returns its exit code. Data goes to stdout, everything else to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	completeBash(root)
	err := root.ExecuteContext(ctx)
	if err == nil || errors.Is(err, errFiring) {
		return codeOf(err)
	}
	fmt.Fprintf(stderr, "notewatch: %s\n", words.Printable(err.Error()))
	return codeOf(err)
}

// errFiring ends once when an alert is firing.
var errFiring = errors.New("an alert is firing")

func codeOf(err error) int {
	if _, ok := errors.AsType[command.UsageError](err); ok {
		return exitUsage
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFiring):
		return exitFiring
	}
	return exitFailure
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "notewatch",
		Short:         "Watch the usage of Blues Notehub fleets",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
		Args:          unknownCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return command.UsageError{Err: fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	})
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", fmt.Sprintf(".FlagUsagesWrapped %d ", help.Width)))
	root.SetVersionTemplate("notewatch {{.Version}}\n")
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.SuggestionsMinimumDistance = 2
	for _, group := range commandGroups() {
		root.AddGroup(&cobra.Group{ID: group.title, Title: group.title})
		for _, command := range group.commands {
			command.GroupID = group.title
			root.AddCommand(command)
		}
	}
	root.AddCommand(newTemplate(), newSchema(), newVersion())
	help.Describe(root)
	return root
}

// A commandGroup holds commands under a title in help.
type commandGroup struct {
	title    string
	commands []*cobra.Command
}

func commandGroups() []commandGroup {
	return []commandGroup{
		{"Watch:", []*cobra.Command{newInit(), newRun(), newOnce(), newCheck(), newTest(), newBacktest(), newDemo()}},
		{"Ask:", []*cobra.Command{
			newUsage(), newTop(), newExplain(), newAlerts(), newHistory(), newStatus(), newSilences(), newExport(),
		}},
		{"Act:", []*cobra.Command{
			newAck(), newUnack(), newSilence(), newUnsilence(), newRefresh(), newDrill(), newRedeliver(), newMigrate(),
		}},
	}
}

// version is set when a release is built.
var version = "dev"

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  command.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), "notewatch", version)
			return err
		},
	}
}
