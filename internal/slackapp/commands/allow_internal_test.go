package commands

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/slackapp"
	"notewatch/notify/notifytest"
	"notewatch/rules/muting"
)

func TestMayLook(t *testing.T) {
	bob := slackapp.Person{ID: "U0000000BOB", Name: "bob"}
	for name, test := range map[string]struct {
		allowed []string
		want    string
	}{
		"by default":     {nil, ""},
		"by name":        {[]string{"U1", bob.ID}, ""},
		"by channel":     {[]string{"C0000000001"}, ""},
		"by group":       {[]string{"S0000000001"}, ""},
		"another person": {[]string{"U1"}, "Only <@U1> may look things up here."},
		"others":         {[]string{"W1", "C2", "S0000000002"}, "Only <@W1>, people in <#C2> and <!subteam^S0000000002> may look things up here."},
		"many": {
			[]string{"U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8", "U9", "U10", "U11", "U12"},
			"Only <@U1>, <@U2>, <@U3>, <@U4>, <@U5>, <@U6>, <@U7>, <@U8>, <@U9>, <@U10> and 2 more may look things up here.",
		},
		"an unknown group": {[]string{"S0000000009"}, "Could not look up the members of <!subteam^S0000000009>. " +
			"Check that the app has the scope usergroups:read. The notewatch log has details."},
		"by group, beside an unknown one": {[]string{"S0000000009", "S0000000001"}, ""},
		"others, and unknown groups": {[]string{"S0000000009", "S0000000002", "S0000000008"}, "Could not look up the members of <!subteam^S0000000009>. " +
			"Check that the app has the scope usergroups:read. The notewatch log has details."},
	} {
		t.Run(name, func(t *testing.T) {
			slack := notifytest.NewSlack()
			t.Cleanup(slack.Close)
			slack.SetGroup("S0000000001", "U1", bob.ID)
			slack.SetGroup("S0000000002", "U1")
			a := New(Config{
				Allow: func() Allow { return Allow{Look: test.allowed} }, Slack: client(slack),
				Machine: time.Now, Log: slog.New(slog.DiscardHandler),
			})
			told := ""
			if err := a.mayLook(t.Context(), bob, "C0000000001"); err != nil {
				told = err.Error()
			}
			require.Equal(t, test.want, told)
		})
	}
}

// By default those change things who are told of them, which is what the channel says.
func TestMayChange(t *testing.T) {
	bob := slackapp.Person{ID: "U0000000BOB"}
	for name, test := range map[string]struct {
		allowed, told []string
		want          string
	}{
		"in the channel":       {nil, []string{"C2", "C1"}, ""},
		"elsewhere":            {nil, []string{"C2", "C3"}, "Only people in <#C2> and people in <#C3> may change this. Try again from there."},
		"nobody is told":       {nil, nil, "No Slack channel is notified of this, so it cannot be changed from Slack. To allow it, set slack.allow.change in the rules file."},
		"named":                {[]string{bob.ID}, []string{"C2"}, ""},
		"not named":            {[]string{"U1"}, []string{"C1"}, "Only <@U1> may change this."},
		"in a named channel":   {[]string{"C1"}, nil, ""},
		"named, but elsewhere": {[]string{"C3"}, []string{"C1"}, "Only people in <#C3> may change this."},
	} {
		t.Run(name, func(t *testing.T) {
			a := &Answerer{config: Config{Allow: func() Allow { return Allow{Change: test.allowed} }}}
			told := ""
			if err := a.mayChange(t.Context(), bob, "C1", test.told); err != nil {
				told = err.Error()
			}
			require.Equal(t, test.want, told)
		})
	}
}

// Who is in a group is asked once in a while, and again at once after a failure.
func TestGroupsAreRemembered(t *testing.T) {
	slack := notifytest.NewSlack()
	t.Cleanup(slack.Close)
	now, log := midday, new(bytes.Buffer)
	a := New(Config{
		Allow: func() Allow { return Allow{Look: []string{"S1"}} }, Slack: client(slack),
		Machine: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	bob := slackapp.Person{ID: "U0000000BOB"}
	slack.FailMethod("usergroups.users.list", notifytest.Code("missing_scope"))
	slack.SetGroup("S1", bob.ID)
	require.Error(t, a.mayLook(t.Context(), bob, "C1"))
	require.Contains(t, log.String(), "missing_scope")
	require.NoError(t, a.mayLook(t.Context(), bob, "C1"))

	slack.SetGroup("S1")
	now = now.Add(groupsKnown - time.Second)
	require.NoError(t, a.mayLook(t.Context(), bob, "C1"))
	now = now.Add(time.Second)
	require.Error(t, a.mayLook(t.Context(), bob, "C1"))
}

// Everything is also what notewatch says of itself: who silences that has to be told of it.
func TestEverythingIsForThoseWhoAreAlsoToldOfNotewatchItself(t *testing.T) {
	d := newAskDesk(t, usualScene())
	d.bot.Config().Projects[1].Notify = []string{"team"}
	d.operators("log")
	require.Contains(t, d.refused("silence everything for 2h because of the fair"), "No Slack channel is notified of everything this would silence")
	d.ask("silence rule event-spike for 2h because it is known")
	d.operators("log", "team")
	d.ask("silence everything for 2h because of the fair")
}

// At the terminal, silences may be made by the names of projects. Those who are told of what they match may end them.
func TestASilenceByTheNameOfAProjectIsForThoseWhoAreToldOfIt(t *testing.T) {
	d := newAskDesk(t, usualScene())
	for id, project := range map[string]string{"s-cold": "cold-chain", "s-lab": "lab"} {
		require.NoError(t, d.bot.Silence(t.Context(), muting.Silence{
			ID: id, Match: muting.Match{Project: project}, Start: d.now, End: d.now.Add(time.Hour), By: "cem", Because: "maintenance",
		}))
	}
	require.True(t, d.from(otherRoom, "unsilence s-cold").Failed)
	require.Contains(t, d.ask("unsilence s-cold"), "Silence ended")
	require.Contains(t, d.refused("unsilence s-lab"), "No Slack channel is notified of this")
}

// What is typed is for those who may look, whatever it changes; buttons are for the same people.
func TestOnlyThoseWhoMayLookMayChange(t *testing.T) {
	d := newAskDesk(t, usualScene())
	d.allow = Allow{Look: []string{"U0BOB"}, Change: []string{"U0AMY"}}
	require.Contains(t, d.refused("ack "+d.spike().ID), "Only <@U0BOB> may look things up")
	d.allow.Look = append(d.allow.Look, "U0AMY")
	d.ask("ack " + d.spike().ID)
}
