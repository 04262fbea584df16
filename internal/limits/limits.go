package limits

import (
	"regexp"
	"strconv"
	"strings"
)

// A Table holds limits by rule, then subject. The zero value is empty.
type Table map[string]map[string]Limit

// A Limit is the limit of a subject, with where it stands.
type Limit struct {
	Value float64
	Place string // such as limits.csv:17
}

// Add takes in a limit. If the rule has one of that subject, it returns where that stands, and the table stays as it is.
func (t Table) Add(rule, subject string, limit Limit) (twice string) {
	if first, ok := t[rule][subject]; ok {
		return first.Place
	}
	if t[rule] == nil {
		t[rule] = map[string]Limit{}
	}
	t[rule][subject] = limit
	return ""
}

// Of returns the limits of a rule, by subject; nil if it has none.
func (t Table) Of(rule string) map[string]float64 {
	if len(t[rule]) == 0 {
		return nil
	}
	values := make(map[string]float64, len(t[rule]))
	for subject, limit := range t[rule] {
		values[subject] = limit.Value
	}
	return values
}

// plain matches a number, or a number of bytes.
var plain = regexp.MustCompile(`^(?:(kb|mb|gb|kib|mib|gib)\(\s*)?(\d{1,15}(?:\.\d{1,15})?)\s*(\)?)$`)

// factors are the bytes of the units.
var factors = map[string]float64{"": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}

// largest is the largest number that counts as data.
const largest = 1 << 53

// Value reads a number or a call such as mb(40). ok is false for any other text, which may be an expression.
func Value(text string) (value float64, ok bool) {
	parts := plain.FindStringSubmatch(strings.TrimSpace(text))
	if parts == nil || (parts[1] == "") != (parts[3] == "") {
		return 0, false
	}
	number, err := strconv.ParseFloat(parts[2], 64)
	value = number * factors[parts[1]]
	return value, err == nil && value <= largest
}
