package bot_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/words"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// The weekly summary says what the project and its devices have used, as far as it is stored.
func TestWeeklySummary(t *testing.T) {
	r := newRig(t, 12, []notehubtest.Incident{flood(monday.Add(-4*day), 2*hour)}, budget("100000"))
	r.config.Bot.DefaultReceivers, r.config.Bot.Summary = []string{"ops"}, true
	r.open()
	r.hourly().run(monday.Add(8*hour + 30*time.Minute))
	reports, err := r.store.Alerts(t.Context(), store.AlertFilter{Match: muting.Match{Rule: "weekly-summary"}})
	require.NoError(t, err)
	require.Len(t, reports, 1)
	body := reports[0].Texts.Body
	require.Contains(t, body, "cold-chain: 12 devices, 0 silent for more than 24 hours; last polled ")
	total := r.usedBy("")
	require.Contains(t, body, fmt.Sprintf("  events: %s in the week, %s this month, forecast ", words.Figure(total.week, ""), words.Figure(total.used, "")))
	first := r.project.Devices[0]
	require.Contains(t, body, fmt.Sprintf("    most this month:\n    1. %s %s (%.0f %%)\n    2. ",
		first.Name, words.Figure(r.usedBy(first.UID).used, ""), 100*r.usedBy(first.UID).used/total.used))
	require.Contains(t, body, "\n    10. ")
	require.NotContains(t, body, "\n    11. ")
}

// A use is how many events a subject has used in June, and in the week before monday.
type use struct{ used, week float64 }

func (r *rig) usedBy(subject string) (u use) {
	r.t.Helper()
	today := rules.DayOf(monday)
	for _, row := range storetest.ReadUsage(r.t, r.store, project, []string{subject}, today-14, today) {
		u.used += row.Figures[rules.Events]
		if row.Day >= today-7 && row.Day < today {
			u.week += row.Figures[rules.Events]
		}
	}
	return u
}

// A witness keeps what a receiver was given to show.
type witness struct {
	notify.Receiver
	shown *[]notify.Notification
}

func (w witness) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	*w.shown = append(*w.shown, n)
	return w.Receiver.Send(ctx, n, ref)
}

// What an alert shows is drawn day by day: a total from the beginning of its period, else the days as they are; a device that is new
// from its first day on.
func TestTrend(t *testing.T) {
	for name, c := range map[string]struct {
		spec  rules.Spec
		age   int // days since the device was provisioned
		days  int
		total bool
	}{
		"a total":              {budget("100"), 365, 14, true},
		"days":                 {events("10"), 365, 14, false},
		"a total of a new one": {budget("100"), 5, 6, true},
		"days of a new one":    {events("10"), 5, 6, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1, nil, c.spec)
			r.project.Devices[0].Provisioned = monday.AddDate(0, 0, -c.age)
			r.serve()
			var shown []notify.Notification
			r.config.Receivers[0].Live = true
			r.config.Receivers[0].Receiver = witness{r.config.Receivers[0].Receiver, &shown}
			r.rules(c.spec)
			r.open()
			r.hourly().run(monday.Add(13 * hour))
			var trend []notify.Point
			for _, n := range shown {
				if n.Alerts[0].Rule == c.spec.Name {
					trend = n.Alerts[0].Trend
				}
			}
			require.Len(t, trend, c.days)
			require.Equal(t, monday, trend[len(trend)-1].Day)
			first := rules.DayOf(monday) - 13
			if c.total {
				first = rules.DayOf(monday) - 14 // 1 June
			}
			var want []notify.Point
			sum := 0.0
			for _, row := range storetest.ReadUsage(t, r.store, project, []string{r.project.Devices[0].UID}, first, rules.DayOf(monday)-1) {
				value := row.Figures[rules.Events]
				if sum += value; c.total {
					value = sum
				}
				want = append(want, notify.Point{Day: row.Day.Start(), Value: value})
			}
			require.Equal(t, want[len(want)-c.days+1:], trend[:c.days-1])
		})
	}
}
