package deliver

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/rules"
)

// contributors converts the devices behind a value; nil stays nil.
func contributors(c *rules.Contributors) *notify.Contributors {
	if c == nil {
		return nil
	}
	out := &notify.Contributors{Figure: c.Figure, Unit: c.Unit, Others: c.Others, OthersShare: c.OthersShare, Unknown: c.Unknown}
	for _, one := range c.Most {
		if one.Name != "" {
			out.Most = append(out.Most, notify.Contributor(one))
		}
	}
	return out
}

// longestContributors is the maximum number of characters of the line with the largest contributors. Those that do not fit count as others.
const longestContributors = 140

// contributorTexts returns the devices behind a value: one line for the largest ones, one for the others and one for the device that makes
// most of the growth.
func contributorTexts(c *rules.Contributors) (lines []string) {
	if c == nil || c.Most[0].Name == "" {
		return nil
	}
	line, others, share := "", c.Others, c.OthersShare
	for i, one := range c.Most {
		if one.Name == "" {
			break
		}
		text := words.Clean(one.Name, longestContributors/2) + " " + words.Figure(one.Value, c.Unit) + shareText(c, one)
		if i > 0 && utf8.RuneCountInString(line+text) > longestContributors {
			others, share = others+1, share+one.Share
			continue
		}
		line += text + ", "
	}
	head := "most from "
	if c.Figure == rules.SilentHours {
		head = "silent longest: "
	}
	lines = append(lines, head+strings.TrimSuffix(line, ", "))
	var rest []string
	switch {
	case others > 0 && c.Figure == rules.SilentHours:
		rest = append(rest, words.Count(others, "other"))
	case others > 0:
		rest = append(rest, fmt.Sprintf("%s %s", words.Count(others, "other"), words.Percent(share)))
	}
	if c.Unknown > 0 {
		rest = append(rest, words.Number(c.Unknown)+" without data")
	}
	if len(rest) > 0 {
		lines = append(lines, strings.Join(rest, ", "))
	}
	if g := c.Grown; g.Name != "" {
		lines = append(lines, fmt.Sprintf("%s alone makes %s of %s above usual",
			words.Clean(g.Name, longestContributors/2), words.Figure(g.By, c.Unit), words.Figure(g.Of, c.Unit)))
	}
	return lines
}

// shareText returns, in brackets, the share of a device and what is usual of it, as far as there are any.
func shareText(c *rules.Contributors, one rules.Contributor) string {
	switch {
	case c.Figure == rules.SilentHours:
		return ""
	case one.Usual > 0:
		return fmt.Sprintf(" (%s, usually %s)", words.Percent(one.Share), words.Figure(one.Usual, c.Unit))
	}
	return " (" + words.Percent(one.Share) + ")"
}
