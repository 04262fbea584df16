package backtest

import (
	"maps"
	"slices"
	"time"

	"notewatch/internal/rehearse"
	"notewatch/rules"
)

// A tally counts messages while they are sent, because all of them need more memory the longer a backtest is.
type tally struct {
	start rules.Day
	first map[string]string           // the first message about a rule, by its name
	days  map[string]map[int]messages // by receiver and day of the report
}

// Messages are those of a receiver on a day.
type messages struct {
	number int
	about  map[string]int // by rule
}

func newTally(first time.Time) *tally {
	return &tally{start: rules.DayOf(first), first: map[string]string{}, days: map[string]map[int]messages{}}
}

// add counts a message that a receiver accepted.
func (t *tally) add(receiver string, m rehearse.Message) {
	if t.first[m.Rule] == "" {
		t.first[m.Rule] = m.Text
	}
	if t.days[receiver] == nil {
		t.days[receiver] = map[int]messages{}
	}
	day := int(rules.DayOf(m.At) - t.start)
	one := t.days[receiver][day]
	if one.about == nil {
		one.about = map[string]int{}
	}
	one.number++
	for _, rule := range m.Rules {
		one.about[rule]++
	}
	t.days[receiver][day] = one
}

// most returns the rule that most of the messages are about, and how many.
func (m messages) most() (rule string, number int) {
	for _, name := range slices.Sorted(maps.Keys(m.about)) {
		if m.about[name] > number {
			rule, number = name, m.about[name]
		}
	}
	return rule, number
}
