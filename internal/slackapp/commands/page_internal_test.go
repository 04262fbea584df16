package commands

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/runway"
	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp"
	"notewatch/internal/slackapp/grammar"
	"notewatch/rules"
)

// FuzzPage checks that Slack takes a page, however much is on it and whatever the names are, and that what is left out is
// counted.
func FuzzPage(f *testing.F) {
	for _, name := range hostile {
		f.Add(name, 3, 20)
	}
	f.Add("x", 60, 1)
	f.Add(strings.Repeat("<>&", 100), 2, 100)
	f.Fuzz(func(t *testing.T, outside string, paragraphs, lines int) {
		var p page
		p.say("*" + name(outside) + "*")
		for range min(max(paragraphs, 0), 100) {
			var all []string
			for i := range min(max(lines, 0), 200) {
				all = append(all, fmt.Sprintf("%d. %s", i, slackapi.Mrkdwn(outside, maxSaid)))
			}
			p.say(all...)
			p.show(strings.Repeat("  "+outside+"\n", min(max(lines, 0), 200)))
		}
		p.note = name(outside)
		requireSlack(t, p.reply())
	})
}

func TestAPageCountsWhatItLeavesOut(t *testing.T) {
	var p page
	p.say("*headline*")
	p.say(strings.Split(strings.TrimSpace(strings.Repeat(strings.Repeat("x", 99)+"\n", 150)), "\n")...)
	p.note = "as of noon"
	r := p.reply()
	requireSlack(t, r)
	last := textsIn(r.Blocks[len(r.Blocks)-2])[0]
	require.Equal(t, "… 51 more lines that do not fit into this message", last)
	require.Equal(t, []string{"as of noon"}, textsIn(r.Blocks[len(r.Blocks)-1]))
}

func TestWhatIsShownAsWrittenKeepsItsShape(t *testing.T) {
	var p page
	p.show("all of\n  `a` < 1\n    b")
	require.Equal(t, "```\nall of\n  'a' &lt; 1\n    b\n```", p.reply().Text)
}

// Rankings and usage fit, whatever the names are and however many devices there are.
func TestLongAnswersFit(t *testing.T) {
	d := newAskDesk(t, usualScene())
	q := d.answerer.question(slackapp.Command{})
	for _, outside := range append(hostile, strings.Repeat("<", 300)) {
		s := lookup.Subject{Kind: lookup.KindDevice, UID: outside, Name: outside, Project: lookup.Named{UID: "app:" + outside + strings.Repeat("x", 460), Name: outside}}
		top := lookup.Top{By: "bytes", Span: lookup.Month, Source: lookup.Source{AsOf: midday, Failures: 3, Failure: outside, Truncated: true}, Unit: "B", Note: outside, Devices: 100_000, Unknown: 99_000, Total: 1e15}
		for range grammar.MaxRows {
			top.Rows = append(top.Rows, lookup.TopRow{Subject: s, Value: 1e13, Share: 1})
		}
		page := q.topPage(top, lookup.Subject{})
		requireSlack(t, page.reply())

		a := lookup.AlertOf(rules.Alert{ID: "a1b2c3d4e5", Rule: outside, Project: outside, Subject: outside, State: rules.Firing, Level: rules.Critical, FiredAt: midday, Value: 1e15, Limit: 1e12,
			Texts: rules.Texts{Subject: outside, Project: outside, Figure: outside, Unit: outside}, Ack: rules.Ack{By: outside, At: midday},
			Mute: rules.Mute{Kind: rules.BySilence, By: outside, Because: outside, Until: midday}}, midday, nil)
		u := lookup.Usage{Subject: s, Span: lookup.Period, From: midday, To: midday, Source: lookup.Source{AsOf: midday, Failures: 1, Failure: outside, Truncated: true},
			Device: &lookup.Device{Firmware: outside, SKU: outside, Voltage: math.NaN(), Disabled: true, LastActivity: midday}, AlertCount: 100_000,
			DataPlan: &runway.Device{Used: 1e9, Limit: 5e8, DaysLeft: 3, EndsAt: midday, SIMs: []runway.SIM{{ICCID: outside, Counts: true, Used: 1e9, Limit: 5e8}, {ICCID: outside}}}}
		for range 5 {
			u.Alerts = append(u.Alerts, a)
		}
		for _, figure := range rules.PlainFigures() {
			u.Figures = append(u.Figures, lookup.FigureUsage{Figure: figure, Unit: "B", Total: 1e15, Limit: 1e12, LimitRule: outside, Pace: 1e10, Forecast: 1e16, Usual: 1e10,
				Days: make([]lookup.DayUsage, 366), Unknown: 300, Cost: lookup.Cost{Amount: 1, Forecast: 1, Currency: "USD", Note: outside}})
			u.NotRead = append(u.NotRead, figure)
		}
		requireSlack(t, q.usagePage(u, nil).reply())
		var many []lookup.Alert
		for range maxAlerts {
			many = append(many, a)
		}
		requireSlack(t, q.alertsPage(s, many, 100_000).reply())
	}
}

// The usage of a device says how long its data plan lasts, and names each of several SIMs.
func TestDataPlanText(t *testing.T) {
	plan := &runway.Device{Used: 402e6, Limit: 500e6, Left: 98e6, DaysLeft: 12, EndsAt: midday.AddDate(0, 0, 12), AutoTopup: rules.True, AsOf: midday}
	u := lookup.Usage{DataPlan: plan}
	text := "data plan: 402 MB of 500 MB (80 %) · lasts 12 d at the pace of the last days, until about Sat 27 Jun · more is bought then · counted Mon 15 Jun 12:00 UTC"
	require.Equal(t, []string{text}, dataPlanLines(u))
	plan.SIMs = []runway.SIM{{ICCID: "8901<", Counts: true, Used: 402e6, Limit: 500e6, AsOf: midday}, {ICCID: "8988", Used: 7e6, Limit: 500e6}}
	require.Equal(t, []string{
		text,
		"SIM 8901&lt;: 402 MB of 500 MB (80 %) · counts as the data plan · counted Mon 15 Jun 12:00 UTC",
		"SIM 8988: 7 MB of 500 MB (1 %) · never counted by its carrier",
	}, dataPlanLines(u))
	require.Empty(t, dataPlanLines(lookup.Usage{}))
}

// Forecasts say when a limit is passed.
func TestForecasts(t *testing.T) {
	u := lookup.Usage{Period: lookup.UsagePeriod{End: midday.AddDate(0, 0, 15)}}
	for _, test := range []struct {
		total, limit, forecast float64
		want                   string
	}{
		{100, 400, 250, ": within the limit"},
		{100, 200, 250, ": 125 % of the limit, which is passed about Thu 25 Jun"},
		{250, 200, 400, ": already over the limit"},
		{100, math.NaN(), 250, "→ 250 when the period ends, Tue 30 Jun 12:00 UTC"},
		{100, 200, math.NaN(), ""},
	} {
		text := forecastText(u, lookup.FigureUsage{Total: test.total, Limit: test.limit, LimitAt: midday.AddDate(0, 0, 10), Forecast: test.forecast})
		require.True(t, strings.HasSuffix(text, test.want), "%q: want %q", text, test.want)
	}
}

// Money is shown where prices are set, with what it is.
func TestMoney(t *testing.T) {
	spent := lookup.Cost{Amount: 0.75, Forecast: math.NaN(), Currency: "USD", Note: "at list price"}
	require.Empty(t, costText(lookup.FigureUsage{}))
	require.Equal(t, "USD 0.75 (at list price)", costText(lookup.FigureUsage{Cost: spent}))
	spent.Forecast = 1.5
	require.Equal(t, "USD 0.75 so far, USD 1.50 when the period ends (at list price)", costText(lookup.FigureUsage{Cost: spent}))
}

// What is not known is said.
func TestWhatIsNotKnownIsSaid(t *testing.T) {
	require.Equal(t, []string{
		"No data yet: Notehub has not been polled.", "Notehub could not be read the last 2 times: status 503",
		"Notehub truncated its last answer: actual values may be higher.",
	}, readText(time.Time{}, 2, "status 503", true))
	require.Equal(t, "3 of 14 days without data · 2 devices without data",
		gapText(lookup.Usage{Subject: lookup.Subject{Kind: lookup.KindFleet}}, lookup.FigureUsage{Days: make([]lookup.DayUsage, 14), Unknown: 3, Missing: 2}))
	require.Equal(t, "No longer listed in Notehub.", deviceText(lookup.Usage{Subject: lookup.Subject{Kind: lookup.KindDevice}}, midday))
	gone := figureLines(lookup.Usage{}, lookup.FigureUsage{
		Figure: rules.Bytes, Unit: "B", Total: math.NaN(), Limit: math.NaN(), Pace: math.NaN(), Forecast: math.NaN(), Usual: math.NaN(),
	})
	require.Equal(t, "*bytes* no data", gone[0])
}
