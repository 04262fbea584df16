package lookup

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"notewatch/rules"
)

// keyed matches a metric with a key: notefiles["data.qo"]. The quotes may be of any kind or missing, because shells and Slack change them.
var keyed = regexp.MustCompile(`(?i)^(notefiles|transport)\[["'“”„‘’]?([^"'“”„‘’]+)["'“”„‘’]?\]$`)

// ParseMetric returns the metric that a word names, such as bytes or notefiles["data.qo"]. ok is false if there is none.
func ParseMetric(word string) (figure rules.Figure, ok bool) {
	parts := keyed.FindStringSubmatch(word)
	switch {
	case parts == nil:
		return rules.ParseFigure(strings.ToLower(word))
	case strings.EqualFold(parts[1], "notefiles"):
		return rules.Notefile(parts[2]), true
	}
	return rules.Transport(parts[2]), true
}

// Metrics returns the names of all metrics, with an example of each that has a key.
func Metrics() (names []string) {
	figures := append(rules.PlainFigures(), rules.Notefile("data.qo"), rules.Transport("wifi"))
	rules.SortFigures(figures)
	for _, f := range figures {
		names = append(names, string(f))
	}
	return names
}

// By returns the names of rankings, with an example of each that has a key.
func By() []string { return append(Metrics(), ByCost) }

// ParseBy returns the ranking that a word names, as By does. ok is false if there is none.
func ParseBy(word string) (by string, ok bool) {
	if strings.EqualFold(word, ByCost) {
		return ByCost, true
	}
	figure, ok := ParseMetric(word)
	if !ok {
		return "", false
	}
	return string(figure), true
}

// TakeMetrics removes the names of metrics from words. text returns a word as text, "" if it is no metric whatever it reads.
func TakeMetrics[W any](words []W, text func(W) string) (rest []W, metrics []rules.Figure) {
	for _, word := range words {
		if figure, ok := ParseMetric(text(word)); ok {
			metrics = append(metrics, figure)
			continue
		}
		rest = append(rest, word)
	}
	return rest, metrics
}

// readable returns an error unless figures of a subject are those of its kind, and have been fetched.
func (r *Reader) readable(ctx context.Context, s Subject, figures ...rules.Figure) error {
	for _, figure := range figures {
		switch {
		case figure.OfRoutes() && s.Kind != KindRoute:
			return fmt.Errorf("%s is of routes: name one, as in usage route NAME, or rank them, as in top %[1]s", figure)
		case !figure.OfRoutes() && s.Kind == KindRoute:
			return fmt.Errorf("%s is not of routes: they have %s, %s and %s", figure, rules.Routed, rules.RouteFailures, rules.RouteLatency)
		}
		if err := r.fetched(ctx, r.ProjectsOf(s), figure); err != nil {
			return err
		}
	}
	return nil
}

// fetched returns an error unless a figure has been fetched: rules read it, or it came with what rules read of one of the projects.
func (r *Reader) fetched(ctx context.Context, projects []Project, figure rules.Figure) error {
	if slices.Contains(r.figures, figure) || slices.Contains(r.routed, figure) {
		return nil
	}
	if ok, err := r.covered(ctx, projects, figure, 0); ok || err != nil {
		return err
	}
	return &NotReadError{figure}
}

// covered reports whether a figure of one of the projects has been read for a day or a later one.
func (r *Reader) covered(ctx context.Context, projects []Project, figure rules.Figure, day rules.Day) (bool, error) {
	for _, p := range projects {
		spans, err := r.config.Store.Usage.Coverage(ctx, p.UID)
		if err != nil {
			return false, err
		}
		if span, ok := spans[figure]; ok && span.Last >= day {
			return true, nil
		}
	}
	return false, nil
}

// accounted are the figures that answers name even if no rule reads them.
var accounted = []rules.Figure{rules.Bytes, rules.Events, rules.Sessions}

// unread returns which of the accounted figures no rule reads: those that came with what rules read on the day of an answer, and those that
// did not.
func (r *Reader) unread(ctx context.Context, s Subject, day rules.Day) (fetched, missing []rules.Figure, err error) {
	missing = []rules.Figure{}
	for _, figure := range accounted {
		if s.Kind == KindRoute || slices.Contains(r.figures, figure) {
			continue
		}
		ok, err := r.covered(ctx, r.ProjectsOf(s), figure, day)
		switch {
		case err != nil:
			return nil, nil, err
		case ok:
			fetched = append(fetched, figure)
		default:
			missing = append(missing, figure)
		}
	}
	return fetched, missing, nil
}

// Shown returns the metrics of an answer that people want to see one by one, and those without any usage on any of its days: of these the
// ones that were asked for by name, that have a limit, and bytes, events and sessions are shown too.
func (u Usage) Shown() (shown []FigureUsage, idle []rules.Figure) {
	for _, f := range u.Figures {
		used := f.Total != 0 || slices.ContainsFunc(f.Days, func(d DayUsage) bool { return d.Value != 0 })
		if used || u.named || rules.Known(f.Limit) || slices.Contains(accounted, f.Figure) {
			shown = append(shown, f)
		} else {
			idle = append(idle, f.Figure)
		}
	}
	return shown, idle
}
