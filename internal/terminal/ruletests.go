package terminal

import (
	"errors"
	"fmt"
	"strings"

	"notewatch/internal/ruletest"
	"notewatch/internal/words"
)

// RuleTests prints the results of rule tests, each as soon as it is known: in words, or as a JSON array.
type RuleTests struct {
	screen Screen
	list   *ListWriter[ruletest.Result] // nil: in words
	file   string                       // of the test before
	tests  int
	failed int
}

// NewRuleTests returns what prints results to s.
func NewRuleTests(s Screen, asJSON bool) *RuleTests {
	t := &RuleTests{screen: s}
	if asJSON {
		t.list = NewListWriter[ruletest.Result](s.W)
	}
	return t
}

// Show prints a result.
func (t *RuleTests) Show(r ruletest.Result) error {
	t.tests++
	if !r.Passed {
		t.failed++
	}
	if t.list != nil {
		return t.list.Add(r)
	}
	var b strings.Builder
	if r.File != t.file {
		b.WriteString(words.Line(r.File) + "\n")
		t.file = r.File
	}
	word := t.screen.paint(green, "ok  ")
	if !r.Passed {
		word = t.screen.paint(red, "FAIL")
	}
	fmt.Fprintf(&b, "  %s  %s  %s\n", word, words.Line(r.Test), t.screen.paint(dim, seconds(r.Took)))
	for _, d := range r.Differences {
		t.difference(&b, d)
	}
	_, err := fmt.Fprint(t.screen.W, b.String())
	return err
}

// difference prints what is expected with -, and what followed with +.
func (t *RuleTests) difference(b *strings.Builder, d ruletest.Difference) {
	fmt.Fprintf(b, "        %s: expected -, followed +\n", words.Line(d.Of))
	for _, line := range d.Lines {
		sign, as := " ", plain
		switch line.Sign {
		case "-":
			sign, as = "-", red
		case "+":
			sign, as = "+", green
		}
		head, rest, _ := strings.Cut(strings.TrimRight(line.Text, "\n"), "\n")
		if line.Sign == "-" && line.Line > 0 {
			head += fmt.Sprintf("  (line %d)", line.Line)
		}
		b.WriteString("        " + t.screen.paint(as, sign+" "+words.Printable(head)) + "\n")
		if line.Sign == "" || rest == "" {
			continue
		}
		for part := range strings.SplitSeq(rest, "\n") {
			b.WriteString("            " + words.Printable(part) + "\n")
		}
	}
}

// End prints the end, and returns an error if a test failed.
func (t *RuleTests) End() error {
	var err error
	if t.list != nil {
		err = t.list.End()
	}
	if t.failed > 0 {
		return errors.Join(err, fmt.Errorf("%d of %s failed", t.failed, words.Count(t.tests, "test")))
	}
	if t.list == nil && t.tests > 0 {
		_, err = fmt.Fprintf(t.screen.W, "%s passed\n", words.Count(t.tests, "test"))
	}
	return err
}
