package account

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/config"
	"notewatch/internal/pause"
	"notewatch/internal/probe"
	"notewatch/internal/setup"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
)

// Live asks Notehub about a project of the rules file, by UID or name, "" being the first, and prints how its answers compare with what is assumed.
// The error says how many problems there are.
func Live(c *cobra.Command, s setup.Setup, project string, asJSON bool) error {
	p, a, err := chosen(s.File, project)
	if err != nil {
		return err
	}
	tap := &probe.Tap{}
	client, err := s.Client(a.Name, tap.Wrap)
	if err != nil {
		return err
	}
	perMinute := Beside(a.RequestsPerMinute)
	if err := command.TalkOf(c).Say(announced(a.Name, perMinute)); err != nil {
		return err
	}
	report, err := probe.Run(c.Context(), probe.Config{
		Client: client, Tap: tap, Account: a.Name, Project: p.UID, Organization: a.Organization, PerMinute: perMinute, Now: time.Now, Wait: pause.For,
	})
	if err := command.Show(c, asJSON, report, err, terminal.Probe); err != nil {
		return err
	}
	if n := report.Problems(); n > 0 {
		return fmt.Errorf("the account does not answer as assumed: %s", words.Count(n, "problem"))
	}
	return nil
}

// announced returns a sentence with the number of requests that follow, and how long they take.
func announced(account string, perMinute int) string {
	text := fmt.Sprintf("Asking account %s: at most %s to Notehub", account, words.Count(probe.MaxRequests, "request"))
	if minutes := (probe.MaxRequests - 1) / perMinute; minutes > 0 {
		text += fmt.Sprintf(", at most %s a minute: up to %s", words.Number(perMinute), words.Count(minutes, "minute"))
	}
	return text + "."
}

// chosen returns a project of a rules file with its account. A project without a UID is the first that the token sees.
func chosen(file *config.File, project string) (p config.Project, a config.Account, err error) {
	found := false
	for _, one := range append(file.Projects, file.All...) {
		if !found && (project == "" || one.UID == project || strings.EqualFold(one.Name, project)) {
			p, found = one, true
		}
	}
	if !found {
		return p, a, command.UsageError{Err: fmt.Errorf("--project %q: the rules file has no project of that UID or name", project)}
	}
	for _, one := range file.Accounts {
		if one.Name == p.Account {
			a = one
		}
	}
	return p, a, nil
}

// allowed is the number of requests a minute that Notehub allows for an account.
const allowed = 7

// Beside returns how many requests a minute a command may send while notewatch run sends perMinute.
func Beside(perMinute float64) int {
	if perMinute < allowed {
		return max(1, int(allowed-perMinute))
	}
	return int(perMinute)
}
