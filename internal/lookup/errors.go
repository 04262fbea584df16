package lookup

import (
	"errors"
	"fmt"
	"strings"

	"notewatch/rules"
)

// KindRule is the kind in errors about a rule.
const KindRule Kind = "rule"

// An UnknownError reports a name that matches nothing.
type UnknownError struct {
	Text    string
	Kinds   []Kind   // the kinds that were searched; none means all but alerts and silences
	Nearest string   // the most similar name; "" if there is none
	Choices []string // all known names, if they are few; else nil
}

// Error names the kinds and the text, and gives a hint.
func (e *UnknownError) Error() string {
	kinds := make([]string, len(e.Kinds))
	for i, kind := range e.Kinds {
		kinds[i] = string(kind)
	}
	if len(kinds) == 0 {
		kinds = []string{string(KindProject), string(KindFleet), string(KindDevice)}
	}
	what := kinds[len(kinds)-1]
	if others := kinds[:len(kinds)-1]; len(others) > 0 {
		what = strings.Join(others, ", ") + " or " + what
	}
	text := fmt.Sprintf("unknown %s %q", what, e.Text)
	switch {
	case e.Nearest != "":
		text += fmt.Sprintf("; did you mean %q?", e.Nearest)
	case len(e.Choices) > 0:
		text += "; known: " + strings.Join(e.Choices, ", ")
	}
	return text
}

// An AmbiguousError reports a name that matches several subjects.
type AmbiguousError struct {
	Text       string
	Candidates []Subject // at most 10
	More       int       // further matches
}

// Ambiguous returns an error about a text that matches several subjects. It lists at most maxCandidates of them.
func Ambiguous(text string, found []Subject) *AmbiguousError {
	listed := found[:min(maxCandidates, len(found))]
	return &AmbiguousError{Text: text, Candidates: listed, More: len(found) - len(listed)}
}

// Error lists the candidates.
func (e *AmbiguousError) Error() string {
	candidates := make([]string, len(e.Candidates))
	for i, s := range e.Candidates {
		candidates[i] = fmt.Sprintf("%s %q (%s)", s.Kind, s.Name, s.UID)
	}
	return fmt.Sprintf("%q may be %s", e.Text, alternatives(candidates, e.More))
}

// An AmbiguousIDError says that the IDs of several alerts or silences begin with a text.
type AmbiguousIDError struct {
	Kind Kind // KindAlert or KindSilence
	Text string
	IDs  []string // at most 10
	More int      // number of further ones
}

// Error lists the candidates.
func (e *AmbiguousIDError) Error() string {
	return fmt.Sprintf("%s %q may be %s", e.Kind, e.Text, alternatives(e.IDs, e.More))
}

// ambiguousID returns the error for a text with which several IDs begin.
func ambiguousID(kind Kind, text string, ids []string) *AmbiguousIDError {
	listed := ids[:min(maxCandidates, len(ids))]
	return &AmbiguousIDError{Kind: kind, Text: text, IDs: listed, More: len(ids) - len(listed)}
}

// alternatives lists the possible meanings.
func alternatives(some []string, more int) string {
	text := strings.Join(some, ", ")
	if more > 0 {
		text += fmt.Sprintf(" or one of %d more", more)
	}
	return text
}

// A NotReadError says that a figure has no data because no rule reads it.
type NotReadError struct{ Figure rules.Figure }

// Error explains that.
func (e *NotReadError) Error() string {
	return fmt.Sprintf("no rule reads %s, so notewatch does not fetch them", e.Figure)
}

// ErrDifferentPrices says that a ranking by cost is of projects whose accounts have different prices.
var ErrDifferentPrices = errors.New("the accounts have different prices: name a project")

// ErrNoPrices says that a ranking by cost needs prices.
var ErrNoPrices = errors.New("no prices are set: add prices to the rules file")
