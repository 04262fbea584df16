package backtest

import "slices"

// A Comparison holds the differences between the reports of two rules files.
type Comparison struct {
	Before Report  `json:"before"` // of the first one
	After  Report  `json:"after"`
	Added  []Alert `json:"added"` // alerts that only the other one has
	Gone   []Alert `json:"gone"`  // alerts that only the first one has
}

// Compare compares two reports of the same days. An alert is the same if its rule, its subject and the day on which it fired are.
func Compare(before, after Report) Comparison {
	return Comparison{Before: before, After: after, Added: without(after, before), Gone: without(before, after)}
}

// A ReceiverPair is a receiver of either file. One that a file does not have is nil there.
type ReceiverPair struct {
	Name          string
	Before, After *Receiver
}

// Receivers returns the receivers of both files: those of the first one in its order, then those that only the other one has.
func (c *Comparison) Receivers() (all []ReceiverPair) {
	find := func(list []Receiver, name string) *Receiver {
		at := slices.IndexFunc(list, func(r Receiver) bool { return r.Name == name })
		if at < 0 {
			return nil
		}
		return &list[at]
	}
	for i, r := range c.Before.Receivers {
		all = append(all, ReceiverPair{r.Name, &c.Before.Receivers[i], find(c.After.Receivers, r.Name)})
	}
	for i, r := range c.After.Receivers {
		if find(c.Before.Receivers, r.Name) == nil {
			all = append(all, ReceiverPair{r.Name, nil, &c.After.Receivers[i]})
		}
	}
	return all
}

// without returns the alerts of a report that another one does not have.
func without(r, other Report) []Alert {
	type key struct {
		rule, project, subject string
		day                    int
	}
	of := func(r Report, a Alert) key { return key{a.Rule, a.Project, a.Subject, r.day(a.Fired)} }
	known := map[key]bool{}
	for _, a := range other.Alerts {
		known[of(other, a)] = true
	}
	return slices.DeleteFunc(slices.Clone(r.Alerts), func(a Alert) bool { return known[of(r, a)] })
}
