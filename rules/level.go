package rules

import "fmt"

// A Level is the severity of an alert. Levels are ordered: a higher one is worse.
type Level uint8

// The levels. Inactive is the level of a false condition.
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

// ParseLevel returns the level for a word. The error lists the allowed words.
func ParseLevel(word string) (Level, error) {
	for level, name := range levelNames {
		if name == word {
			return Level(level), nil
		}
	}
	return Inactive, fmt.Errorf("unknown level %q: want info, warning or critical", word)
}

// A Result is what is known about a rule's level: an interval that contains the level the rule would have if every figure were known. Least
// is the highest level that is certainly true, Most the highest that is not certainly false. If everything is known, they are equal; if
// nothing is known, Least is Inactive and Most the rule's highest level.
type Result struct{ Least, Most Level }
