package delivery_test

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/rules"
)

var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// The policy of the receivers of these tests.
var warning = delivery.Policy{From: rules.Warning}

// fires is an alert in its second version. Changes make other alerts of it.
func fires(changes ...func(*delivery.Facts)) delivery.Facts {
	f := delivery.Facts{State: rules.Firing, Level: rules.Warning, Version: 2, Reason: rules.Updated}
	for _, change := range changes {
		change(&f)
	}
	return f
}

func at(level rules.Level) func(*delivery.Facts) { return func(f *delivery.Facts) { f.Level = level } }
func by(reason rules.Event) func(*delivery.Facts) {
	return func(f *delivery.Facts) { f.Reason = reason }
}
func muted(f *delivery.Facts)        { f.Muted = true }
func outside(f *delivery.Facts)      { f.Outside = true }
func acknowledged(f *delivery.Facts) { f.Acknowledged = true }
func resolved(f *delivery.Facts)     { f.State, f.Reason = rules.Resolved, rules.EventResolved }
func corrected(f *delivery.Facts)    { f.State, f.Reason = rules.Resolved, rules.Corrected }
func withdrawn(f *delivery.Facts)    { f.State, f.Reason = rules.Withdrawn, rules.EventWithdrawn }

// A showing is what becomes of a delivery when its receiver is served: a rest, or a message.
type showing struct {
	state  delivery.State
	reason delivery.Reason // of a rest; of a message with a firing alert that looks ended
	level  rules.Level     // of the message; Inactive is an end
	loud   bool
}

func message(level rules.Level, loud bool) showing {
	return showing{state: delivery.Waiting, level: level, loud: loud}
}

func end(reason delivery.Reason) showing {
	return showing{state: delivery.Waiting, reason: reason, loud: true}
}

func rest(state delivery.State, reason delivery.Reason) showing {
	return showing{state: state, reason: reason}
}

// A line is a row of a table of docs/delivery.md: its cells, and what they mean for alerts. Several alerts may be meant.
type line struct {
	page     []string
	rerouted bool
	alerts   []meaning
}

type meaning struct {
	alert        delivery.Facts
	fresh, shown *showing // nil: the cell says nothing of it
}

func mean(alert delivery.Facts, fresh, shown showing) meaning { return meaning{alert, &fresh, &shown} }

// shows are the rows of "What a receiver shows".
var shows = []line{
	{page: []string{"fires at or above the lowest level of the receiver", "the message is updated", "a new message"},
		alerts: []meaning{mean(fires(), message(rules.Warning, true), message(rules.Warning, true))}},
	{page: []string{"fires below that level", "the message shows it as resolved", "nothing"},
		alerts: []meaning{mean(fires(at(rules.Info)), rest(delivery.Skipped, delivery.ReasonBelow), end(delivery.ReasonBelow))}},
	{page: []string{"escalates, de-escalates, reminder", "the message is updated; escalations and reminders notify", "a new message with the current state"},
		alerts: []meaning{
			mean(fires(at(rules.Critical), by(rules.Escalated)), message(rules.Critical, true), message(rules.Critical, true)),
			mean(fires(by(rules.Deescalated)), message(rules.Warning, true), message(rules.Warning, true)),
			mean(fires(by(rules.Reminded)), message(rules.Warning, true), message(rules.Warning, true)),
		}},
	{page: []string{"ends", "the message shows it, with the value now, limit, peak with its day, and duration", "one message *fired and resolved*; PagerDuty nothing"},
		alerts: []meaning{
			mean(fires(resolved), end(""), end("")),
			{alert: fires(resolved, at(rules.Info)), fresh: new(rest(delivery.Skipped, delivery.ReasonEndedBelow))},
		}},
	{page: []string{"is corrected: `used`, `today` or `forecast` is lower than when it fired, and the condition is false now",
		"the message shows it: \"corrected: bytes.used 7 MB is 3 MB\"; otherwise as for an end, PagerDuty too", "nothing"},
		alerts: []meaning{mean(fires(corrected), rest(delivery.Skipped, delivery.ReasonCorrected), end(""))}},
	{page: []string{"is withdrawn: rule or device removed or changed",
		"the message shows it with the reason, and keeps label, value and limit of the old rule", "nothing"},
		alerts: []meaning{mean(fires(withdrawn), rest(delivery.Skipped, delivery.ReasonWithdrawn), end(""))}},
	{page: []string{"fires, but now belongs to other receivers", "shown as withdrawn here, then no further updates", "nothing"},
		rerouted: true,
		alerts: []meaning{
			mean(fires(), rest(delivery.Skipped, delivery.ReasonRerouted), end(delivery.ReasonRerouted)),
			mean(fires(muted), rest(delivery.Skipped, delivery.ReasonRerouted), end(delivery.ReasonRerouted)),
		}},
	{page: []string{"late data shows that the condition was true for a past day or period", "", "one message *revised*"},
		alerts: []meaning{{alert: fires(resolved, by(rules.Revised)), fresh: new(end(""))}}},
}

// waits are the rows of "while it is …".
var waits = []line{
	{page: []string{"silenced, in a mute window, `unless` another rule fires", "updated, but escalations and reminders are held until then",
		"held; sent when that ends, if it is still firing"},
		alerts: []meaning{
			mean(fires(muted), rest(delivery.Held, delivery.ReasonMuted), message(rules.Warning, false)),
			mean(fires(muted, at(rules.Critical), by(rules.Escalated)), rest(delivery.Held, delivery.ReasonMuted), message(rules.Critical, false)),
			{alert: fires(muted, by(rules.Reminded)), shown: new(message(rules.Warning, false))},
			{alert: fires(muted, resolved), fresh: new(rest(delivery.Skipped, delivery.ReasonEndedMuted)), shown: new(end(""))},
		}},
	{page: []string{"of a rule in `shadow` mode", "the same", "held until the rule leaves shadow mode"},
		alerts: []meaning{mean(fires(muted), rest(delivery.Held, delivery.ReasonMuted), message(rules.Warning, false))}},
	{page: []string{"acknowledged", "no reminders, except one after two weeks; if it escalates, the acknowledgement ends", "held"},
		alerts: []meaning{mean(fires(acknowledged), rest(delivery.Held, delivery.ReasonAcknowledged), message(rules.Warning, true))}},
	{page: []string{"outside the `hours` of the receiver", "updated, and its end is sent; escalations and reminders are held until the hours begin",
		"held; sent when the hours begin, as it is then, also if it has ended"},
		alerts: []meaning{
			mean(fires(outside), rest(delivery.Held, delivery.ReasonHours), message(rules.Warning, true)),
			mean(fires(outside, at(rules.Critical), by(rules.Escalated)), rest(delivery.Held, delivery.ReasonHours), message(rules.Critical, false)),
			{alert: fires(outside, by(rules.Reminded)), shown: new(message(rules.Warning, false))},
			mean(fires(outside, resolved), rest(delivery.Held, delivery.ReasonHours), end("")),
			mean(fires(outside, corrected), rest(delivery.Skipped, delivery.ReasonCorrected), end("")),
		}},
}

// The page says what the code does, and the code does what the page says.
func TestPage(t *testing.T) {
	tables := pageTables(t)
	for heading, lines := range map[string][]line{
		"| the alert | already sent | not sent yet |":     shows,
		"| while it is … | already sent | not sent yet |": waits,
	} {
		require.Contains(t, tables, heading)
		require.Len(t, tables[heading], len(lines), heading)
		for i, l := range lines {
			require.Equal(t, tables[heading][i], l.page)
			for _, m := range l.alerts {
				l.check(t, m)
			}
		}
	}
}

// pageTables returns the rows of the tables of docs/delivery.md by their headings.
func pageTables(t *testing.T) map[string][][]string {
	t.Helper()
	file, err := os.Open("../../docs/delivery.md")
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	tables, heading := map[string][][]string{}, ""
	for text := bufio.NewScanner(file); text.Scan(); {
		switch row := text.Text(); {
		case !strings.HasPrefix(row, "|"):
			heading = ""
		case heading == "":
			heading = row
			tables[heading] = nil
		case !strings.HasPrefix(row, "|---"):
			var cells []string
			for cell := range strings.SplitSeq(strings.Trim(row, "|"), "|") {
				cells = append(cells, strings.TrimSpace(cell))
			}
			tables[heading] = append(tables[heading], cells)
		}
	}
	return tables
}

// check compares what a row means with what becomes of a delivery that shows nothing, and of one that shows the version before as
// warning.
func (l line) check(t *testing.T, m meaning) {
	t.Helper()
	for _, side := range []struct {
		want  *showing
		event []delivery.Event
	}{
		{m.fresh, nil},
		{m.shown, []delivery.Event{
			{Kind: delivery.Begun, Message: "m"},
			{Kind: delivery.Posted, Sent: delivery.Sent{Version: 1, Level: rules.Warning, Display: delivery.DisplayFiring}},
		}},
	} {
		if side.want == nil {
			continue
		}
		before := m.alert
		before.Version, before.State = 1, rules.Firing
		d := delivery.Delivery{}.Next(delivery.Event{Kind: delivery.Added}, before, warning, noon)
		for _, e := range side.event {
			d = d.Next(e, before, warning, noon)
		}
		if l.rerouted {
			d = d.Next(delivery.Event{Kind: delivery.TurnedAway}, before, warning, noon)
		}
		d = d.Next(delivery.Event{Kind: delivery.Changed}, m.alert, warning, noon)
		considered := delivery.Event{Kind: delivery.Considered, Sent: delivery.Sent{Version: 2, Epoch: d.Epoch}}
		if m.alert.Outside {
			considered.Hours = untilMonday
		}
		d = d.Next(considered, m.alert, warning, noon)
		found := showing{state: d.State, reason: d.Reason}
		if v := d.View(m.alert, warning); d.State == delivery.Waiting {
			found = showing{d.State, v.Reason, v.Level, v.Loud}
		}
		require.Equal(t, *side.want, found, "%v: %+v", l.page, m.alert)
	}
}
