package lint

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A Rule is the rule to check: its expressions, compiled before, and its times.
type Rule struct {
	Subject     string        // what each of its subjects is, such as device
	Named       []Text        // limit and the lets in their order, the fields as limit and let.x
	Where       []Text        // none or one
	When        []Text        // lowest level first
	ResolveWhen []Text        // none or one
	For         time.Duration // how long a level must hold
	Period      time.Duration // the least length of a period
	Kept        time.Duration // how long history is kept
	Leaf        func(path string) (Leaf, bool)
}

// The codes of findings.
const (
	Never    = "never"
	Always   = "always"
	Bytes    = "bytes"
	Units    = "units"
	Midnight = "midnight"
	Late     = "late"
	Floor    = "floor"
	Start    = "start"
	Estimate = "estimate"
	Levels   = "levels"
	Hold     = "hold"
	History  = "history"
	Fleets   = "fleets"
	Unless   = "unless" // found where the other rules are known
	Hours    = "hours"  // found where the receivers are known
	Prices   = "prices" // found where the prices are known
	None     = "none"   // found where the data is known, like the next
	Blind    = "blind"
)

// Codes returns the codes that a rule can accept, and those of findings that are certain.
func Codes() (accepted, certain []string) {
	return []string{Always, Bytes, Units, Midnight, Late, Floor, Start, Estimate, Levels, Hold, Unless, Hours, Prices, None, Blind}, []string{Never, History, Fleets}
}

// A Finding is a likely mistake in a rule.
type Finding struct {
	Code    string
	Certain bool   // it is a mistake; otherwise the author may mean it
	Field   string // as in the rule
	Offset  int    // byte offset into its text
	Message string // lower case, without the name of the field
	Hint    string // may be ""
}

// A linter gathers the findings of one rule.
type linter struct {
	*reader
	findings []Finding
}

// Findings returns the likely mistakes in the rule, in the order of its text, each once. It leaves out findings whose codes are accepted.
func (r Rule) Findings(accepted []string) []Finding {
	l := &linter{reader: &reader{rule: r, named: map[string]expression{}, given: func(l Leaf) Range { return l.Range }}}
	for _, text := range r.Named {
		if e, ok := text.parse(); ok {
			l.named[nameOf(text.Field)] = e
		}
	}
	l.checkUnits()
	l.checkTruths()
	l.checkTimes()
	l.checkAmounts()
	l.checkLevels()
	l.checkHistory()
	l.checkFleets()
	fields := append(append(slices.Clone(r.Named), r.Where...), append(slices.Clone(r.When), r.ResolveWhen...)...)
	place := func(f Finding) int {
		return slices.IndexFunc(fields, func(t Text) bool { return t.Field == f.Field })
	}
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Offset, b.Offset))
	})
	return slices.DeleteFunc(slices.Compact(l.findings), func(f Finding) bool { return !f.Certain && slices.Contains(accepted, f.Code) })
}

// nameOf returns the name of a part in expressions.
func nameOf(field string) string {
	const let = "let."
	if len(field) > len(let) && field[:len(let)] == let {
		return field[len(let):]
	}
	return field
}

// conditions returns the conditions of some texts.
func conditions(texts ...[]Text) (all []expression) {
	for _, texts := range texts {
		for _, text := range texts {
			if e, ok := text.parse(); ok {
				all = append(all, e)
			}
		}
	}
	return all
}

// find notes a finding at an expression.
func (l *linter) find(code string, at expression, hint, format string, args ...any) *Finding {
	l.findings = append(l.findings, Finding{
		Code: code, Field: at.Field, Offset: at.offset(), Message: fmt.Sprintf(format, args...), Hint: hint,
	})
	return &l.findings[len(l.findings)-1]
}
