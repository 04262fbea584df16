package bot

import (
	"context"
	"time"

	"notewatch/internal/words"
	"notewatch/rules"
)

// drillTime is how long a drill lasts if no one ends it.
const drillTime = 15 * time.Minute

// drillSubject is the subject of all drills.
const drillSubject = "drill"

// Drill raises a test alert of a rule. It goes to the receivers of that rule in a project like a real one, even if they are silenced. Drill
// returns the alert and the receivers. An open drill of the rule is continued.
func (b *Bot) Drill(ctx context.Context, rule string, project Project) (rules.Alert, []string, error) {
	r, ok := b.rule(rule)
	if !ok {
		return rules.Alert{}, nil, &UnknownError{"rule", rule}
	}
	receivers := project.Recipients(*r)
	drill := rules.Key{Rule: rule, Subject: drillSubject}
	_, err := b.updateAlert(ctx, drill, receivers, func(a rules.Alert) (rules.Alert, rules.Event) {
		if a.Open() {
			return a, rules.None
		}
		return b.drilled(r, project, drill), rules.Fired
	})
	if err != nil {
		return rules.Alert{}, nil, err
	}
	alert, err := b.open(ctx, drill)
	return alert, receivers, err
}

// drilled returns an alert with the texts of a real one of the rule.
func (b *Bot) drilled(r *Rule, project Project, key rules.Key) rules.Alert {
	texts := rules.Texts{
		Subject: drillSubject, Project: project.Name, Figure: r.Show, Unit: r.Unit,
		Advice:  "This is a drill. Nothing is wrong. " + r.Spec.Advice,
		Runbook: r.Runbook(rules.RunbookFacts{Rule: key.Rule, Project: project.Name, Subject: drillSubject, Level: r.Highest.String()}),
	}
	period := r.PeriodIn(b.periodOf(project.UID))
	a := key.Drill(r.Rule, texts, b.clock.Now())
	a.Texts.Summary = r.Headline(rules.Facts{
		Rule: key.Rule, Project: project.Name, Subject: drillSubject, Level: a.Level.String(),
		Value: words.Figure(a.Value, r.Unit), Limit: words.Figure(a.Limit, r.Unit),
		Usual: words.Figure(a.Usual, r.Unit), Period: period.String(),
		When: period.When(r.Show, rules.DayOf(a.AsOf)).Now,
	})
	return a
}

// EndDrill ends the drill of a rule and reports whether there was one.
func (b *Bot) EndDrill(ctx context.Context, rule string) (bool, error) {
	return b.Resolve(ctx, rule, drillSubject)
}
