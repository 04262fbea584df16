package commands_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/slackapp"
	"notewatch/internal/slackapp/commands"
	"notewatch/internal/store"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

func TestSnoozeIsShownAndEndsByItself(t *testing.T) {
	for length, until := range map[string]string{"for 1 hour": "Mon 15 Jun 13:00 UTC", "for 1 day": "Tue 16 Jun 12:00 UTC"} {
		t.Run(length, func(t *testing.T) {
			s := fired(t)
			a := s.alert("silent-device")
			require.Empty(t, s.press(amy, "snooze "+length), "the message says it")
			silences := s.silences()
			require.Len(t, silences, 1)
			require.Equal(t, muting.Match{Alert: a.ID}, silences[0].Match)
			require.Equal(t, "amy (U0AMY)", silences[0].By)
			require.Equal(t, s.now, silences[0].Start)
			require.Equal(t, until, silences[0].End.Format("Mon 2 Jan 15:04 UTC"))
			s.settle()
			require.Contains(t, s.newest().Text, "still firing, muted: silenced until "+until+" by amy: snoozed in Slack")

			s.run(silences[0].End.Add(time.Minute))
			require.Contains(t, s.newest().Text, "still firing, no longer muted")
			require.Empty(t, s.press(bob, "snooze "+length), "once it is over it can be asked for again")
			require.Len(t, s.silences(), 1)
			require.Equal(t, []rules.Event{rules.Fired, rules.Muted, rules.Unmuted}, s.history("silent-device"))
		})
	}
}

func TestSnoozingTwiceHasOneEffect(t *testing.T) {
	s := fired(t)
	snooze := s.button(amy, "snooze for 1 hour")
	longer := s.button(bob, "snooze for 1 day")
	require.Empty(t, s.answerer().Press(t.Context(), snooze).Text)
	const already = "Already silenced until Mon 15 Jun 13:00 UTC by amy: snoozed in Slack."
	require.Equal(t, already, s.answerer().Press(t.Context(), snooze).Text)
	s.now = s.now.Add(4 * time.Minute)
	snooze.Person = bob
	require.Equal(t, already, s.answerer().Press(t.Context(), snooze).Text)
	s.settle()
	require.Equal(t, already, s.answerer().Press(t.Context(), snooze).Text)
	require.Len(t, s.silences(), 1)

	require.Empty(t, s.answerer().Press(t.Context(), longer).Text, "more than that is something else")
	require.Len(t, s.silences(), 2)
	s.settle()
	require.Contains(t, s.newest().Text, "silenced until Tue 16 Jun 12:04 UTC by bob")
	require.Contains(t, s.answerer().Press(t.Context(), snooze).Text, "Already silenced until Tue 16 Jun 12:04 UTC by bob", "less is nothing")
	require.Equal(t, []rules.Event{rules.Fired, rules.Muted, rules.Muted}, s.history("silent-device"))
}

// Several processes may get presses of different people at once: of those who ask for the same, one makes the silence.
func TestSnoozingAtOnceInSeveralProcesses(t *testing.T) {
	s := fired(t)
	snooze := s.button(amy, "snooze for 1 hour")
	answerers := []*commands.Answerer{s.answerer(), s.answerer(), s.answerer()}
	replies := s.together(12, func(i int) slackapp.Reply { return answerers[i%len(answerers)].Press(t.Context(), snooze) })
	done := 0
	for _, reply := range replies {
		if reply.Text == "" {
			done++
			continue
		}
		require.Equal(t, "Already silenced until Mon 15 Jun 13:00 UTC by amy: snoozed in Slack.", reply.Text)
	}
	require.Equal(t, 1, done)
	require.Len(t, s.silences(), 1)
}

func TestSnoozeUntilItIsOver(t *testing.T) {
	s := fired(t)
	require.Empty(t, s.press(amy, "snooze until it ends"))
	s.settle()
	require.Contains(t, s.newest().Text, "by amy: snoozed in Slack")
	require.Len(t, s.silences(), 1)
	require.Zero(t, s.silences()[0].End)
	require.Contains(t, s.press(bob, "snooze for 1 day"), "Already silenced ")
	s.run(june15.Add(4 * day))
	require.Empty(t, s.silences(), "with the alert the silence is over")
	require.Equal(t, []rules.Event{rules.Fired, rules.Muted, rules.EventResolved}, s.history("silent-device"))
	require.Contains(t, s.newest().Text, "RESOLVED")
}

func TestSnoozeForTheRestOfThePeriod(t *testing.T) {
	s := newStage(t, 3, flood(june15.Add(9*hour), 20*time.Minute), eventBudget())
	s.run(june15.Add(12 * hour))
	require.Empty(t, s.press(amy, "snooze for the rest of the period"))
	s.settle()
	require.Contains(t, s.newest().Text, "silenced until the alert ends by amy: snoozed in Slack")
	require.Len(t, s.silences(), 1)
	require.Contains(t, s.press(amy, "snooze for the rest of the period"), "Already silenced until the alert ends by amy")
	require.Len(t, s.silences(), 1)
}

// The poll that closes the alert comes after the end of the period: nobody is told in between.
func TestSnoozeForTheRestOfThePeriodTellsNobodyAtItsEnd(t *testing.T) {
	last := time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	s := newStage(t, 3, flood(last.Add(9*hour), 20*time.Minute), eventBudget())
	s.now = last.Add(7 * time.Minute) // polls do not come on the hour
	s.run(last.Add(12 * hour))
	require.Empty(t, s.press(amy, "snooze for the rest of the period"))
	s.run(last.Add(26 * hour))
	require.Equal(t, []rules.Event{rules.Fired, rules.Escalated, rules.Muted, rules.PeriodEnded}, s.history("event-budget"))
	require.Empty(t, s.silences(), "with the alert the silence is over")
}

// What mutes an alert besides is said, for the message does not change.
func TestSnoozeOfWhatIsMutedOtherwise(t *testing.T) {
	window := muting.Window{Match: muting.Match{Project: "cold-chain"}, From: 13 * hour, To: 20 * hour, Because: "no shift"}
	s := fired(t)
	s.config.Bot.Windows = []muting.Window{window}
	s.open()
	s.run(june15.Add(14 * hour))
	require.Contains(t, s.newest().Text, "muted until Mon 15 Jun 20:00 UTC: no shift")
	require.Equal(t, "Snoozed. The alert is also muted until Mon 15 Jun 20:00 UTC: no shift.", s.press(amy, "snooze for 1 hour"))
	require.Empty(t, s.press(amy, "snooze for 1 day"))
	s.settle()
	require.Contains(t, s.newest().Text, "silenced until Tue 16 Jun 14:00 UTC by amy")
}

func TestSnoozeOfSeveralAlerts(t *testing.T) {
	s := newStage(t, 10, silentFor(7, june15.Add(2*hour)), silentDevice())
	s.run(june15.Add(12 * hour))
	snooze := s.button(amy, "snooze until they end")
	require.Empty(t, s.answerer().Press(t.Context(), snooze).Text)
	require.Len(t, s.silences(), 7)
	named := map[string]bool{}
	for _, silence := range s.silences() {
		require.Zero(t, silence.End)
		named[silence.Match.Alert] = true
	}
	require.Len(t, named, 7)
	require.Equal(t, "All firing alerts of this message are already silenced for that long.", s.answerer().Press(t.Context(), snooze).Text)
	s.settle()
	require.Contains(t, s.newest().Text, "muted")
	require.Len(t, s.silences(), 7)
	s.run(june15.Add(4 * day))
	require.Empty(t, s.silences())
	require.Equal(t, "All alerts of this message have ended.", s.answerer().Press(t.Context(), snooze).Text)
}

// A press that came to half of it before the process died does the rest when it is repeated.
func TestSnoozeOfSeveralAlertsGoesOnWhereItStopped(t *testing.T) {
	s := newStage(t, 10, silentFor(7, june15.Add(2*hour)), silentDevice())
	s.run(june15.Add(12 * hour))
	alerts, err := s.store.Alerts(t.Context(), store.AlertFilter{})
	require.NoError(t, err)
	for _, a := range alerts[:3] {
		require.NoError(t, s.bot.Silence(t.Context(), muting.Silence{ID: "s-" + a.ID, Match: muting.Match{Alert: a.ID}, Start: s.now, End: s.now.Add(hour), By: "amy"}))
	}
	require.Empty(t, s.press(amy, "snooze for 1 hour"))
	require.Len(t, s.silences(), 7)
}

// Many are silenced by their rule.
func TestSnoozeOfVeryManyAlerts(t *testing.T) {
	s := newStage(t, 30, silentFor(25, june15.Add(2*hour)), silentDevice())
	s.run(june15.Add(12 * hour))
	require.Len(t, s.messages(), 1)
	snooze := s.button(amy, "snooze for 1 hour")
	over := snooze
	over.Value = "over " + snooze.Value[len("1h "):]
	require.Contains(t, s.answerer().Press(t.Context(), over).Text, "Too many")
	require.Empty(t, s.silences())

	require.Equal(t, "Too many alerts to snooze one by one. Silenced all of rule *silent-device* in cold-chain, until Mon 15 Jun 13:00 UTC. "+
		"To see it: `/notewatch silences`. To end it: `/notewatch unsilence`.", s.answerer().Press(t.Context(), snooze).Text)
	require.Len(t, s.silences(), 1)
	require.Equal(t, muting.Match{Rule: "silent-device", Project: coldChain}, s.silences()[0].Match)
	require.Equal(t, "All firing alerts of this message are already silenced for that long.", s.answerer().Press(t.Context(), snooze).Text)
	require.Len(t, s.silences(), 1)
	s.settle()
	require.Contains(t, s.newest().Text, "muted")
}

// Who silences a rule has to be told of all that it finds there, whatever the message is about.
func TestSnoozeOfVeryManyAlertsIsForThoseWhoMaySilenceTheRule(t *testing.T) {
	s := newStage(t, 30, silentFor(25, june15.Add(2*hour)), silentDevice())
	s.run(june15.Add(12 * hour))
	snooze := s.button(amy, "snooze for 1 hour")
	s.config.Bot.Rules[0].Notify = []string{"on-call"}
	s.open()
	reply := s.answerer().Press(t.Context(), snooze)
	require.True(t, reply.Failed)
	require.Contains(t, reply.Text, "So many alerts can only be snoozed by silencing all of rule silent-device. No Slack channel is notified of this")
	require.Empty(t, s.silences())
	s.allow.Change = []string{amy.ID}
	require.Contains(t, s.answerer().Press(t.Context(), snooze).Text, "Silenced all of rule")
	require.Len(t, s.silences(), 1)
}

// What is about notewatch itself is of no rule in a project, so it is silenced one by one.
func TestSnoozeOfVeryManyComplaints(t *testing.T) {
	s := newStage(t, 1, nil, silentDevice())
	for i := range 21 {
		require.NoError(t, s.bot.RaiseSelfAlert(t.Context(), bot.SelfAlert{
			Rule: "receiver-failing", Subject: fmt.Sprint("receiver ", i), Level: rules.Warning, Summary: "it is down", Receivers: []string{"team"},
		}))
	}
	s.settle()
	require.Len(t, s.messages(), 1)
	require.Empty(t, s.press(amy, "snooze for 1 hour"))
	require.Len(t, s.silences(), 21)
	for _, silence := range s.silences() {
		require.NotEmpty(t, silence.Match.Alert)
	}
}

// One of several that has ended meanwhile is no reason not to silence the others.
func TestSnoozeOfSeveralAlertsOfWhichOneIsOver(t *testing.T) {
	incidents := silentFor(7, june15.Add(2*hour))
	incidents[0].Devices = incidents[0].Devices[1:]
	incidents = append(incidents, notehubtest.Incident{
		Kind: notehubtest.Silence, Devices: []string{stageSensors(1)[0].UID}, Start: june15.Add(2 * hour), Duration: 12 * hour,
	})
	s := newStage(t, 10, incidents, silentDevice())
	s.run(june15.Add(20 * hour))
	require.Empty(t, s.answerer().Press(t.Context(), s.button(amy, "snooze for 1 hour")).Text)
	require.Len(t, s.silences(), 6)
}
