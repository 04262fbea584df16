package rules

import (
	"slices"
	"strings"
	"time"

	"notewatch/rules/internal/lang"
	"notewatch/rules/internal/templates"
)

// A builder compiles one Spec.
type builder struct {
	spec    Spec
	lang    *lang.Compiler
	decides []*lang.Leaf // read by the conditions
	reads   []*lang.Leaf // the same, and read for display
}

// A Set holds rules that are evaluated together: their inputs for a subject are read once for all of them. Compile all rules of a set
// before evaluating one of them.
type Set struct{ layout *lang.Layout }

// NewSet returns a set without rules.
func NewSet() *Set { return &Set{lang.NewLayout(vocabulary)} }

// builder returns a builder for a spec. A spec of an unknown scope is checked like one for devices.
func (s *Set) builder(spec Spec) *builder {
	scope := spec.Each
	if !slices.Contains(Scopes(), scope) {
		scope = EachDevice
	}
	return &builder{spec: spec, lang: s.layout.Compiler(string(scope))}
}

// Compile is [Set.Compile] for a rule by itself.
func Compile(spec Spec) (*Rule, []Problem) { return NewSet().Compile(spec) }

// Compile checks and compiles a rule. It returns all problems; if there are any, the rule is nil.
func (s *Set) Compile(spec Spec) (*Rule, []Problem) {
	b := s.builder(spec)
	r := &Rule{Spec: spec, set: s}
	b.frame()
	r.limit, r.Limit = b.parts()
	if spec.Where != "" {
		r.where = b.condition("where", spec.Where)
	}
	conditions := b.levels(r)
	if spec.ResolveWhen != "" {
		r.resolve = b.condition("resolve_when", spec.ResolveWhen)
	}
	b.show(r, conditions)
	r.summary = b.template(r, "summary", spec.Summary, samples(spec))
	r.resolved = b.template(r, "resolved", spec.Resolved, resolvedSamples(spec))
	b.runbook(r)
	if len(b.lang.Problems) == 0 && len(b.decides) == 0 {
		b.lang.Whole("when", "compare a figure, such as bytes.used", "reads no figure")
	}
	if len(b.lang.Problems) == 0 {
		b.unused()
	}
	if spec.Period != (PeriodSpec{}) && len(b.lang.Problems) == 0 && !readsOf(b.reads).Period {
		b.lang.Whole("period", "remove it: only used, prev and forecast of metrics and the members of period depend on it", "the rule reads nothing of a period")
	}
	if own := spec.Period; own != (PeriodSpec{}) && !own.sameMonth() && readsOf(b.reads).Cost() {
		b.lang.Whole("period", "remove it, or put what is of another period into a rule of its own", "the rule reads cost, which is of the calendar month")
	}
	if len(b.lang.Problems) > 0 {
		return nil, b.lang.Problems
	}
	if r.limit != nil {
		b.reads = append(b.reads, r.limit.Reads...)
	}
	r.growing = growing(conditions)
	r.Kind, r.Reads = kindOf(conditions), readsOf(append(b.reads, r.growing...))
	r.Reads.FleetNames = spec.Limits != nil && spec.Each == EachDevice || r.Reads.Objects.Read("device.fleets")
	r.Keep = r.keep(conditions)
	return r, nil
}

// frame checks everything but the expressions.
func (b *builder) frame() {
	if strings.TrimSpace(b.spec.Name) == "" {
		b.lang.Whole("name", "", "is empty")
	}
	if !slices.Contains(Scopes(), b.spec.Each) {
		b.lang.Whole("each", "want device, fleet, route, project or organization", "unknown scope %q", b.spec.Each)
	}
	if b.spec.For < 0 {
		b.lang.Whole("for", "", "is negative")
	}
	if b.spec.Keep != nil && *b.spec.Keep < 0 {
		b.lang.Whole("keep", "", "is negative")
	}
	if b.spec.Keep != nil && b.spec.ResolveWhen != "" {
		b.lang.Whole("keep", "leave out one of the two", "is given beside resolve_when: both say when an alert ends")
	}
	if len(b.spec.Advice) > templates.MaxBytes {
		b.lang.Whole("advice", "put it on a page and give its address", "is too long: %d bytes, at most %d", len(b.spec.Advice), templates.MaxBytes)
	}
	last := time.Duration(0)
	for _, after := range b.spec.Remind {
		if after < last+time.Minute {
			b.lang.Whole("remind", "such as [24h, 72h, 168h]", "must ascend by a minute at least, not %s after %s", after, last)
			return
		}
		last = after
	}
}

// parts defines the limit and the lets for the expressions. It returns the limit, and the limit of subjects without their own, which is NaN
// if it is not constant.
func (b *builder) parts() (limit *lang.Number, general float64) {
	limit, general = b.limit()
	for _, let := range b.spec.Let {
		b.lang.Let(let.Name, let.Expr)
	}
	return limit, general
}

// unused reports the limit and the named parts that no condition reads, directly or through other parts.
func (b *builder) unused() {
	if b.spec.Limit != "" && !b.lang.Uses("limit") {
		b.lang.Whole("limit", "compare with it in when, as in bytes.used > limit, or remove it", "no condition reads it")
	}
	for _, let := range b.spec.Let {
		if !b.lang.Uses(let.Name) {
			b.lang.Whole("let."+let.Name, "use it in when, or remove it", "no condition reads it")
		}
	}
}

// condition compiles a condition; nil if it has a problem.
func (b *builder) condition(field, text string) *lang.Expression {
	e := b.lang.Condition(field, text)
	if e != nil {
		b.decides, b.reads = append(b.decides, e.Reads...), append(b.reads, e.Reads...)
	}
	return e
}

// levels compiles the conditions of all levels and returns them in the order of the file.
func (b *builder) levels(r *Rule) (all []*lang.Expression) {
	if len(b.spec.When) == 0 {
		b.lang.Whole("when", "", "is missing")
		return nil
	}
	for i, c := range b.spec.When {
		field := "when." + c.Level.String()
		switch twice := func(d Condition) bool { return d.Level == c.Level }; {
		case c.Level < Info || c.Level > Critical:
			b.lang.Whole(field, "want info, warning or critical", "is no level of a condition")
		case slices.ContainsFunc(b.spec.When[:i], twice):
			b.lang.Whole(field, "", "is given twice")
		default:
			if e := b.condition(field, c.Expr); e != nil {
				all, r.levels = append(all, e), append(r.levels, condition{c.Level, e})
			}
		}
	}
	slices.SortFunc(r.levels, func(a, b condition) int { return int(b.level) - int(a.level) })
	if len(r.levels) > 0 {
		r.Highest, r.Lowest = r.levels[0].level, r.levels[len(r.levels)-1].level
	}
	return all
}
