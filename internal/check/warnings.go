package check

import (
	"slices"

	"notewatch/internal/config"
)

// Warnings returns what the rules file and the environment set without effect.
func Warnings(file *config.File, environment config.Environment) config.Errors {
	all := slices.Clone(file.Warnings)
	withoutToken := func(a config.Account) bool { return a.Token.IsZero() }
	if !environment.NotehubToken.IsZero() && !slices.ContainsFunc(file.Accounts, withoutToken) {
		all = append(all, config.Problem{Warning: true, Where: "NOTEWATCH_NOTEHUB_TOKEN",
			Message: "is not used: the accounts of the rules file have tokens"})
	}
	if !environment.AnswersSlack() && (file.Slack.Allow.Look != nil || file.Slack.Allow.Change != nil) {
		all = append(all, config.Problem{Warning: true, File: file.Path, Where: "slack.allow",
			Message: "has no effect: notewatch does not answer in Slack",
			Hint:    "set NOTEWATCH_SLACK_APP_TOKEN or NOTEWATCH_SLACK_SIGNING_SECRET"})
	}
	return all
}
