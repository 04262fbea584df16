package rules

import (
	"fmt"
	"strings"
)

// periodMark is between the hash of a rule and its period in a meaning.
const periodMark = " by "

// Meaning identifies what the rule means where periods are cut as period says: its Hash, and of a period or forecast rule also the period.
func (r *Rule) Meaning(period PeriodSpec) string {
	if r.Kind.OfPeriod() {
		return fmt.Sprintf("%s"+periodMark+"%s from %d and %s", r.Hash(), period, period.MonthDay, period.From)
	}
	return r.Hash()
}

// PeriodOfMeaning returns the period in what Meaning returned; "" if the rule has none.
func PeriodOfMeaning(meaning string) string {
	_, period, _ := strings.Cut(meaning, periodMark)
	return period
}
