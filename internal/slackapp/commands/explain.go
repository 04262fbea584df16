package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp/grammar"
	"notewatch/internal/spelling"
	"notewatch/internal/words"
	"notewatch/rules"
)

// explain explains why there is an alert, or why there is none.
func (q *question) explain(ctx context.Context) (page, error) {
	order, err := grammar.ParseExplain(q.line.Rest)
	if err != nil {
		return page{}, err
	}
	if order.Rule == "" && q.rule(order.Alert) == nil {
		a, err := q.reader.Alert(ctx, order.Alert)
		if err != nil {
			return page{}, err
		}
		return q.explainAlert(ctx, a)
	}
	return q.explainRule(ctx, order)
}

// explainAlert explains the present result of the rule of an alert for its subject.
func (q *question) explainAlert(ctx context.Context, a rules.Alert) (page, error) {
	switch {
	case a.Drill:
		return page{}, grammar.MistakeError("Alert " + a.ID + " is a drill. There is nothing to explain.")
	case a.Project == "":
		return page{}, grammar.MistakeError("Alert " + a.ID + " is about notewatch itself; there is no rule to explain: " + a.Texts.Summary)
	case q.rule(a.Rule) == nil:
		return page{}, grammar.MistakeError("The rule " + a.Rule + " of alert " + a.ID + " is no longer in the rules file.")
	}
	e, err := q.bot.Explain(ctx, a.Rule, a.Project, a.Subject)
	if err != nil {
		return page{}, err
	}
	p := q.explainPage(e)
	if !a.Open() {
		why := ""
		if a.Why != "" {
			why = " (" + name(a.Why) + ")"
		}
		p.say("Alert " + "`" + a.ID + "` ended " + agoText(a.EndedAt, q.reader.Now()) + why + ". This is the current result of its rule.")
	}
	return p, nil
}

// explainRule explains the result of a rule for a named subject.
func (q *question) explainRule(ctx context.Context, order grammar.ExplainOrder) (page, error) {
	if order.Rule == "" {
		order.Rule = order.Alert
	}
	r := q.rule(order.Rule)
	if r == nil {
		return page{}, q.unknownRule(order.Rule)
	}
	kinds := []lookup.Kind{lookup.KindDevice}
	switch each := r.Spec.Each; {
	case each == rules.EachProject:
		kinds = append(kinds, lookup.KindProject)
	case each == rules.EachOrganization && order.Subject == "" && len(q.reader.Config().Accounts) == 1:
		order.Subject, kinds = q.reader.Config().Accounts[0].Name, []lookup.Kind{lookup.KindOrganization}
	case order.Subject == "":
		return page{}, grammar.MistakeError("Rule " + r.Spec.Name + " is evaluated per " + string(each) + ". Add a " + string(each) + " name after it.")
	case each == rules.EachFleet || each == rules.EachRoute || each == rules.EachOrganization:
		kinds = []lookup.Kind{lookup.Kind(each)}
	}
	s, err := q.find(ctx, order.Subject, kinds...)
	if err != nil {
		return page{}, err
	}
	subject := ""
	switch s.Kind {
	case lookup.KindAll:
		return page{}, grammar.MistakeError("Rule " + r.Spec.Name + " is evaluated per project. Add a project name after it.")
	case lookup.KindDevice, lookup.KindFleet, lookup.KindRoute:
		subject = s.UID
	}
	e, err := q.bot.Explain(ctx, r.Spec.Name, s.Project.UID, subject)
	if err != nil {
		return page{}, err
	}
	return q.explainPage(e), nil
}

// rule returns the rule with a name, ignoring case; nil if there is none.
func (q *question) rule(name string) *rules.Rule {
	for _, r := range q.reader.Config().Rules {
		if strings.EqualFold(r.Spec.Name, name) || strings.EqualFold(r.Spec.Name, words.PlainDashes(name)) {
			return r
		}
	}
	return nil
}

// unknownRule returns an error that suggests a rule.
func (q *question) unknownRule(name string) error {
	names := make([]string, len(q.reader.Config().Rules))
	for i, r := range q.reader.Config().Rules {
		names[i] = r.Spec.Name
	}
	slices.Sort(names)
	text := "Unknown rule " + grammar.Quote(name) + "."
	if near := spelling.Nearest(name, names); near != "" {
		return grammar.MistakeError(text + " Did you mean " + near + "?")
	}
	const listed = 8
	if more := len(names) - listed; more > 0 {
		names = append(names[:listed], fmt.Sprintf("%d more", more))
	}
	return grammar.MistakeError(text + " Known rules: " + grammar.List(names, "and") + ".")
}

// explainPage lays out an explanation.
func (q *question) explainPage(e bot.Explanation) page {
	now := q.reader.Now()
	var p page
	p.say("*"+name(e.Rule.Spec.Name)+"* for "+linkTo(e.Subject)+" "+resultText(e, now), tooShortText(e), muteText(e))
	p.show(strings.Join(e.Lines(words.Figure), "\n"))
	p.say(readText(e.PolledAt, e.Failures, e.Failure, e.Truncated)...)
	if now.Sub(e.Now) > bot.StaleAfter {
		p.say("Last successful poll: " + agoText(e.Now, now) + ". This is the state at that time.")
	}
	p.note = asOfText(e.PolledAt, now)
	return p
}

// resultText returns the result of a rule in a sentence.
func resultText(e bot.Explanation, now time.Time) string {
	switch {
	case e.Err != nil:
		return "cannot be evaluated: " + slackapi.Mrkdwn(e.Err.Error(), maxSaid)
	case e.Alert.State == rules.Firing:
		return fmt.Sprintf("is firing (%s) since %s · `%s`", e.Alert.Level, agoText(e.Alert.FiredAt, now), name(e.Alert.ID))
	case e.Alert.State == rules.Pending:
		return "is pending: true since " + agoText(e.Alert.Since, now) + ", but not for long enough yet"
	case e.Selected == rules.False:
		return "does not apply: its where condition is false"
	case e.Result.Least == e.Result.Most && e.Result.Least == rules.Inactive:
		return "is not firing"
	case e.Result.Least == rules.Inactive:
		return "is not firing: not enough data"
	case e.Rule.Spec.For > 0:
		return fmt.Sprintf("is true (%s): pending from the next poll, firing once it has been true for %s",
			e.Result.Least, words.Duration(e.Rule.Spec.For))
	}
	return fmt.Sprintf("is true (%s): it fires at the next poll", e.Result.Least)
}

// tooShortText returns how long levels have been true that do not fire yet.
func tooShortText(e bot.Explanation) string {
	texts := make([]string, len(e.TooShort))
	for i, h := range e.TooShort {
		texts[i] = fmt.Sprintf("%s for %s of %s", h.Level, words.Duration(h.For), words.Duration(h.Need))
	}
	return words.Dotted(texts...)
}

// muteText returns why notifications are muted.
func muteText(e bot.Explanation) string {
	if text := deliver.MuteText(e.Mute); text != "" {
		return "No notifications: " + slackapi.Mrkdwn(text, maxSaid)
	}
	return ""
}
