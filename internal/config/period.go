package config

import (
	"regexp"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"notewatch/rules"
)

// period reads a word, or a mapping that says how long periods are and when they begin.
func (v value) period() (spec rules.PeriodSpec) {
	if wholeDays.MatchString(v.node.Value) {
		v.report("days need one to begin on", "such as {every: 30d, from: 2026-01-14}")
		return spec
	}
	if v.node.Kind == yaml.ScalarNode {
		spec.Every = v.choice("day", "week", "month")
		return spec
	}
	v.keys(
		key{name: "every", required: true, read: func(v value) { spec.Every, spec.Days = v.every() }},
		key{name: "from", read: func(v value) {
			if spec.Days > 0 {
				spec.From = v.date()
			} else {
				spec.MonthDay = v.monthDay()
			}
		}},
	)
	if spec.Days > 0 && !v.has("from") {
		v.child(v.node, "from").report("missing", "give a day that a period begins on, such as 2026-01-14")
	}
	if err := spec.Validate(); err != nil {
		v.report(err.Error(), "")
	}
	return spec
}

// wholeDays matches a number of days, such as 30d.
var wholeDays = regexp.MustCompile(`^([1-9]\d{0,3})d$`)

func (v value) every() (word string, days int) {
	if parts := wholeDays.FindStringSubmatch(v.node.Value); parts != nil {
		days, _ = strconv.Atoi(parts[1]) // at most four digits
		return "", days
	}
	return v.choice("day", "week", "month", "30d"), 0
}

// monthDay reads the day that months begin on.
func (v value) monthDay() int {
	text := v.text()
	number, err := strconv.Atoi(text)
	if text != "" && (err != nil || number < 1 || number > 31) {
		v.report("want a day of the month, 1 to 31", "a date goes with a number of days, as in {every: 30d, from: 2026-01-14}")
		return 0
	}
	return number
}

// date reads a UTC day.
func (v value) date() rules.Day {
	text := v.text()
	if text == "" {
		return 0
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		v.report("not a date", "such as 2026-01-14")
		return 0
	}
	return rules.DayOf(at)
}
