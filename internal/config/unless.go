package config

import (
	"fmt"
	"slices"
	"time"

	"notewatch/internal/words"
	"notewatch/rules"
)

// unlessCode is the code of a warning of rules that fire before the rule that mutes them.
const unlessCode = "unless"

// checkUnless checks what rules say of each other.
func (d *decoder) checkUnless() {
	scopes, shadow, waits := map[string]rules.Scope{}, map[string]bool{}, map[string]time.Duration{}
	for _, r := range d.drafts {
		scopes[r.Name], shadow[r.Name], waits[r.Name] = r.Each, r.Shadow, r.For
	}
	var links []link
	for _, r := range d.drafts {
		if r.Unless == "" {
			continue
		}
		at := r.fields["unless"]
		links = append(links, link{at, r.Name, r.Unless})
		if _, given := r.fields["for"]; !given {
			at.report("the rule has no for:", "give it one, such as for: 30m, so that the other rule can fire first")
		} else if wait, known := waits[r.Unless]; known && r.For <= wait && r.Name != r.Unless && !slices.Contains(r.Accept, unlessCode) {
			r.fields["for"].warnOf(unlessCode, fmt.Sprintf("is no longer than that of %q, so this rule fires first when both hold", r.Unless),
				"make it longer than "+words.Duration(wait))
		}
		if shadow[r.Unless] {
			at.warn("that rule is in shadow mode, so it mutes nothing", "")
		}
		if scope, known := scopes[r.Unless]; known && !scope.Contains(r.Each) {
			at.report("a "+string(scope)+" does not contain a "+string(r.Each),
				"want a rule for each "+string(r.Each))
		}
	}
	checkLinks("rule", links, d.ruleNames())
	d.checkWas()
}

// checkWas checks the names that rules had: each is of one rule, which is gone.
func (d *decoder) checkWas() {
	now, was := d.ruleNames(), map[string]string{}
	for _, r := range d.drafts {
		for _, name := range r.Was {
			switch other, twice := was[name]; {
			case name == "":
			case slices.Contains(now, name):
				r.fields["was"].report(fmt.Sprintf("rule %q is still there", name), "remove or rename it, or remove this name")
			case twice:
				r.fields["was"].report(fmt.Sprintf("%q was rule %q too", other, name), "only one rule can go on with its alerts")
			}
			was[name] = r.Name
		}
	}
}
