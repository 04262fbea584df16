package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/lookup"
	"notewatch/internal/spelling"
	"notewatch/rules"
)

func newExplain() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "explain ALERT | RULE [NAME]",
		Short: "Tell why a rule fires, or why it does not",
		Long: `Tells what a rule finds about a device or project, from what the database holds: each condition with the values put in, and
whether it and each of its parts is true, false or no data. With an alert, explains its rule for its subject. NAME is a
name, a UID, or a part of one that says which is meant; a rule about projects needs none if there is only one. It reads
the database and the rules file only, also beside notewatch run, asks Notehub nothing and needs no secrets.

--json prints an object with rule, each, project and subject (uid, name), as_of, polled_at, failures, failure, truncated,
listed_at, least and most (the level that is surely held, and the highest that is not ruled out), figure, unit, value,
usual, limit, conditions, error, alert (id, rule, state, level, since, subject, summary), mute and held (level, seconds,
of_seconds).
Each of conditions has field and omitted, and as each of its parts text, filled, truth (true, false, no data), and, if it
has any, name, operator, parts and lets (name, text, filled). What is not known is null; times are RFC 3339.`,
		Example: `  notewatch explain data-budget hourly-sensor-6
  notewatch explain silent-device daily-tank-2 --json
  notewatch explain event-budget cold-chain`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return nil
			}
			return usageError{errors.New("want an alert, or a rule and the name of a device or project; see notewatch explain --help")}
		},
		ValidArgsFunction: complete(explainWords),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := outline(c)
			if err != nil {
				return err
			}
			return look(c, func(db opened) error {
				x := explainer{setup: s, db: db}
				e, err := x.explain(c.Context(), args[0], strings.Join(args[1:], " "))
				if err != nil {
					return err
				}
				out := screenOf(c.OutOrStdout())
				if asJSON {
					return writeJSON(out.w, explanationViewOf(e, db.clock.Now()))
				}
				return explanationText{e, x.over, db.clock.Now()}.print(out)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// An explainer explains what rules find.
type explainer struct {
	setup
	db   opened
	over rules.Alert // that was asked for and has ended; the zero value is none
}

// explain explains an alert, or a rule for what a name names.
func (x *explainer) explain(ctx context.Context, word, name string) (bot.Explanation, error) {
	desk := x.desk(x.db.Store, x.db.clock.Now)
	at := slices.IndexFunc(x.file.Rules, func(r config.Rule) bool { return strings.EqualFold(r.Spec.Name, word) })
	if at < 0 && name == "" {
		return x.alert(ctx, desk, word)
	}
	if at < 0 {
		return bot.Explanation{}, unknown("rule", word, ruleNamesOf(x.file), "notewatch check lists them")
	}
	rule := x.file.Rules[at].Rule
	kinds := []lookup.Kind{lookup.KindDevice}
	if rule.Spec.Each == rules.EachProject {
		kinds = append(kinds, lookup.KindProject)
	}
	if name == "" && rule.Spec.Each == rules.EachDevice {
		return bot.Explanation{}, usageError{fmt.Errorf("rule %q is about devices: name one; see notewatch explain --help", word)}
	}
	subject, err := desk.Find(ctx, name, kinds...)
	if err != nil {
		return bot.Explanation{}, missed(err)
	}
	if subject.Kind == lookup.KindAll {
		return bot.Explanation{}, usageError{fmt.Errorf("rule %q is about projects: name one; see notewatch explain --help", word)}
	}
	if subject.Gone {
		return bot.Explanation{}, fmt.Errorf("device %q is not listed any more, so no rule judges it", subject.Name)
	}
	device := ""
	if subject.Kind == lookup.KindDevice {
		device = subject.UID
	}
	return x.judge(ctx, rule, subject.Project.UID, device)
}

// alert explains the rule of an alert for its subject.
func (x *explainer) alert(ctx context.Context, desk *lookup.Desk, id string) (bot.Explanation, error) {
	a, err := desk.Alert(ctx, id)
	if unknown, ok := errors.AsType[*lookup.UnknownError](err); ok {
		return bot.Explanation{}, unknownAlertOrRule(unknown, ruleNamesOf(x.file))
	}
	if err != nil {
		return bot.Explanation{}, err
	}
	if a.Drill {
		return bot.Explanation{}, fmt.Errorf("alert %s is a drill: nothing was judged", a.ID)
	}
	at := slices.IndexFunc(x.file.Rules, func(r config.Rule) bool { return r.Spec.Name == a.Rule })
	if at < 0 {
		return bot.Explanation{}, fmt.Errorf("alert %s is of %q, which is no rule of the rules file; notewatch history %s tells its story",
			a.ID, a.Rule, a.ID)
	}
	if !a.Open() {
		x.over = a
	}
	return x.judge(ctx, x.file.Rules[at].Rule, a.Project, a.Subject)
}

// unknownAlertOrRule says what may be meant by a word that is neither.
func unknownAlertOrRule(e *lookup.UnknownError, ruleNames []string) error {
	hint := "notewatch alerts --all and notewatch check list them"
	if near := cmp.Or(e.Nearest, spelling.Nearest(e.Text, ruleNames)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Errorf("there is no alert and no rule %q; %s", e.Text, hint)
}

// ruleNamesOf returns the names of the rules of a file.
func ruleNamesOf(file *config.File) (names []string) {
	for _, r := range file.Rules {
		names = append(names, r.Spec.Name)
	}
	return names
}

// judge explains what a rule finds about a device, or about the project if device is "".
func (x explainer) judge(ctx context.Context, rule *rules.Rule, project, device string) (bot.Explanation, error) {
	b, err := x.onlooker()
	if err != nil {
		return bot.Explanation{}, err
	}
	e, err := b.Explain(ctx, rule.Spec.Name, project, device)
	if err != nil {
		return e, err
	}
	e.Alert, err = x.desk(x.db.Store, x.db.clock.Now).UpdateValue(ctx, e.Alert)
	return e, err
}

// onlooker returns a bot that tells nobody and asks nobody.
func (x explainer) onlooker() (*bot.Bot, error) {
	s, file := x.setup, *x.file
	file.Accounts, file.Receivers = nil, nil // they are what needs secrets
	s.file = &file
	wired, err := s.wire(x.db.clock)
	if err != nil {
		return nil, err
	}
	wired.Bot.Store, wired.Bot.Log = x.db.Store, slog.New(slog.DiscardHandler)
	return bot.New(wired.Bot), nil
}
