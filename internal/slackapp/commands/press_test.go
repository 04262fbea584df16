package commands_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/slackapp"
	"notewatch/internal/slackapp/commands"
	"notewatch/internal/store"
	"notewatch/notify/notifytest"
	"notewatch/rules"
)

const (
	hour = time.Hour
	day  = 24 * hour
)

// fired is a stage at 12:00 on which one device has been silent since 02:00.
func fired(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, 3, silentFor(1, june15.Add(2*hour)), silentDevice())
	s.run(june15.Add(12 * hour))
	require.Len(t, s.messages(), 1)
	return s
}

func TestAcknowledgeInSlackIsShownThereAndInPagerDuty(t *testing.T) {
	s := fired(t)
	require.Empty(t, s.press(amy, "ack"), "the message says it")
	s.settle()
	require.Contains(t, s.newest().Text, "acknowledged by amy at Mon 15 Jun 12:00 UTC")
	require.Contains(t, s.offered(s.newest()), "unack")
	require.NotContains(t, s.offered(s.newest()), "ack")
	actions, incident := s.paged()
	require.Equal(t, []string{"trigger", "acknowledge"}, actions)
	require.Equal(t, notifytest.Acknowledged, s.pager.Incidents()[0].State)

	s.run(june15.Add(4 * day))
	actions, still := s.paged()
	require.Equal(t, []string{"trigger", "acknowledge", "resolve"}, actions)
	require.Equal(t, incident, still)
	require.Len(t, s.messages(), 1)
	require.Contains(t, s.newest().Text, "RESOLVED")
	require.Empty(t, s.offered(s.newest()))
	require.Equal(t, []rules.Event{rules.Fired, rules.Acknowledged, rules.EventResolved}, s.history("silent-device"))
}

func TestWhatIsGivenBackIsNobodysAgain(t *testing.T) {
	s := fired(t)
	s.press(amy, "ack")
	s.settle()
	give := s.button(bob, "unack")
	s.now = s.now.Add(time.Minute)
	require.Empty(t, s.answerer().Press(t.Context(), give).Text)
	s.settle()
	require.Contains(t, s.newest().Text, "still firing, not acknowledged")
	require.Contains(t, s.newest().Text, "unacknowledged by bob")
	require.Contains(t, s.offered(s.newest()), "ack")
	require.Equal(t, "This alert is not acknowledged.", s.answerer().Press(t.Context(), give).Text)
	require.Equal(t, []rules.Event{rules.Fired, rules.Acknowledged, rules.Unacknowledged}, s.history("silent-device"))
}

func TestAcknowledgingTwiceHasOneEffect(t *testing.T) {
	s := fired(t)
	ack := s.button(amy, "ack")
	byBob := ack
	byBob.Person = bob
	require.Empty(t, s.answerer().Press(t.Context(), ack).Text)
	s.now = s.now.Add(time.Minute)
	require.Equal(t, "You already acknowledged it, at Mon 15 Jun 12:00 UTC.", s.answerer().Press(t.Context(), ack).Text)
	require.Equal(t, "amy already acknowledged it, at Mon 15 Jun 12:00 UTC.", s.answerer().Press(t.Context(), byBob).Text)
	s.settle()
	require.Equal(t, "amy already acknowledged it, at Mon 15 Jun 12:00 UTC.", s.answerer().Press(t.Context(), byBob).Text)
	require.Equal(t, []rules.Event{rules.Fired, rules.Acknowledged}, s.history("silent-device"))
	actions, _ := s.paged()
	require.Equal(t, []string{"trigger", "acknowledge"}, actions)
}

func TestPressesAfterTheEndDoNothing(t *testing.T) {
	s := fired(t)
	ack, snooze := s.button(amy, "ack"), s.button(amy, "snooze for 1 hour")
	unack := ack
	unack.Action = "unack"
	s.run(june15.Add(4 * day))
	before := s.history("silent-device")
	ended := s.alert("silent-device").EndedAt.Format("Mon 2 Jan 15:04 UTC")
	for _, press := range []slackapp.Press{ack, unack, snooze} {
		reply := s.answerer().Press(t.Context(), press)
		require.Equal(t, "This alert ended at "+ended+".", reply.Text)
		require.True(t, reply.Failed)
	}
	require.Equal(t, before, s.history("silent-device"))
	require.Empty(t, s.silences())
}

// A press is done only below the very message that the store keeps up to date.
func TestPressesFromElsewhereDoNothing(t *testing.T) {
	s := fired(t)
	paged, err := s.store.Outbox.DeliveriesOf(t.Context(), s.alert("silent-device").ID)
	require.NoError(t, err)
	for name, change := range map[string]func(*slackapp.Press){
		"forwarded to another channel": func(p *slackapp.Press) { p.Channel = "C9" },
		"a copy in the channel":        func(p *slackapp.Press) { p.TS = "1768226799.000001" },
		"no channel":                   func(p *slackapp.Press) { p.Channel = "" },
		"no message":                   func(p *slackapp.Press) { p.TS = "" },
		"neither":                      func(p *slackapp.Press) { p.Channel, p.TS = "", "" },
		"made up":                      func(p *slackapp.Press) { p.Value = "made-up" },
		"nothing":                      func(p *slackapp.Press) { p.Value = "" },
		"an alert":                     func(p *slackapp.Press) { p.Value = s.alert("silent-device").ID },
		"SQL":                          func(p *slackapp.Press) { p.Value = "' OR '1' = '1" },
		"long":                         func(p *slackapp.Press) { p.Value = strings.Repeat("x", 100_000) },
		"a message to PagerDuty":       func(p *slackapp.Press) { p.Value = paged["on-call"].Message },
	} {
		for _, action := range []string{"ack", "unack", "explain", "usage", "snooze"} {
			press := s.button(amy, "ack")
			press.Action = action
			change(&press)
			if action == "snooze" {
				press.Value = "1h " + press.Value
			}
			reply := s.answerer().Press(t.Context(), press)
			require.Regexp(t, "outdated or a copy|This button is no longer supported", reply.Text, "%s: %s", name, action)
			require.True(t, reply.Failed)
			require.Less(t, len(reply.Text), 300)
		}
	}
	for _, press := range []slackapp.Press{{Action: "launch"}, {Action: ""}, {Action: "snooze", Value: "2h x"}, {Action: "Ack"}, {}} {
		require.Contains(t, s.answerer().Press(t.Context(), press).Text, "This button is no longer supported")
	}
	require.Equal(t, []rules.Event{rules.Fired}, s.history("silent-device"))
	require.Empty(t, s.silences())
}

// Of a message that was posted afresh the old one stays behind. Its buttons say so, those of the new one work.
func TestPressesBelowACopyLeftBehindDoNothing(t *testing.T) {
	s := fired(t)
	old := s.button(amy, "ack")
	_, err := s.store.Outbox.Redeliver(t.Context(), s.alert("silent-device").ID, "team", s.now)
	require.NoError(t, err)
	require.Contains(t, s.answerer().Press(t.Context(), old).Text, "outdated or a copy", "the new one is not there yet")
	s.settle()
	require.Len(t, s.messages(), 2)
	require.Contains(t, s.answerer().Press(t.Context(), old).Text, "outdated or a copy")
	require.Equal(t, []rules.Event{rules.Fired}, s.history("silent-device"))
	require.Empty(t, s.press(amy, "ack"))
	require.Equal(t, "amy (U0AMY)", s.alert("silent-device").Ack.By)
}

// Of a receiver that is gone nothing is kept up to date.
func TestPressesBelowAMessageOfAReceiverThatIsGoneDoNothing(t *testing.T) {
	s := fired(t)
	ack := s.button(amy, "ack")
	s.channels = map[string]string{"others": teamChannel}
	require.Contains(t, s.answerer().Press(t.Context(), ack).Text, "outdated or a copy")
	require.Equal(t, []rules.Event{rules.Fired}, s.history("silent-device"))
}

func TestWhoMayPress(t *testing.T) {
	s := fired(t)
	s.allow = commands.Allow{Change: []string{bob.ID}}
	for _, offer := range []string{"ack", "snooze for 1 hour"} {
		reply := s.answerer().Press(t.Context(), s.button(amy, offer))
		require.Contains(t, reply.Text, "Only <@U0BOB> may change this")
		require.True(t, reply.Failed)
	}
	require.NotContains(t, s.press(amy, "usage"), "Only", "looking is something else")
	require.Equal(t, []rules.Event{rules.Fired}, s.history("silent-device"))
	require.Empty(t, s.press(bob, "ack"))

	s.allow = commands.Allow{Look: []string{bob.ID}, Change: []string{amy.ID}}
	for _, offer := range []string{"explain", "usage", "ack", "snooze for 1 hour"} {
		require.Contains(t, s.press(amy, offer), "Only <@U0BOB> may look things up", "who may change things has to be one of those who may look")
	}
	require.NotContains(t, s.press(bob, "explain"), "Only")
}

func TestAnOutageOfTheDatabaseIsSaid(t *testing.T) {
	s := fired(t)
	ack := s.button(amy, "ack")
	require.NoError(t, s.store.Close())
	reply := s.answerer().Press(t.Context(), ack)
	require.Contains(t, reply.Text, "omething went wrong")
	require.True(t, reply.Failed)
}

func TestExplainAndUsageAnswerWhoAsks(t *testing.T) {
	s := newStage(t, 3, flood(june15.Add(9*hour), 20*time.Minute), eventBudget())
	s.run(june15.Add(12 * hour))
	name := s.alert("event-budget").Texts.Subject
	for _, offer := range []string{"explain", "usage"} {
		reply := s.answerer().Press(t.Context(), s.button(bob, offer))
		require.False(t, reply.Failed)
		require.False(t, reply.Public)
		require.Contains(t, reply.Text, name)
		require.NotEmpty(t, reply.Blocks)
	}
	require.Contains(t, s.press(bob, "explain"), "events.used")
	require.Contains(t, s.press(bob, "usage"), "this period")
	require.Equal(t, []rules.Event{rules.Fired}, s.history("event-budget"), "looking changes nothing")
}

// What a process has taken on before it died is shown by the next one.
func TestAPressOutlivesTheProcess(t *testing.T) {
	s := fired(t)
	s.press(amy, "ack")
	s.press(bob, "snooze for 1 hour")
	before := s.newest()
	s.open()
	require.Equal(t, before, s.newest(), "nothing of it was shown yet")
	s.settle()
	after := s.newest()
	require.Equal(t, before.TS, after.TS)
	require.Contains(t, after.Text, "acknowledged by amy")
	require.Contains(t, after.Text, "silenced until Mon 15 Jun 13:00 UTC by bob: snoozed in Slack")
	actions, _ := s.paged()
	require.Equal(t, []string{"trigger", "acknowledge"}, actions)

	s.open()
	s.settle()
	require.Equal(t, after, s.newest(), "and not a second time")
	require.Equal(t, []rules.Event{rules.Fired, rules.Acknowledged, rules.Muted}, s.history("silent-device"))
}

// A press that was taken while the message was being updated in Slack, which the process did not live to note.
func TestAPressOutlivesAProcessThatDiedAfterTheUpdate(t *testing.T) {
	s := fired(t)
	s.press(amy, "ack")
	s.dieAfterSending()
	require.Contains(t, s.newest().Text, "acknowledged by amy", "Slack has it")
	require.Equal(t, "amy already acknowledged it, at Mon 15 Jun 12:00 UTC.", s.answerer().Press(t.Context(), slackapp.Press{
		Person: bob, Channel: teamChannel, TS: s.newest().TS, Action: "ack", Value: s.offered(s.newest())["unack"],
	}).Text)
	s.settle()
	require.Len(t, s.messages(), 1)
	require.Equal(t, []rules.Event{rules.Fired, rules.Acknowledged}, s.history("silent-device"))
	deliveries, err := s.store.Outbox.DeliveriesOf(t.Context(), s.alert("silent-device").ID)
	require.NoError(t, err)
	require.EqualValues(t, 2, deliveries["team"].Have)
}

// Slack shows a message a little before the bot can note where it is.
func TestAPressThatComesBeforeThePostIsNoted(t *testing.T) {
	s := newStage(t, 3, silentFor(1, june15.Add(2*hour)), silentDevice())
	var answers []string
	s.slowly(func() {
		if len(answers) == 0 {
			answers = append(answers, s.press(amy, "ack"))
		}
	})
	s.run(june15.Add(12 * hour))
	require.Equal(t, []string{"Slack has not confirmed this message yet. Press again in a moment."}, answers)
	require.Empty(t, s.press(amy, "ack"), "it works now")
	require.Equal(t, []rules.Event{rules.Fired, rules.Acknowledged}, s.history("silent-device"))
}

// All people of the channel press everything at once.
func TestPressesAtOnceHaveOneEffect(t *testing.T) {
	s := fired(t)
	ack, snooze := s.button(amy, "ack"), s.button(amy, "snooze until it ends")
	answers := s.together(16, func(i int) slackapp.Reply {
		press := ack
		if i%2 == 0 {
			press = snooze
		}
		press.Person = slackapp.Person{ID: "U" + string(rune('A'+i))}
		return s.answerer().Press(t.Context(), press)
	})
	require.Len(t, s.silences(), 1)
	s.settle()
	require.Len(t, s.history("silent-device"), 3)
	require.ElementsMatch(t, []rules.Event{rules.Fired, rules.Acknowledged, rules.Muted}, s.history("silent-device"))
	silent := 0
	for _, answer := range answers {
		if answer.Text == "" {
			silent++
			continue
		}
		require.Regexp(t, "already acknowledged it|Already silenced", answer.Text)
	}
	require.Equal(t, 2, silent, "one of each had an effect")
}

// The message of a storm is for all that is in it.
func TestPressesBelowAMessageOfSeveralAlerts(t *testing.T) {
	s := newStage(t, 10, silentFor(7, june15.Add(2*hour)), silentDevice())
	s.run(june15.Add(12 * hour))
	require.Len(t, s.messages(), 1)
	require.NotContains(t, s.offered(s.newest()), "explain")
	ack := s.button(amy, "ack")
	alerts, err := s.store.Alerts(t.Context(), store.AlertFilter{})
	require.NoError(t, err)
	_, err = s.bot.Acknowledge(t.Context(), alerts[0], "cem")
	require.NoError(t, err)

	require.Empty(t, s.answerer().Press(t.Context(), ack).Text)
	require.Regexp(t, "^All firing alerts of this message are already acknowledged, by (cem, you|you, cem)\\.$", s.answerer().Press(t.Context(), ack).Text)
	s.settle()
	require.Contains(t, s.offered(s.newest()), "unack")
	actions, _ := s.paged()
	require.Equal(t, []string{"trigger", "acknowledge"}, actions)
	for _, action := range []string{"explain", "usage"} {
		forged := ack
		forged.Action = action
		require.Equal(t, "This message has several alerts. Ask about one of them: `/notewatch "+action+" …`.", s.answerer().Press(t.Context(), forged).Text)
	}
	give := s.button(bob, "unack")
	require.Empty(t, s.answerer().Press(t.Context(), give).Text)
	require.Equal(t, "None of these alerts is acknowledged.", s.answerer().Press(t.Context(), give).Text)

	s.run(june15.Add(4 * day))
	require.Equal(t, "All alerts of this message have ended.", s.answerer().Press(t.Context(), ack).Text)
	require.Empty(t, s.offered(s.newest()))
}

// What notewatch says of itself can be taken on, and a drill too.
func TestPressesBelowADrillAndWhatIsAboutNotewatchItself(t *testing.T) {
	s := newStage(t, 1, nil, silentDevice())
	s.settle()
	_, _, err := s.bot.Drill(t.Context(), "silent-device", s.config.Bot.Projects[0])
	require.NoError(t, err)
	s.settle()
	require.Len(t, s.offered(s.newest()), 1)
	require.Empty(t, s.press(amy, "ack"))
	forged := s.button(amy, "ack")
	forged.Action, forged.Value = "snooze", "1h "+forged.Value
	require.Equal(t, "A drill cannot be silenced. It ends by itself.", s.answerer().Press(t.Context(), forged).Text)

	complaint := bot.SelfAlert{Rule: "receiver-failing", Subject: "billing", Level: rules.Warning, Summary: "billing is down", Receivers: []string{"team"}}
	require.NoError(t, s.bot.RaiseSelfAlert(t.Context(), complaint))
	s.settle()
	require.Len(t, s.messages(), 2)
	require.Empty(t, s.press(amy, "ack"))
	require.Empty(t, s.press(amy, "snooze until it ends"))
	forged = s.button(amy, "ack")
	forged.Action = "usage"
	require.Contains(t, s.answerer().Press(t.Context(), forged).Text, "This alert is about notewatch itself")
	s.settle()
	require.Contains(t, s.newest().Text, "acknowledged by amy")
	require.Contains(t, s.newest().Text, "silenced")
}
