package commands

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"notewatch/internal/lookup"
	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp/grammar"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// help describes all commands.
func (q *question) help(ctx context.Context) (page, error) {
	if len(q.line.Rest) > 0 {
		return q.helpFor(ctx)
	}
	names := q.names(ctx)
	var lines []string
	var elsewhere refusals
	for _, w := range commands() {
		line := strings.TrimSpace("*"+w.name+"* "+slackapi.Mrkdwn(w.hint, maxSaid)) + " – " + w.summary
		examples, denied := q.offers(ctx, w, names)
		if len(examples) > 0 {
			line += " " + q.typed(examples[0])
		} else if denied != "" {
			elsewhere = elsewhere.with(w, denied)
		}
		lines = append(lines, line)
	}
	var p page
	p.say("*Commands*, with examples to copy:")
	p.say(lines...)
	p.say(elsewhere.lines()...)
	p.say(generalHelp)
	return p, nil
}

// generalHelp applies to all commands.
const generalHelp = "A name or UID can be shortened while it stays unambiguous. Quote a name that looks like a command word. " +
	"Answers are for you alone; with the word share they are for the channel. Days are UTC days."

// helpFor describes the usage of one command.
func (q *question) helpFor(ctx context.Context) (page, error) {
	asked, err := grammar.ParseOne(q.line.Rest, "word")
	if err != nil {
		return page{}, err
	}
	w, ok := wordOf(grammar.Token{Text: asked}.Word())
	if !ok {
		q.line.Word = asked
		return page{}, q.unknownWord(ctx)
	}
	var p page
	p.say(strings.TrimSpace("*"+w.name+"* "+slackapi.Mrkdwn(w.hint, maxSaid)), w.summary)
	lines, denied := q.offers(ctx, w, q.names(ctx))
	for i, line := range lines {
		lines[i] = "• " + q.typed(line)
	}
	switch {
	case len(lines) > 0:
		p.say(lines...)
	case denied != "":
		p.say(string(denied))
	default:
		p.say("There is nothing to use it on right now.")
	}
	return p, nil
}

// names returns a function that fills the placeholders of examples with existing names, or "" if there is none of the kind. Each name is
// looked up once. A failure of the store is logged, because help is useful without it.
func (q *question) names(ctx context.Context) func(placeholder string) string {
	known := map[string]string{}
	return func(placeholder string) string {
		found, ok := known[placeholder]
		if !ok {
			var err error
			if found, err = q.exampleName(ctx, placeholder); err != nil {
				q.answerer.config.Log.Error("looking for names that examples can use", "err", err)
			}
			known[placeholder] = found
		}
		return found
	}
}

// exampleName returns a name for a placeholder.
func (q *question) exampleName(ctx context.Context, placeholder string) (string, error) {
	switch placeholder {
	case "project", "fleet", "device":
		return q.first(ctx, lookup.Kind(placeholder))
	case "alert":
		a, _, err := q.firing(ctx)
		return a.ID, err
	case "rule", "subject":
		return q.exampleRule(ctx, placeholder == "rule")
	case "silence":
		return q.endableSilence(ctx)
	case "figure":
		return cmp.Or(q.reader.Rankings()...), nil
	case "cost":
		if slices.Contains(q.reader.Rankings(), lookup.ByCost) {
			return lookup.ByCost, nil
		}
	case "tomorrow":
		return `"` + q.reader.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly) + ` 14:00"`, nil
	}
	return "", nil
}

// first returns the name of a subject of a kind: that of the worst alert, or else the first one.
func (q *question) first(ctx context.Context, kind lookup.Kind) (string, error) {
	a, fires, err := q.firing(ctx)
	switch s := lookup.SubjectOf(a); {
	case err != nil:
		return "", err
	case fires && kind == s.Kind:
		return q.called(ctx, s), nil
	case fires && kind == lookup.KindProject:
		return q.called(ctx, lookup.Subject{UID: s.Project.UID, Name: s.Project.Name}), nil
	}
	found, err := q.reader.Complete(ctx, "", 1, kind)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return q.called(ctx, found[0]), nil
}

// endableSilence returns the ID of a silence, if possible of one that the person may end.
func (q *question) endableSilence(ctx context.Context) (string, error) {
	silences, err := q.reader.Silences(ctx)
	if err != nil || len(silences) == 0 {
		return "", err
	}
	may := slices.IndexFunc(silences, func(s muting.Silence) bool { return q.mayChangeAlerts(ctx, s.Match) == nil })
	return silences[max(may, 0)].ID, nil
}

// firing returns the worst firing alert, if possible one that the person may change.
func (q *question) firing(ctx context.Context) (a rules.Alert, ok bool, err error) {
	const looked = 10
	open, err := q.reader.Worst(ctx, looked)
	open = slices.DeleteFunc(open, func(a rules.Alert) bool { return a.State != rules.Firing || a.Project == "" || a.Drill })
	if err != nil || len(open) == 0 {
		return a, false, err
	}
	may := slices.IndexFunc(open, func(a rules.Alert) bool { return q.mayChangeAlerts(ctx, muting.Match{Alert: a.ID}) == nil })
	return open[max(may, 0)], true, nil
}

// exampleRule returns the name of a rule, or of a subject that it evaluates.
func (q *question) exampleRule(ctx context.Context, rule bool) (string, error) {
	if len(q.reader.Config().Rules) == 0 {
		return "", nil
	}
	spec := q.reader.Config().Rules[0].Spec
	if rule {
		return grammar.Called(spec.Name), nil
	}
	return q.first(ctx, lookup.Kind(spec.Each))
}

// called returns what to type for a subject: its name, or its UID if the name is ambiguous.
func (q *question) called(ctx context.Context, s lookup.Subject) string {
	if !grammar.Plain(s.Name) {
		return s.UID
	}
	if found, err := q.reader.Find(ctx, s.Name); err != nil || found.UID != s.UID {
		return s.UID
	}
	return grammar.Called(s.Name)
}
