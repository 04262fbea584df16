// Package survey counts what each rule matches and knows now, from the database: how many subjects there are, how many of them the rule
// selects, for how many it is true, and for how many it can decide nothing.
//
// [Of] evaluates each rule for all its subjects, as of the last poll of each project, and stores nothing. [Rule.Findings] returns the likely
// mistakes that this shows: a where that selects nothing, and a condition that is no data for all.
package survey
