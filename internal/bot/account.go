package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/evaluate"
	"notewatch/internal/metrics"
	"notewatch/internal/store"
	"notewatch/rules"
)

// accountFailing is the rule name of the alert that no project of an account can be polled.
const accountFailing = "account-failing"

// failuresUntil returns the number of failed polls of a project in a row after which the alert of its account fires, if the cause concerns
// the whole account. A refusal is certain when it is repeated. The alert is never later than the built-in rule watcher-blind.
func failuresUntil(cause store.Cause) int {
	if cause == store.Unreachable {
		return 3
	}
	return 2
}

// noteAccount raises or ends the alert that no project of the account can be polled, after a poll of one of them that left the project in
// state. A refusal of one project ends it too, because Notehub has accepted the token.
func (b *Bot) noteAccount(ctx context.Context, account Account, state store.Project, now time.Time) error {
	uids := b.schedule.ProjectsOf(account.Name)
	switch metrics.Class(state.Cause) {
	case "", metrics.Forbidden, metrics.NotFound:
		return b.accountRestored(ctx, account, without(uids, []string{state.UID}), now)
	}
	if !state.Cause.AccountWide() {
		return nil
	}
	states := []store.Project{state}
	for _, uid := range without(slices.Clone(uids), []string{state.UID}) {
		other, err := b.store.Project(ctx, uid)
		if err != nil {
			return err
		}
		states = append(states, other)
	}
	cause, failures := env.AccountCause(states)
	if cause == store.None || failures < failuresUntil(cause) {
		return nil
	}
	open, err := b.open(ctx, rules.Key{Rule: accountFailing, Subject: account.Name})
	if err != nil || open.Open() && cause == store.Unreachable {
		return err // the text of a failure may differ at every poll
	}
	if by, err := b.suspendedBy(ctx, account.Name); err != nil || by != "" && cause == store.Suspended {
		return err
	}
	return b.RaiseSelfAlert(ctx, b.accountAlert(account, cause, state.Failure))
}

// accountAlert returns the alert that no project of an account can be polled.
func (b *Bot) accountAlert(account Account, cause store.Cause, failure string) SelfAlert {
	summary := AccountText(cause, account.Name)
	if cause == store.Unreachable {
		summary += ": " + failure
	}
	var projects []string
	for _, p := range b.projects {
		if p.Account == account.Name {
			projects = append(projects, p.Name)
		}
	}
	body := "rules are not evaluated for: " + strings.Join(projects, ", ")
	if len(projects) == 0 {
		body = "its projects are not known yet, so no rule is evaluated for them"
	}
	return SelfAlert{
		Rule: accountFailing, Subject: account.Name, Level: rules.Critical, Receivers: b.accountReceivers(account),
		Summary: summary, Advice: "Next step: " + remedy(metrics.Class(cause), account) + ".", Body: body,
	}
}

// AccountText returns why no project of an account can be polled; "" if there is no cause.
func AccountText(cause store.Cause, account string) string {
	switch cause {
	case store.None:
		return ""
	case store.Unauthorized:
		return fmt.Sprintf("Notehub refuses the token of account %s (401)", account)
	case store.Suspended:
		return fmt.Sprintf("the billing account of account %s is suspended (403)", account)
	}
	return fmt.Sprintf("Notehub is unreachable for account %s", account)
}

// NextStep returns the next step for a cause that concerns a whole account.
func NextStep(cause store.Cause) string { return remedy(metrics.Class(cause), Account{}) }

// accountReceivers returns the receivers of alerts that a project of the account cannot be polled, as for the rule watcher-blind; the default
// receivers if no project is known.
func (b *Bot) accountReceivers(account Account) []string {
	rule, ok := b.rule(evaluate.WatcherBlind)
	if !ok || len(b.schedule.ProjectsOf(account.Name)) == 0 {
		return b.defaultReceivers
	}
	var all []string
	for _, p := range b.projects {
		if p.Account == account.Name {
			all = append(all, p.Recipients(*rule)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// accountRestored ends the alert that no project of an account can be polled. It makes the other projects due at once, so that failures of
// their own show.
func (b *Bot) accountRestored(ctx context.Context, account Account, others []string, now time.Time) error {
	open, err := b.open(ctx, rules.Key{Rule: accountFailing, Subject: account.Name})
	if err != nil {
		return err
	}
	if by, err := b.suspendedBy(ctx, account.Name); err != nil || !open.Open() && by == "" {
		return err
	}
	if _, err := b.store.Restore(ctx, others, now); err != nil {
		return err
	}
	_, err = b.Resolve(ctx, accountFailing, account.Name)
	return err
}

// dropAccounts withdraws the alerts about accounts without projects, because no poll and no list can end them.
func (b *Bot) dropAccounts(ctx context.Context) error {
	used := append(names(b.projects, func(p Project) string { return p.Account }), b.Listing()...)
	return b.Withdraw(ctx, accountFailing, used, "no project in the rules file uses this account")
}

// explained returns a function that says which alerts are covered by the alert about an account. These are alerts of watcher-blind for
// projects that fail for a cause that concerns the whole account, while that alert is firing or it is not yet known whether it will, and
// for projects that have not been polled since it ended. current replaces the stored state of its project.
func (b *Bot) explained(ctx context.Context, current store.Project) (func(rules.Alert) string, error) {
	failing, err := b.store.Failing(ctx)
	if err != nil {
		return nil, err
	}
	failing[current.UID] = current
	explained, alerts := map[string]bool{}, map[string]accountAlerts{}
	for _, p := range b.projects {
		state := failing[p.UID]
		known := state.Failures >= failuresUntil(state.Cause)
		explained[p.UID] = state.Cause == store.Restored || state.Cause.AccountWide() && !known
		if state.Cause.AccountWide() && known {
			of, ok := alerts[p.Account]
			if !ok {
				if of, err = b.openAlerts(ctx, p.Account); err != nil {
					return nil, err
				}
				alerts[p.Account] = of
			}
			explained[p.UID] = of.failing || state.Cause == store.Suspended && of.suspended
		}
	}
	return func(a rules.Alert) string {
		if a.Rule == evaluate.WatcherBlind && explained[a.Project] {
			return accountFailing
		}
		return ""
	}, nil
}

// accountAlerts says which alerts about an account are open.
type accountAlerts struct{ failing, suspended bool }

// openAlerts returns which alerts about an account are open.
func (b *Bot) openAlerts(ctx context.Context, account string) (accountAlerts, error) {
	alert, err := b.open(ctx, rules.Key{Rule: accountFailing, Subject: account})
	if err != nil {
		return accountAlerts{}, err
	}
	by, err := b.suspendedBy(ctx, account)
	return accountAlerts{failing: alert.Open(), suspended: by != ""}, err
}
