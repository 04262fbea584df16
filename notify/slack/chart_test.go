package slack_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
)

// A chart is what the tests look at of a data_visualization block.
type chart struct {
	Type  string
	Title string
	Chart struct {
		Type   string
		Series []struct {
			Name string
			Data []struct {
				Label string
				Value float64
			}
		}
		Axes struct {
			Categories []string
			YLabel     string `json:"y_label"`
		} `json:"axis_config"`
	}
}

// chartOf returns the chart that is posted of a; nil if there is none.
func chartOf(t *testing.T, a notify.Alert) *chart {
	t.Helper()
	_, _, server := posted(t, fixture.Notification(a))
	require.Zero(t, refused(server))
	var blocks []chart
	require.NoError(t, json.Unmarshal(server.Messages(channel)[0].Blocks, &blocks))
	if len(blocks) == 1 {
		return nil
	}
	require.Len(t, blocks, 2)
	require.Equal(t, "data_visualization", blocks[1].Type)
	return &blocks[1]
}

func TestSlackChart(t *testing.T) {
	got := chartOf(t, fixture.SampleNamed(t, "charted"))
	require.Equal(t, "bytes.used by day", got.Title)
	require.Equal(t, "line", got.Chart.Type)
	require.Equal(t, "MB", got.Chart.Axes.YLabel)
	days := got.Chart.Axes.Categories
	require.Len(t, days, 20)
	require.Equal(t, "12-22", days[0])
	require.Equal(t, "01-11", days[19])
	require.NotContains(t, days, "01-09", "of which nothing is known")
	require.Len(t, got.Chart.Series, 2)
	for i, name := range []string{"bytes.used", "limit"} {
		require.Equal(t, name, got.Chart.Series[i].Name)
		require.Len(t, got.Chart.Series[i].Data, len(days))
		for j, day := range days {
			require.Equal(t, day, got.Chart.Series[i].Data[j].Label)
		}
	}
	require.InDelta(t, 42.5, got.Chart.Series[0].Data[19].Value, 0)
	require.InDelta(t, 40, got.Chart.Series[1].Data[19].Value, 0)
}

func TestSlackChartOfWhatIsKnown(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*notify.Alert)
		series int // 0 is no chart
		unit   string
	}{
		"no limit":       {func(a *notify.Alert) { a.Trend, a.Limit = fixture.Trend(9), math.NaN() }, 1, "MB"},
		"no unit":        {func(a *notify.Alert) { a.Trend, a.Unit = fixture.Trend(9), "" }, 2, ""},
		"another unit":   {func(a *notify.Alert) { a.Trend, a.Unit = fixture.Trend(9), "min" }, 2, "min"},
		"a high limit":   {func(a *notify.Alert) { a.Trend, a.Limit = fixture.Trend(9), 40e9 }, 2, "GB"},
		"three points":   {func(a *notify.Alert) { a.Trend = fixture.Trend(4) }, 2, "MB"},
		"two points":     {func(a *notify.Alert) { a.Trend = fixture.Trend(3) }, 0, ""},
		"called limit":   {func(a *notify.Alert) { a.Trend, a.Figure = fixture.Trend(9), "limit" }, 2, "MB"},
		"called nothing": {func(a *notify.Alert) { a.Trend, a.Figure = fixture.Trend(9), "" }, 2, "MB"},
		"a long name":    {func(a *notify.Alert) { a.Trend, a.Figure = fixture.Trend(9), strings.Repeat("x", 99) }, 2, "MB"},
		"a report":       {func(a *notify.Alert) { a.Trend, a.Reason = fixture.Trend(9), "reported" }, 0, ""},
		"one day":        {func(a *notify.Alert) { a.Trend = make([]notify.Point, 9) }, 0, ""},
		"huge figures": {func(a *notify.Alert) {
			a.Trend = fixture.Trend(9)
			a.Trend[0].Value, a.Trend[1].Value = math.Inf(1), 1e300
		}, 2, "PB"},
		"a year apart": {func(a *notify.Alert) {
			a.Trend = append([]notify.Point{{Day: time.Date(2025, 1, 11, 0, 0, 0, 0, time.UTC), Value: 1}}, fixture.Trend(9)...)
		}, 2, "MB"},
	} {
		t.Run(name, func(t *testing.T) {
			got := chartOf(t, fixture.With(test.change))
			if test.series == 0 {
				require.Nil(t, got)
				return
			}
			require.Len(t, got.Chart.Series, test.series)
			require.Equal(t, test.unit, got.Chart.Axes.YLabel)
		})
	}
}

func TestSlackSendsAgainWithoutTheChartThatIsRefused(t *testing.T) {
	charted := fixture.SampleNamed(t, "charted")
	server := newSlackServer(t)
	server.RefuseCharts()
	receiver := newSlack(t, server.URL)
	ref, err := receiver.Send(t.Context(), fixture.Notification(charted), nil)
	require.NoError(t, err)
	_, err = receiver.Send(t.Context(), fixture.Notification(charted), ref)
	require.NoError(t, err)
	_, err = newSlackWebhook(t, server.WebhookURL).Send(t.Context(), fixture.Notification(charted), nil)
	require.NoError(t, err)
	require.Equal(t, 3, refused(server))
	for _, m := range append(server.Messages(channel), server.Messages(notifytest.IncomingChannel)...) {
		require.False(t, m.HasChart())
		require.Contains(t, string(m.Attachments), "Check the sync period", "only the chart is missing")
	}

	server.Fail(notifytest.Code("invalid_blocks"), notifytest.Code("invalid_blocks"))
	_, err = receiver.Send(t.Context(), fixture.Notification(charted), ref)
	require.NoError(t, err)
	require.JSONEq(t, `[]`, string(server.Messages(channel)[0].Attachments), "then plain text")
}
