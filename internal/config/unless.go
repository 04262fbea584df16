package config

import "notewatch/rules"

// checkUnless checks what rules say of each other.
func (d *decoder) checkUnless() {
	scopes, shadow := map[string]rules.Scope{}, map[string]bool{}
	for _, r := range d.drafts {
		scopes[r.Name], shadow[r.Name] = r.Each, r.Shadow
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
		}
		if shadow[r.Unless] {
			at.warn("that rule is in shadow mode, so it mutes nothing", "")
		}
		if scope, known := scopes[r.Unless]; known && !contains(scope, r.Each) {
			at.report("a "+string(scope)+" does not contain a "+string(r.Each),
				"want a rule for each "+string(r.Each))
		}
	}
	checkLinks("rule", links, d.ruleNames())
}

// contains reports whether a subject of one scope holds those of another, or is one.
func contains(outer, inner rules.Scope) bool {
	return outer == inner || outer == rules.EachProject
}
