package rules

import "fmt"

// A Level says how bad something is. Levels are ordered: a higher one is worse.
type Level uint8

// The levels. Inactive is the level of a condition that does not hold.
const (
	Inactive Level = iota
	Info
	Warning
	Critical
)

// levelNames are the words for levels in rule files, messages, metrics and the database.
var levelNames = [...]string{"inactive", "info", "warning", "critical"}

// String returns the word for the level: inactive, info, warning or critical.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("level(%d)", uint8(l))
}

// ParseLevel returns the level that a word names. The error lists the words allowed.
func ParseLevel(word string) (Level, error) {
	for level, name := range levelNames {
		if name == word {
			return Level(level), nil
		}
	}
	return Inactive, fmt.Errorf("unknown level %q: want info, warning or critical", word)
}

// A Result is what is known about a rule's level: an interval that contains the level the rule would have if every
// figure were known. Least is the highest level that is surely true, Most the highest that is not surely false. With
// everything known they are equal; with nothing known Least is Inactive and Most the rule's highest level.
type Result struct{ Least, Most Level }
