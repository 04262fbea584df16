package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/lookup"
	"notewatch/internal/words"
	"notewatch/rules"
)

// topQuery is what the command line of top says.
type topQuery struct {
	n              int
	by             string
	span           spanFlag
	project, fleet string
	json           bool
}

const (
	topRows = 10   // unless told otherwise
	maxTop  = 1000 // at most
)

func newTop() *cobra.Command {
	q := topQuery{n: topRows}
	c := &cobra.Command{
		Use:   "top [N] [bytes|events|sessions|cost] [today|7d|30d|period]",
		Short: "List the devices that use most",
		Long: `Lists the devices that have used most of the period so far, of today or over the last 7 or 30 complete days (UTC), and
which part of it all that is: by bytes, if the rules read them, unless another figure is named. It reads the database and
the rules file only, also beside notewatch run, asks Notehub nothing and needs no secrets.

--json prints an object with by, span, from, to, as_of, failures, failure, truncated, unit, note (of a cost), total,
devices, unknown_devices and rows (kind, uid, name, project, gone, value, share in percent). What is not known is null;
times are RFC 3339.`,
		Example: `  notewatch top
  notewatch top 5 events 30d
  notewatch top 3 sessions today --project cold-chain
  notewatch top 10 bytes 7d --json`,
		ValidArgsFunction: complete(oneOf(lookup.By()...), oneOf(spanWords()...)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := q.parse(args); err != nil {
				return usageError{fmt.Errorf("%w; see notewatch top --help", err)}
			}
			return ask(c, func(d *lookup.Desk) error { return q.run(c, d) })
		},
	}
	c.Flags().StringVar(&q.project, "project", "", "only devices of this project, by UID or name")
	c.Flags().StringVar(&q.fleet, "fleet", "", "only devices of this fleet, by UID or name")
	completeFlag(c, "project", subjects(lookup.KindProject))
	completeFlag(c, "fleet", subjects(lookup.KindFleet))
	c.Flags().BoolVar(&q.json, "json", false, "print JSON")
	return c
}

// parse reads the words of the command line, in any order.
func (q *topQuery) parse(words []string) error {
	taken := map[string]bool{}
	for _, word := range words {
		what, err := q.take(word)
		if err != nil {
			return err
		}
		if taken[what] {
			return fmt.Errorf("%q is a second %s", word, what)
		}
		taken[what] = true
	}
	if q.project != "" && q.fleet != "" {
		return errors.New("want --project or --fleet, not both")
	}
	return nil
}

// take reads one word and says what it is.
func (q *topQuery) take(word string) (what string, err error) {
	n, notNumber := strconv.Atoi(word)
	switch {
	case notNumber == nil && (n < 1 || n > maxTop):
		return "", fmt.Errorf("want 1 to %d devices, not %s", maxTop, word)
	case notNumber == nil:
		q.n = n
		return "number of devices", nil
	case slices.Contains(lookup.By(), word):
		q.by = word
		return "figure", nil
	case q.span.Set(word) == nil:
		return "span", nil
	}
	return "", fmt.Errorf("%q is neither a number of devices, nor one of %s, nor one of %s",
		word, strings.Join(lookup.By(), ", "), strings.Join(spanWords(), ", "))
}

func (q topQuery) run(c *cobra.Command, desk *lookup.Desk) error {
	query := lookup.TopQuery{N: q.n, By: cmp.Or(slices.Concat([]string{q.by}, desk.Rankings(), lookup.By())...), Span: q.span.orPeriod()}
	var err error
	switch {
	case q.project != "":
		query.Of, err = desk.Find(c.Context(), q.project, lookup.KindProject)
	case q.fleet != "":
		query.Of, err = desk.Find(c.Context(), q.fleet, lookup.KindFleet)
	}
	if err != nil {
		return missed(err)
	}
	top, err := desk.Top(c.Context(), query)
	if err != nil {
		return err
	}
	s := screenOf(c.OutOrStdout())
	if q.json {
		return writeJSON(s.w, topViewOf(top))
	}
	return topText{top, query.Of, desk.Now()}.print(s)
}

// A topText is what people are told of who uses most.
type topText struct {
	lookup.Top
	of  lookup.Subject
	now time.Time
}

func (t topText) print(s screen) error {
	where := "all projects"
	if t.of.Kind != lookup.KindAll {
		where = t.of.Name
	}
	if err := s.say(bold, "Most "+t.By+" · "+where+" · "+spanText(t.Span, t.From, t.To, t.now)); err != nil {
		return err
	}
	from := source{AsOf: t.AsOf, Failures: t.Failures, Failure: t.Failure, Truncated: t.Truncated}
	if err := from.print(s, t.now); err != nil {
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

// table has a row for each device, with its project if there are several.
func (t topText) table() *table {
	names := []string{"#", "DEVICE~"}
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

// value is a value of the list for people.
func (t topText) value(x float64) string {
	if t.By == lookup.ByCost && rules.Known(x) {
		return money(lookup.Money{Amount: x, Currency: t.Unit})
	}
	return words.Figure(x, t.Unit)
}

// shareText is a percentage of all, with one digit where it is small.
func shareText(share float64) string {
	if !rules.Known(share) {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", share)
}

// bar draws a value beside the largest.
func bar(value, largest float64) string {
	const longest = 20
	if !(largest > 0) || !(value > 0) {
		return ""
	}
	return strings.Repeat("█", max(1, int(math.Round(longest*value/largest))))
}

// sum says what all devices have used together, and of how many that is not known.
func (t topText) sum() string {
	said := "All " + words.Count(t.Devices, "device") + ": " + t.value(t.Total)
	if t.Unknown > 0 {
		said += "; of " + strconv.Itoa(t.Unknown) + " of them it is not known"
	}
	if t.Note != "" {
		said += " (" + t.Note + ")"
	}
	return said + "."
}

// A topView is a list of devices as JSON.
type topView struct {
	By   string    `json:"by"`
	Span string    `json:"span"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	source
	Unit    string   `json:"unit"`
	Note    string   `json:"note,omitempty"`
	Total   *float64 `json:"total"`
	Devices int      `json:"devices"`
	Unknown int      `json:"unknown_devices"`
	Rows    []topRow `json:"rows"`
}

type topRow struct {
	subjectView
	Value *float64 `json:"value"`
	Share *float64 `json:"share"`
}

func topViewOf(top lookup.Top) topView {
	v := topView{
		By: top.By, Span: string(top.Span), From: top.From, To: top.To,
		source: source{AsOf: top.AsOf, Failures: top.Failures, Failure: top.Failure, Truncated: top.Truncated},
		Unit:   top.Unit, Note: top.Note, Total: figure(top.Total), Devices: top.Devices, Unknown: top.Unknown, Rows: []topRow{},
	}
	for _, r := range top.Rows {
		v.Rows = append(v.Rows, topRow{subjectViewOf(r.Subject), figure(r.Value), figure(r.Share)})
	}
	return v
}
