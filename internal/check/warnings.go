package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/config"
	"notewatch/internal/config/environ"
	"notewatch/internal/config/problem"
	"notewatch/internal/survey"
	"notewatch/internal/words"
)

// tokenEnds is how long before a token expires a warning is given.
const tokenEnds = 14 * 24 * time.Hour

// Warnings returns warnings about settings of the rules file and the environment that have no effect, and about tokens that have expired at
// now or soon will.
func Warnings(file *config.File, environment environ.Settings, now time.Time) problem.Errors {
	all := slices.Clone(file.Warnings)
	if !slices.ContainsFunc(file.Accounts, config.Account.OfEnvironment) {
		all = append(all, notUsed(environment)...)
	} else if p, ok := expiry(environment.TokenExpires, now); ok {
		p.Where = "NOTEWATCH_NOTEHUB_TOKEN"
		all = append(all, p)
	}
	for _, a := range file.Accounts {
		if p, ok := expiry(a.TokenExpires, now); ok {
			p.File, p.Where = file.Path, fmt.Sprintf("account %q: token", a.Name)
			all = append(all, p)
		}
	}
	if !environment.AnswersSlack() && (file.Slack.Allow.Look != nil || file.Slack.Allow.Change != nil) {
		all = append(all, problem.Problem{Warning: true, File: file.Path, Where: "slack.allow",
			Message: "has no effect: notewatch does not answer in Slack",
			Hint:    "set NOTEWATCH_SLACK_APP_TOKEN or NOTEWATCH_SLACK_SIGNING_SECRET"})
	}
	return all
}

// notUsed returns warnings about settings of the environment for an account that the rules file does not have.
func notUsed(environment environ.Settings) (all problem.Errors) {
	for _, setting := range []struct {
		name string
		set  bool
	}{
		{"NOTEWATCH_NOTEHUB_TOKEN", !environment.NotehubToken.IsZero()}, {"NOTEWATCH_NOTEHUB_CLIENT_ID", environment.ClientID != ""},
	} {
		if setting.set {
			all = append(all, problem.Problem{Warning: true, Where: setting.name,
				Message: "is not used: the accounts of the rules file have tokens or OAuth clients"})
		}
	}
	return all
}

// expiry returns a warning if a token expires within two weeks of now, or has expired. The zero time gives no warning.
func expiry(expires, now time.Time) (problem.Problem, bool) {
	if expires.IsZero() || expires.Sub(now) > tokenEnds {
		return problem.Problem{}, false
	}
	verb := "expires"
	if expires.Before(now) {
		verb = "has expired"
	}
	return problem.Problem{
		Warning: true,
		Message: verb + " on " + expires.Format(time.DateOnly) + ", as was stated",
		Hint:    "make a new one at notehub.io/api-access, and state when it expires",
	}, true
}

// OfOrganizations returns warnings about accounts of which it is not known which organization pays.
func OfOrganizations(file *config.File, accounts []survey.Account) (all problem.Errors) {
	for _, a := range accounts {
		named := func(of config.Account) bool { return of.Name == a.Name && of.Organization != "" }
		if slices.ContainsFunc(file.Accounts, named) {
			continue
		}
		p := problem.Problem{
			Warning: true, File: file.Path, Where: fmt.Sprintf("account %q", a.Name),
			Message: "the token sees no organization, so rules that read org have no data",
			Hint:    "give the token a role in the organization that pays for the projects",
		}
		if len(a.Seen) > 0 {
			p.Message = fmt.Sprintf("the token sees %s: %s; rules that read org have no data", words.Count(len(a.Seen), "organization"), strings.Join(a.Seen, ", "))
			p.Hint = "name the one that pays for the projects, such as organization: org:… in accounts"
		}
		all = append(all, p)
	}
	return all
}

// OfData returns warnings about rules, from what they match now.
func OfData(file *config.File, counted []survey.Rule) (all problem.Errors) {
	for i := range counted {
		for _, f := range counted[i].Findings() {
			all = append(all, problem.Problem{
				Warning: true, Code: f.Code, File: file.Path, Where: fmt.Sprintf("rule %q: %s", counted[i].Name, f.Field), Message: f.Message, Hint: f.Hint,
			})
		}
	}
	return all
}
