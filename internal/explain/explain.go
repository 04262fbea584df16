package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/spelling"
	"notewatch/internal/words"
	"notewatch/rules"
)

// An Explanation shows why a rule fires for a subject, or why it does not. NaN is no data.
type Explanation struct {
	Now     time.Time    `json:"-"` // time of the answer
	Past    bool         `json:"-"` // it is about the end of a past day
	Rule    string       `json:"rule"`
	Each    rules.Scope  `json:"each"`
	Project lookup.Named `json:"project"`
	Subject lookup.Named `json:"subject"` // the project for a rule with each: project
	Time    time.Time    `json:"as_of"`   // as of which the rule is evaluated: Now, or the last poll if that is long ago

	PolledAt  time.Time `json:"polled_at,omitzero"`
	Failures  int       `json:"failures"`
	Failure   string    `json:"failure,omitempty"`
	Truncated bool      `json:"truncated"`
	ListedAt  time.Time `json:"listed_at,omitzero"` // when the device list was read

	Least    rules.Level `json:"least"` // the highest level that is certainly reached
	Most     rules.Level `json:"most"`  // the highest level that is possible
	Selected rules.Truth `json:"-"`     // where
	Error    string      `json:"error,omitempty"`

	Figure string  `json:"figure"`
	Unit   string  `json:"unit"`
	Value  float64 `json:"value"`
	Usual  float64 `json:"usual"`
	Limit  float64 `json:"limit"`

	Conditions []Condition   `json:"conditions"`
	Alert      *lookup.Alert `json:"alert,omitzero"` // the open one; nil if there is none
	Ending     string        `json:"-"`              // when that alert ends, or would end, as a sentence
	Ended      *lookup.Alert `json:"-"`              // the alert in the question, if it has ended
	Mute       rules.Mute    `json:"muted,omitzero"`
	TooShort   []TooShort    `json:"held"`
}

// A Condition is one condition of a rule: where, that of a level, or resolve_when.
type Condition struct {
	Field   string `json:"field"`
	Part           // its keys are keys of the condition
	Omitted int    `json:"omitted"` // number of parts that are left out because there are too many
}

// A Part is a condition or a part of one.
type Part struct {
	Text     string      `json:"text"`
	Filled   string      `json:"filled"` // Text with the values put in
	Truth    rules.Truth `json:"truth"`
	Name     string      `json:"name,omitempty"`     // of the let that it comes from
	Operator string      `json:"operator,omitempty"` // that joins Parts
	Parts    []Part      `json:"parts,omitempty"`
	Lets     []Let       `json:"lets,omitempty"`
}

// A Let is the definition of a name in a part.
type Let struct {
	Name   string `json:"name"`
	Text   string `json:"text"`
	Filled string `json:"filled"`
}

// A TooShort is a level that is true, but not yet for long enough to fire.
type TooShort struct {
	Level rules.Level   `json:"level"`
	For   time.Duration `json:"seconds"`
	Need  time.Duration `json:"of_seconds"`
}

// A MisuseError says that a question is incomplete.
type MisuseError struct{ Text string }

// Error names the missing word.
func (e *MisuseError) Error() string { return e.Text }

// A Question is what someone asks: the ID of an alert or the beginning of one, or a rule and the name of a device or project.
type Question struct {
	Alert string // or a rule
	Name  string
	Day   rules.Day // as of whose end the rule is explained; 0 is now
}

// Explain answers a question. Its errors are those of the reader, and *MisuseError if a name is missing or the day has not ended.
func Explain(ctx context.Context, reader *lookup.Reader, b *bot.Bot, asked Question) (Explanation, error) {
	q, word, name := question{reader, b, asked.Day}, asked.Alert, asked.Name
	if q.day != 0 && q.day >= rules.DayOf(reader.Now()) {
		return Explanation{}, &MisuseError{"the past is known by days (UTC): give a day that has ended, such as " +
			reader.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)}
	}
	rule := q.rule(word)
	switch {
	case rule == nil && name == "":
		return q.alert(ctx, word)
	case rule == nil:
		return Explanation{}, &lookup.UnknownError{
			Text: word, Kinds: []lookup.Kind{lookup.KindRule}, Nearest: spelling.Nearest(word, reader.RuleNames()),
		}
	}
	return q.named(ctx, rule, name)
}

// A question holds the sources of an explanation.
type question struct {
	reader *lookup.Reader
	bot    *bot.Bot
	day    rules.Day // 0: now
}

// rule returns the rule with a name, ignoring case; nil if there is none.
func (q question) rule(name string) *rules.Rule {
	at := slices.IndexFunc(q.reader.Config().Rules, func(r *rules.Rule) bool { return strings.EqualFold(r.Spec.Name, name) })
	if at < 0 {
		return nil
	}
	return q.reader.Config().Rules[at]
}

// named explains a rule for the subject of a name.
func (q question) named(ctx context.Context, rule *rules.Rule, name string) (Explanation, error) {
	kinds := []lookup.Kind{lookup.KindDevice}
	switch each := rule.Spec.Each; {
	case each == rules.EachProject:
		kinds = append(kinds, lookup.KindProject)
	case each == rules.EachOrganization && name == "" && len(q.reader.Config().Accounts) == 1:
		return q.explain(ctx, rule, rules.OfAccount(q.reader.Config().Accounts[0].Name), "")
	case name == "":
		return Explanation{}, &MisuseError{fmt.Sprintf("rule %q is evaluated per %s: add a %s name", rule.Spec.Name, each, each)}
	case each == rules.EachFleet || each == rules.EachRoute || each == rules.EachOrganization:
		kinds = []lookup.Kind{lookup.Kind(each)}
	}
	subject, err := q.reader.Find(ctx, name, kinds...)
	if err != nil {
		return Explanation{}, err
	}
	if subject.Kind == lookup.KindAll {
		return Explanation{}, &MisuseError{fmt.Sprintf("rule %q is evaluated per project: add a project name", rule.Spec.Name)}
	}
	if subject.Gone {
		return Explanation{}, fmt.Errorf("device %q is no longer listed in Notehub, so no rule is evaluated for it", subject.Name)
	}
	uid := ""
	if subject.Kind != lookup.KindProject && subject.Kind != lookup.KindOrganization {
		uid = subject.UID
	}
	return q.explain(ctx, rule, subject.Project.UID, uid)
}

// alert explains the rule of an alert for its subject.
func (q question) alert(ctx context.Context, id string) (Explanation, error) {
	a, err := q.reader.Alert(ctx, id)
	if unknown, ok := errors.AsType[*lookup.UnknownError](err); ok {
		hint := "list them with notewatch alerts --all and notewatch check"
		if near := cmp.Or(unknown.Nearest, spelling.Nearest(unknown.Text, q.reader.RuleNames())); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return Explanation{}, fmt.Errorf("unknown alert or rule %q; %s", unknown.Text, hint)
	}
	if err != nil {
		return Explanation{}, err
	}
	if a.Drill {
		return Explanation{}, fmt.Errorf("alert %s is a drill: there is nothing to explain", a.ID)
	}
	at := slices.Index(q.reader.RuleNames(), a.Rule)
	if at < 0 {
		return Explanation{}, fmt.Errorf("alert %s belongs to %q, which is not in the rules file; see notewatch history %s",
			a.ID, a.Rule, a.ID)
	}
	e, err := q.explain(ctx, q.reader.Config().Rules[at], a.Project, a.Subject)
	if !a.Open() {
		ended := lookup.AlertOf(a, e.Now, nil)
		e.Ended = &ended
	}
	return e, err
}

// explain explains the result of a rule for a device, or for the project if device is "".
func (q question) explain(ctx context.Context, rule *rules.Rule, project, device string) (Explanation, error) {
	if q.day != 0 {
		found, err := q.bot.ExplainAt(ctx, rule.Spec.Name, project, device, q.day)
		if err != nil {
			return Explanation{}, err
		}
		e := Of(found)
		e.Now, e.Past = q.reader.Now(), true
		return e, nil
	}
	found, err := q.bot.Explain(ctx, rule.Spec.Name, project, device)
	if err != nil {
		return Explanation{}, err
	}
	if found.Alert, err = q.reader.UpdateValue(ctx, found.Alert); err != nil {
		return Explanation{}, err
	}
	e := Of(found)
	e.Now = q.reader.Now()
	if !found.Alert.Open() {
		return e, nil
	}
	e.Ending = Ending(found)
	return e, q.reader.Show(ctx, []rules.Alert{found.Alert}, func(a lookup.Alert) error {
		e.Alert = &a
		return nil
	})
}

// Of converts an explanation of the bot to data for people, without the alert.
func Of(found bot.Explanation) Explanation {
	e := Explanation{
		Rule: found.Rule.Spec.Name, Each: found.Rule.Spec.Each, Time: found.Now,
		Project: lookup.Named{UID: found.Project.UID, Name: found.Project.Name}, Subject: lookup.Named{UID: found.Subject.UID, Name: found.Subject.Name},
		PolledAt: found.PolledAt, Failures: found.Failures, Failure: found.Failure, Truncated: found.Truncated, ListedAt: found.ListedAt,
		Least: found.Result.Least, Most: found.Result.Most, Selected: found.Selected,
		Figure: found.Rule.Show, Unit: found.Rule.Unit, Value: found.Value, Usual: found.Usual, Limit: found.Limit, Mute: found.Mute,
	}
	if found.Err != nil {
		e.Error = found.Err.Error()
	}
	for _, c := range found.Conditions {
		e.Conditions = append(e.Conditions, Condition{c.Field, partOf(c.Part), c.Omitted})
	}
	for _, h := range found.TooShort {
		e.TooShort = append(e.TooShort, TooShort(h))
	}
	return e
}

// partOf returns a part with its values put in.
func partOf(p rules.Part) Part {
	part := Part{Text: p.Text, Filled: p.Fill(words.Figure), Truth: p.Truth, Name: p.Name, Operator: p.Operator}
	for _, below := range p.Parts {
		part.Parts = append(part.Parts, partOf(below))
	}
	for _, let := range p.Lets {
		part.Lets = append(part.Lets, Let{let.Name, let.Text, let.Fill(words.Figure)})
	}
	return part
}
