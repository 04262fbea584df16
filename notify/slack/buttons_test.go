package slack_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
	notifyslack "notewatch/notify/slack"
)

// newButtonSlack is a Slack below whose messages are buttons.
func newButtonSlack(t *testing.T, url string) *notifyslack.Bot {
	t.Helper()
	receiver, err := notifyslack.NewBot(notifyslack.BotConfig{Token: secret.New("xoxb-token"), Channel: channel, APIURL: url, Buttons: true})
	require.NoError(t, err)
	return receiver
}

// buttons returns the actions block of a message, which comes last; nil if there is none.
func buttons(t *testing.T, m notifytest.Message) *slack.ActionBlock {
	t.Helper()
	var blocks slack.Blocks
	require.NoError(t, json.Unmarshal(m.Blocks, &blocks))
	for i, block := range blocks.BlockSet {
		if actions, ok := block.(*slack.ActionBlock); ok {
			require.Equal(t, len(blocks.BlockSet)-1, i)
			return actions
		}
	}
	return nil
}

// offered is what a block offers, as "action: text", with the choices of a menu behind it.
func offered(block *slack.ActionBlock) []string {
	if block == nil {
		return nil
	}
	var all []string
	for _, element := range block.Elements.ElementSet {
		switch e := element.(type) {
		case *slack.ButtonBlockElement:
			all = append(all, e.ActionID+": "+e.Text.Text)
		case *slack.SelectBlockElement:
			text := e.ActionID + ": " + e.Placeholder.Text
			for _, option := range e.Options {
				text += " | " + option.Text.Text
			}
			all = append(all, text)
		}
	}
	return all
}

func TestSlackButtons(t *testing.T) {
	muted := func(a *notify.Alert) { a.Mute = "silenced until Mon 12 Jan 15:00 UTC by amy" }
	taken := func(a *notify.Alert) { a.Ack = "amy at Mon 12 Jan 14:10 UTC" }
	period := func(a *notify.Alert) { a.PeriodEnd = fixture.At(0, 0).AddDate(0, 0, 20) }
	several := func(n int, change func(i int, a *notify.Alert)) []notify.Alert {
		alerts := fixture.Fleet(n)
		for i := range alerts {
			alerts[i].State, alerts[i].Reason = "firing", "fired"
			change(i, &alerts[i])
		}
		return alerts
	}
	unchanged := func(int, *notify.Alert) {}
	const (
		snooze    = "snooze: Snooze | for 1 hour | for 1 day | until it ends"
		snoozeAll = "snooze: Snooze all | for 1 hour | for 1 day"
	)
	for name, test := range map[string]struct {
		alerts []notify.Alert
		want   []string
	}{
		"fired": {[]notify.Alert{fixture.Firing()}, []string{"ack: Acknowledge", snooze, "explain: Explain", "usage: Usage"}},
		"muted": {[]notify.Alert{fixture.With(muted)}, []string{"ack: Acknowledge", snooze, "explain: Explain", "usage: Usage"}},
		"taken": {[]notify.Alert{fixture.With(taken)}, []string{"unack: Unacknowledge", snooze, "explain: Explain", "usage: Usage"}},
		"period rule": {[]notify.Alert{fixture.With(period)}, []string{
			"ack: Acknowledge", "snooze: Snooze | for 1 hour | for 1 day | for the rest of the period", "explain: Explain", "usage: Usage",
		}},
		"about notewatch itself": {[]notify.Alert{fixture.With(func(a *notify.Alert) { a.Project.UID, a.Subject.UID = "", "" })},
			[]string{"ack: Acknowledge", snooze}},
		"drill": {[]notify.Alert{fixture.With(func(a *notify.Alert) { a.Drill, a.Project.UID = true, "" })}, []string{"ack: Acknowledge"}},

		"several":           {several(3, unchanged), []string{"ack: Acknowledge all", snoozeAll + " | until they end"}},
		"many":              {several(notifyslack.MaxSnoozeOver, unchanged), []string{"ack: Acknowledge all", snoozeAll + " | until they end"}},
		"too many":          {several(notifyslack.MaxSnoozeOver+1, unchanged), []string{"ack: Acknowledge all", snoozeAll}},
		"all of the period": {several(3, func(_ int, a *notify.Alert) { period(a) }), []string{"ack: Acknowledge all", snoozeAll + " | for the rest of the period"}},
		"some of the period": {several(3, func(i int, a *notify.Alert) {
			if i == 1 {
				period(a)
			}
		}), []string{"ack: Acknowledge all", snoozeAll + " | until they end"}},
		"some taken": {several(3, func(i int, a *notify.Alert) {
			if i > 0 {
				taken(a)
			}
		}), []string{"ack: Acknowledge all", snoozeAll + " | until they end"}},
		"all that fire are taken": {several(3, func(i int, a *notify.Alert) {
			if taken(a); i == 0 {
				a.Ack = ""
				fixture.Ended(a)
			}
		}), []string{"unack: Unacknowledge all", snoozeAll + " | until they end"}},
		"one of several fires": {several(3, func(i int, a *notify.Alert) {
			if i > 0 {
				fixture.Ended(a)
			}
		}), []string{"ack: Acknowledge all", snoozeAll + " | until it ends"}},

		"ended":     {[]notify.Alert{fixture.With(fixture.Ended)}, nil},
		"all ended": {several(3, func(_ int, a *notify.Alert) { fixture.Ended(a) }), nil},
		"report":    {[]notify.Alert{fixture.Weekly()}, nil},
		"revised":   {[]notify.Alert{fixture.With(func(a *notify.Alert) { a.State, a.Reason = "resolved", "revised" })}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			server := newSlackServer(t)
			_, err := newButtonSlack(t, server.URL).Send(t.Context(), fixture.Notification(test.alerts...), nil)
			require.NoError(t, err)
			require.Zero(t, refused(server))
			block := buttons(t, server.Messages(channel)[0])
			require.Equal(t, test.want, offered(block))
			if block != nil {
				requireWithinLimits(t, block)
			}
		})
	}
}

// requireWithinLimits checks what Slack and screens take, and that each value tells which message it is of.
func requireWithinLimits(t *testing.T, block *slack.ActionBlock) {
	t.Helper()
	within := func(text string, limit int) {
		require.NotEmpty(t, text)
		require.LessOrEqual(t, utf8.RuneCountInString(text), limit)
	}
	plain := func(text *slack.TextBlockObject) {
		require.Equal(t, slack.PlainTextType, text.Type)
		within(text.Text, 30)
	}
	require.LessOrEqual(t, len(block.Elements.ElementSet), 25)
	within(block.BlockID, 255)
	for _, element := range block.Elements.ElementSet {
		switch e := element.(type) {
		case *slack.ButtonBlockElement:
			plain(e.Text)
			within(e.AccessibilityLabel, 75)
			require.True(t, strings.HasPrefix(e.AccessibilityLabel, e.Text.Text), "who speaks to a screen says what is written")
			require.Equal(t, "msg_4kx0", e.Value)
		case *slack.SelectBlockElement:
			plain(e.Placeholder)
			for _, option := range e.Options {
				plain(option.Text)
				within(option.Value, 75)
				_, message, ok := notifyslack.ParseSnooze(option.Value)
				require.True(t, ok)
				require.Equal(t, "msg_4kx0", message)
			}
		default:
			require.Fail(t, "neither a button nor a menu")
		}
	}
}

func TestSlackButtonsOnTheWire(t *testing.T) {
	for name, alerts := range map[string][]notify.Alert{"one": {fixture.Firing()}, "list": fixture.Fleet(12)} {
		server := newSlackServer(t)
		_, err := newButtonSlack(t, server.URL).Send(t.Context(), fixture.Notification(alerts...), nil)
		require.NoError(t, err)
		var block json.RawMessage
		require.NoError(t, json.Unmarshal(server.Messages(channel)[0].Blocks, &[]any{new(any), &block}))
		fixture.Golden(t, "slack_buttons_"+name+".golden.json", fixture.Indented(t, block))
	}
}

// All but the buttons is as it would be without them.
func TestSlackButtonsChangeNothingElse(t *testing.T) {
	for _, s := range fixture.Samples() {
		server := newSlackServer(t)
		for _, receiver := range []*notifyslack.Bot{newSlack(t, server.URL), newButtonSlack(t, server.URL)} {
			_, err := receiver.Send(t.Context(), fixture.Notification(s.Alert), nil)
			require.NoError(t, err)
		}
		plain, pressable := server.Messages(channel)[0], server.Messages(channel)[1]
		require.Equal(t, plain.Text, pressable.Text)
		require.JSONEq(t, string(plain.Attachments), string(pressable.Attachments))
		require.Equal(t, s.Alert.State == "firing", buttons(t, pressable) != nil, s.Name)
		require.Nil(t, buttons(t, plain))
	}
}

func TestSlackButtonsGoWhenTheAlertIsOver(t *testing.T) {
	server := newSlackServer(t)
	receiver := newButtonSlack(t, server.URL)
	ref, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	before := buttons(t, server.Messages(channel)[0])

	taken := fixture.Notification(fixture.With(func(a *notify.Alert) {
		a.Version, a.Reason, a.Was, a.Ack = 2, "acknowledged", "critical", "amy at Mon 12 Jan 14:10 UTC"
	}))
	taken.Key = "msg_4kx0-8"
	ref, err = receiver.Send(t.Context(), taken, ref)
	require.NoError(t, err)
	after := buttons(t, server.Messages(channel)[0])
	require.Equal(t, "unack: Unacknowledge", offered(after)[0])
	require.NotEqual(t, before.BlockID, after.BlockID, "what was chosen before can be chosen again")

	_, err = receiver.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
	require.NoError(t, err)
	require.Nil(t, buttons(t, server.Messages(channel)[0]))
}

func TestSlackButtonsAreLostWithTheLayout(t *testing.T) {
	server := newSlackServer(t)
	server.RefuseCharts()
	charted := fixture.With(func(a *notify.Alert) { a.Trend = fixture.Trend(14) })
	_, err := newButtonSlack(t, server.URL).Send(t.Context(), fixture.Notification(charted), nil)
	require.NoError(t, err)
	require.NotNil(t, buttons(t, server.Messages(channel)[0]), "the chart goes first")

	server.Fail(notifytest.Code("invalid_blocks"), notifytest.Code("invalid_blocks"))
	_, err = newButtonSlack(t, server.URL).Send(t.Context(), fixture.Notification(charted), nil)
	require.NoError(t, err)
	require.JSONEq(t, `[]`, string(server.Messages(channel)[1].Blocks))
}

// A message that is as long as messages get has room for buttons.
func TestSlackButtonsFitBelowTheLongestMessages(t *testing.T) {
	long := fixture.With(func(a *notify.Alert) {
		a.Summary, a.Advice, a.Rule = strings.Repeat("&🛰", 1300), strings.Repeat("&", 1300), strings.Repeat("r", 300)
		a.Subject.Name = "<!channel>\u202e" + strings.Repeat("🔋", 300)
		a.Body = strings.Repeat("& a line of it\n", 1000)
		a.Trend = fixture.Trend(20)
	})
	for _, alerts := range [][]notify.Alert{{long}, fixture.Digest(30), fixture.Fleet(10_000)} {
		server := newSlackServer(t)
		_, err := newButtonSlack(t, server.URL).Send(t.Context(), fixture.Notification(alerts...), nil)
		require.NoError(t, err)
		require.Zero(t, refused(server))
		requireWithinLimits(t, buttons(t, server.Messages(channel)[0]))
	}
}

func TestNoSlackButtonsWithoutAUsableMessageID(t *testing.T) {
	for _, change := range []func(*notify.Notification){
		func(n *notify.Notification) { n.ID = "" },
		func(n *notify.Notification) { n.ID = strings.Repeat("m", 65) },
		func(n *notify.Notification) { n.Key = strings.Repeat("k", 256) },
	} {
		server := newSlackServer(t)
		n := fixture.Notification(fixture.Firing())
		change(&n)
		_, err := newButtonSlack(t, server.URL).Send(t.Context(), n, nil)
		require.NoError(t, err)
		require.Nil(t, buttons(t, server.Messages(channel)[0]))
	}
}

func TestParseSnooze(t *testing.T) {
	for _, s := range []notifyslack.Snooze{notifyslack.SnoozeHour, notifyslack.SnoozeDay, notifyslack.SnoozeOver} {
		got, message, ok := notifyslack.ParseSnooze(fmt.Sprintf("%s msg_4kx0", s))
		require.True(t, ok)
		require.Equal(t, s, got)
		require.Equal(t, "msg_4kx0", message)
	}
	for _, value := range []string{"", " ", "1h", "1h ", "2h msg_4kx0", " msg_4kx0", "over", "1H msg_4kx0", strings.Repeat("x", 10_000)} {
		_, _, ok := notifyslack.ParseSnooze(value)
		require.False(t, ok, value)
	}
}

// Whatever is sent back, what is read of it is what a message offers.
func FuzzParseSnooze(f *testing.F) {
	for _, value := range []string{"1h msg_4kx0", "1d msg_4kx0", "over msg_4kx0", "over", "2h x", "1h  x"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		s, message, ok := notifyslack.ParseSnooze(value)
		require.Equal(t, ok, slices.Contains([]notifyslack.Snooze{"1h", "1d", "over"}, s) && message != "")
		if ok {
			require.Equal(t, value, string(s)+" "+message)
		}
	})
}
