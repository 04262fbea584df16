package rules

import (
	"notewatch/rules/internal/lang"
	"notewatch/rules/internal/templates"
)

// A Met is the condition of a level that was certainly true, for messages of rules whose limit does not say why they fire.
type Met struct {
	Condition string    `json:"condition"`       // as its author wrote it, on one line
	Reads     []Reading `json:"reads,omitempty"` // what it reads and messages do not show anyway, in the order of the vocabulary
}

// A Reading is a known number that a condition read.
type Reading struct {
	Figure string  `json:"figure"` // its path, such as events.median
	Unit   string  `json:"unit,omitempty"`
	Value  float64 `json:"value"`
}

// Met returns the condition of a level, if it is certainly true for the subject of v. It is nil for a rule with a limit, because its value
// beside the limit is reason enough.
func (r *Rule) Met(v *View, level Level) *Met {
	if r.limit != nil {
		return nil
	}
	for _, l := range r.levels {
		if l.level != level {
			continue
		}
		if truth, err := l.when.Truth(v); err != nil || truth != True {
			return nil
		}
		return &Met{Condition: templates.OneLine(r.textOf(level)), Reads: r.readings(v, l.when)}
	}
	return nil
}

// textOf returns the condition of a level as its author wrote it.
func (r *Rule) textOf(level Level) string {
	for _, c := range r.Spec.When {
		if c.Level == level {
			return c.Expr
		}
	}
	return ""
}

// readings returns the numbers that a condition reads, but for the shown value and what is usual of it.
func (r *Rule) readings(v *View, e *lang.Expression) (all []Reading) {
	for _, l := range e.Reads {
		if shown := l == r.shown || l == r.usual && r.perDay == 1; shown || !l.Number() {
			continue
		}
		if value := v.Number(l); Known(value) {
			all = append(all, Reading{l.Path(), l.Unit, value})
		}
	}
	return all
}
