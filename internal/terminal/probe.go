package terminal

import (
	"errors"
	"fmt"

	"notewatch/internal/probe"
	"notewatch/internal/words"
)

// Probe prints how the answers of an account compare with what is assumed.
func Probe(s Screen, r probe.Report) error {
	text := fmt.Sprintf("Account %s, project %s: %s, %s.", r.Account, words.Name(r.Project, "none"), words.Count(r.Requests, "request"), words.Count(r.Problems(), "problem"))
	t := &table{columns: columns("RESULT", "ABOUT", "FINDING")}
	for _, f := range r.Findings {
		finding := f.Text
		if f.Next != "" {
			finding += " → " + f.Next
		}
		t.add(string(f.Level), f.About, finding)
	}
	return errors.Join(s.Say(text), s.blank(), t.print(s))
}
