package terminal

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Top prints the devices or routes with the highest usage.
func Top(s Screen, top lookup.Top) error {
	t := topText{top}
	where := "all projects"
	if t.Of.Kind != lookup.KindAll {
		where = t.Of.Name
	}
	if err := s.say(bold, "Top by "+t.By+" · "+where+" · "+spanText(t.Span, t.From, t.To, t.Now)); err != nil {
		return err
	}
	if err := printSource(s, t.Source, nil, t.Now); err != nil {
		return err
	}
	if err := s.blank(); err != nil {
		return err
	}
	if len(t.Rows) > 0 {
		if err := t.table().print(s); err != nil {
			return err
		}
	}
	return s.say(plain, t.sum())
}

// A topText formats a ranking.
type topText struct{ lookup.Top }

// table returns a row for each device, with its project if there are several.
func (t topText) table() *table {
	names := []string{"#", strings.ToUpper(string(t.Ranked)) + "~"}
	several := slices.ContainsFunc(t.Rows, func(r lookup.TopRow) bool { return r.Project != t.Rows[0].Project })
	if several {
		names = append(names, "PROJECT_")
	}
	table := &table{columns: columns(append(names, strings.ToUpper(t.By), "SHARE", "_")...)}
	for i, r := range t.Rows {
		cells := []string{strconv.Itoa(i + 1), cmp.Or(r.Name, r.UID)}
		if several {
			cells = append(cells, r.Project.Name)
		}
		table.add(append(cells, t.value(r.Value), shareText(r.Share), bar(r.Value, t.Rows[0].Value))...)
	}
	return table
}

// value formats a value of the list.
func (t topText) value(x float64) string {
	if t.By == lookup.ByCost && words.Known(x) {
		return words.Money(x, t.Unit)
	}
	return words.Figure(x, t.Unit)
}

// shareText formats a percentage, with one digit if it is small.
func shareText(share float64) string {
	if !words.Known(share) {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", share)
}

// bar draws a value relative to the largest.
func bar(value, largest float64) string {
	const longest = 20
	if !(largest > 0) || !(value > 0) {
		return ""
	}
	return strings.Repeat("█", max(1, int(math.Round(longest*value/largest))))
}

// sum returns the total of all devices, and the number of those without data.
func (t topText) sum() string {
	if figure := rules.Figure(t.By); figure.Average() {
		return words.Count(t.Devices, string(t.Ranked)) + "."
	}
	said := "All " + words.Count(t.Devices, string(t.Ranked)) + ": " + t.value(t.Total)
	if t.Unknown > 0 {
		said += "; no data for " + strconv.Itoa(t.Unknown) + " of them"
	}
	if t.Note != "" {
		said += " (" + t.Note + ")"
	}
	return said + "."
}
