package rules

import (
	"fmt"
	"strings"
)

// periodMark separates the hash of a rule from its period in a meaning.
const periodMark = " by "

// Meaning identifies the meaning of the rule with a kind of period: its Hash, and for a period or forecast rule also the period.
func (r *Rule) Meaning(period PeriodSpec) string {
	if r.Kind.OfPeriod() {
		return fmt.Sprintf("%s"+periodMark+"%s from %d and %s", r.Hash(), period, period.MonthDay, period.From)
	}
	return r.Hash()
}

// PeriodOfMeaning returns the period in a result of Meaning; "" if the rule has none.
func PeriodOfMeaning(meaning string) string {
	_, period, _ := strings.Cut(meaning, periodMark)
	return period
}
