package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/env"
	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// A Rule counts the subjects of a rule in all projects that have been polled.
type Rule struct {
	Name     string      `json:"-"`
	Each     rules.Scope `json:"-"`
	Subjects int         `json:"subjects"`
	Selected int         `json:"selected"`
	True     int         `json:"true"`    // of those selected
	NoData   int         `json:"no_data"` // of those selected: nothing can be decided

	accepted []string
	fleets   []string       // labels of fleets of subjects, if where reads them
	where    bool           // it has a where
	unknown  map[string]int // subjects by the paths of what is no data
	every    time.Duration  // between two polls; the longest of all projects
}

// Of counts the subjects of each rule that reads more than the state of polling. polled is false if no project has been polled.
func Of(ctx context.Context, b *bot.Bot) (all []Rule, polled bool, err error) {
	config := b.Config()
	for _, r := range config.Rules {
		if r.Reads.OnlyPoll() {
			continue
		}
		counted := Rule{
			Name: r.Spec.Name, Each: r.Spec.Each, accepted: r.Spec.Accept, where: r.Spec.Where != "", unknown: map[string]int{},
		}
		for _, p := range config.Projects {
			data, ok, err := b.LastPoll(ctx, p.UID)
			if err != nil {
				return nil, false, err
			}
			if !ok {
				continue
			}
			polled = true
			if err := counted.add(ctx, r.Rule, data.In(r.PeriodIn(b.PeriodOf("", p.UID)))); err != nil {
				return nil, false, err
			}
		}
		all = append(all, counted)
	}
	return all, polled, nil
}

// An Account is an account whose token sees other than one organization, although rules need the one that pays.
type Account struct {
	Name string
	Seen []string // names and UIDs of the organizations, as of the last request
}

// Accounts returns the accounts of which it is not known which organization pays, because their tokens see none or several.
func Accounts(ctx context.Context, b *bot.Bot) (all []Account, err error) {
	config := b.Config()
	if !slices.ContainsFunc(config.Rules, func(r bot.Rule) bool { return r.Reads.Objects.Read("org.") }) {
		return nil, nil
	}
	for _, a := range config.Accounts {
		said, err := config.Store.Usage.Organization(ctx, a.Name)
		if err != nil {
			return nil, err
		}
		if !said.Read.IsZero() && said.UID == "" && said.Failure == "" {
			all = append(all, Account{a.Name, said.Seen})
		}
	}
	return all, nil
}

// add counts the subjects of one project.
func (c *Rule) add(ctx context.Context, r *rules.Rule, data *env.ProjectData) error {
	c.every = max(c.every, data.Every)
	readsFleets := r.Selection().Objects.Read("device.fleets")
	query := env.SubjectQuery{Scope: r.Spec.Each, Wants: r.Reads.Members, Selects: func(string) bool { return true }}
	return data.EachSubject(ctx, query, func(_ string, e *rules.Env) {
		c.Subjects++
		if readsFleets {
			c.fleets = append(c.fleets, e.Device.Fleets...)
			slices.Sort(c.fleets)
			c.fleets = slices.Compact(c.fleets)
		}
		view := rules.NewView(e)
		result := r.Eval(view)
		if result.Selected != rules.True {
			return
		}
		c.Selected++
		switch {
		case result.Result.Least > rules.Inactive:
			c.True++
		case result.Result.Most > rules.Inactive:
			c.NoData++
			for _, path := range r.Unknown(view) {
				c.unknown[path]++
			}
		}
	})
}

// A Finding is a probable mistake of a rule that the data shows.
type Finding struct {
	Code    string
	Field   string // as in the rule
	Message string
	Hint    string
}

// The codes of findings.
const (
	None  = "none"
	Blind = "blind"
)

// maxFleets is how many fleets a message names.
const maxFleets = 5

// Findings returns what the counts show to be a probable mistake, but for what the rule accepts.
func (c *Rule) Findings() (all []Finding) {
	add := func(f Finding) {
		if !slices.Contains(c.accepted, f.Code) {
			all = append(all, f)
		}
	}
	subjects := words.Count(c.Subjects, string(c.Each))
	switch {
	case c.Subjects > 0 && c.Selected == 0 && c.where:
		f := Finding{Code: None, Field: "where", Message: "selects none of " + subjects + " now", Hint: "compare it with notewatch explain"}
		if len(c.fleets) > 0 {
			f.Hint = "device.fleets are " + strings.Join(c.fleets[:min(len(c.fleets), maxFleets)], ", ")
		}
		add(f)
	case c.Selected > 0 && c.NoData == c.Selected:
		add(Finding{
			Code: Blind, Field: "when", Message: "is no data for all " + words.Count(c.Selected, string(c.Each)) + " now" + c.because(), Hint: c.polls(),
		})
	}
	return all
}

// because names what is no data for all subjects.
func (c *Rule) because() string {
	paths := c.always()
	if len(paths) == 0 {
		return ""
	}
	return ": " + strings.Join(paths, ", ")
}

// always returns the paths of what is no data for all selected subjects.
func (c *Rule) always() (paths []string) {
	for path, n := range c.unknown {
		if n == c.Selected {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// polls returns the reason why growth between polls is no data, if that is read and polls are too far apart.
func (c *Rule) polls() string {
	for _, path := range c.always() {
		_, member := rules.CutPath(path)
		for _, growth := range metric.Growths() {
			if growth.Member == member && c.every > growth.Longest() {
				return fmt.Sprintf("polls are %s apart, and %s needs two polls within %s", words.Duration(c.every), member, words.Duration(growth.Longest()))
			}
		}
	}
	return "docs/rules.md says for each name when it is no data"
}
