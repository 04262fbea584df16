package slack

import (
	"math"
	"slices"

	"github.com/slack-go/slack"

	"notewatch/internal/words"
	"notewatch/notify"
)

// The limits of charts: Slack's own, except that Slack also draws a chart of a single point.
const (
	minChartPoints = 3
	maxChartPoints = 20
	maxChartName   = 20
	maxChart       = 2500 // characters of a message that a chart may take
)

// chartOf returns a chart of the newest days of the figure of a with its limit; nil if too few are known.
func chartOf(a notify.Alert) *slack.DataVisualizationBlock {
	points := chartPoints(a.Trend)
	if len(points) < minChartPoints || a.Reason == "reported" {
		return nil
	}
	largest := 0.0
	for _, p := range points {
		largest = max(largest, math.Abs(p.Value))
	}
	if words.Known(a.Limit) {
		largest = max(largest, math.Abs(a.Limit))
	}
	divisor, unit := 1.0, words.Clean(a.Unit, maxChartName)
	if unit == "B" {
		divisor, unit = words.ByteScale(largest)
	}
	var days []string
	var figures, limits []slack.DataVisualizationDataPoint
	for _, p := range points {
		day := chartDay(p)
		days = append(days, day)
		figures = append(figures, slack.NewDataVisualizationDataPoint(day, chartValue(p.Value, divisor)))
		limits = append(limits, slack.NewDataVisualizationDataPoint(day, chartValue(a.Limit, divisor)))
	}
	name := words.Clean(a.Figure, maxChartName)
	if name == "" || name == "limit" {
		name = "value"
	}
	series := []slack.DataVisualizationDataSeries{slack.NewDataVisualizationDataSeries(name, figures...)}
	if words.Known(a.Limit) {
		series = append(series, slack.NewDataVisualizationDataSeries("limit", limits...))
	}
	axes := slack.NewDataVisualizationAxisConfig(days...).WithXLabel("day (UTC)").WithYLabel(unit)
	return slack.NewDataVisualizationBlock(name+" by day", slack.NewDataVisualizationLineChart(axes, series...))
}

// chartPoints returns the newest known points, oldest first: as many as a chart may have, and one for each name of a day.
func chartPoints(trend []notify.Point) []notify.Point {
	var points []notify.Point
	named := make(map[string]bool)
	for _, p := range slices.Backward(trend) {
		if words.Known(p.Value) && !named[chartDay(p)] && len(points) < maxChartPoints {
			named[chartDay(p)] = true
			points = append(points, p)
		}
	}
	slices.Reverse(points)
	return points
}

func chartDay(p notify.Point) string { return p.Day.UTC().Format("01-02") }

// chartValue converts value to a larger unit, with three decimals.
func chartValue(value, divisor float64) float64 {
	const decimals = 1000
	if value /= divisor; math.Abs(value) < math.MaxInt64/decimals {
		return math.Round(value*decimals) / decimals
	}
	return value
}
