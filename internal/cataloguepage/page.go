package cataloguepage

import (
	"fmt"
	"strings"
	"time"

	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/catalogue"
)

const introduction = `# The catalogue

<!-- made by: go test ./internal/cataloguepage -long -write -->

These rules come with notewatch. ` + "`include: [catalogue/*]`" + ` in a rules file takes all of them that can work there, ` + "`include: [catalogue/event-flood]`" + `
one, and ` + "`{like: catalogue/event-flood, limit: 500}`" + ` under ` + "`rules:`" + ` changes one ([rules.md](rules.md#rules-from-elsewhere)). Each rule has a rule test
beside it ([testing.md](testing.md)).

For each rule, an incident on a simulated fleet shows what it is for: ` + "`notewatch demo --incident NAME`" + ` plays it, and with ` + "`--rules FILE`" + ` your own rules
watch it. Values and messages below are those of the incident. In the plots, days begin at 00:00 UTC.

`

// Page returns the page about the catalogue.
func Page(records map[string]Record) []byte {
	var b strings.Builder
	b.WriteString(introduction)
	for _, g := range groups {
		links := make([]string, len(g.notes))
		for i, n := range g.notes {
			links[i] = fmt.Sprintf("[%s](#%s)", n.rule, n.rule)
		}
		fmt.Fprintf(&b, "- **%s**: %s\n", g.name, strings.Join(links, ", "))
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s\n", g.name)
		for _, n := range g.notes {
			b.WriteString("\n" + Before(n.rule) + of(records[n.rule]) + "\n" + After(n.rule))
		}
	}
	return []byte(b.String())
}

// Before returns the part about a rule that comes before its incident.
func Before(rule string) string {
	comment, text := split(string(catalogue.Text(rule)))
	return fmt.Sprintf("### %s\n\n%s\n\n![The value of %s in its incident](catalogue/%s.svg)\n\n```yaml\n%s```\n\n", rule, comment, rule, rule, text)
}

// split returns the comment and the text of a rule.
func split(text string) (comment, rule string) {
	var lines []string
	for strings.HasPrefix(text, "#") {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		lines = append(lines, strings.TrimSpace(strings.TrimPrefix(line, "#")))
	}
	return strings.Join(lines, "\n"), text
}

// of returns the part about the incident of a rule.
func of(r Record) string {
	delay := r.Fired.Sub(r.Incident.Start).Round(time.Minute)
	return fmt.Sprintf("Incident `%s`: %s It fires after %s, as a %s rule:\n\n```\n%s```\n\nand ends %s:\n\n```\n%s```\n",
		r.Incident.Name, r.Incident.Story, words.Duration(delay), r.Rule.Kind, r.First, end(r.Rule.Kind), r.Last)
}

// end returns how an alert of a kind of rule ends.
func end(kind rules.Kind) string {
	if kind == rules.PeriodRule {
		return "with the period, even if the cause is repaired before that"
	}
	return "with"
}

// After returns the part about a rule that comes after its incident.
func After(rule string) string {
	for _, g := range groups {
		for _, n := range g.notes {
			if n.rule == rule {
				return fmt.Sprintf("**What to do.** %s\n\n**How to tune.** %s\n", n.do, n.tune)
			}
		}
	}
	return ""
}

// Rules returns the names of the rules on the page, in its order.
func Rules() (names []string) {
	for _, g := range groups {
		for _, n := range g.notes {
			names = append(names, n.rule)
		}
	}
	return names
}
