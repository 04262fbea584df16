package rules

import "strings"

// topUp is what the rule reads to know whether a plan buys more data.
const topUp = "plan.auto_topup"

// TopsUp reports whether the rule is about the plan of a device that is known to buy more data when it runs out.
func (r *Rule) TopsUp(v *View) bool {
	return strings.HasPrefix(r.Show, "plan.") && r.Reads.Objects.Read(topUp) && v.Truth(vocabulary.Leaf(topUp)) == True
}
