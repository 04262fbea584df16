package commands

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapp"
	"notewatch/notify"
	"notewatch/rules"
)

// An explanation leads with what has come of the rule.
func TestVerdicts(t *testing.T) {
	evaluation := func(least, most rules.Level) rules.Explanation {
		return rules.Explanation{Evaluation: rules.Evaluation{Result: rules.Result{Least: least, Most: most}, Selected: rules.True}}
	}
	fires := rules.Alert{ID: "a1b2", State: rules.Firing, Level: rules.Critical, FiredAt: midday.Add(-time.Hour)}
	waits := rules.Alert{ID: "a1b2", State: rules.Pending, Since: midday.Add(-time.Minute)}
	apart, broken := evaluation(rules.Inactive, rules.Inactive), evaluation(rules.Inactive, rules.Warning)
	apart.Selected = rules.False
	broken.Err = errors.New("index out of range")
	atOnce, patient := &rules.Rule{}, &rules.Rule{Spec: rules.Spec{For: 30 * time.Minute}}
	for name, test := range map[string]struct {
		e    bot.Explanation
		want string
	}{
		"fires":          {bot.Explanation{Explanation: evaluation(rules.Critical, rules.Critical), Alert: fires}, "is firing (critical) since Mon 15 Jun 11:00 UTC, 1 h ago · `a1b2`"},
		"waits":          {bot.Explanation{Explanation: evaluation(rules.Warning, rules.Warning), Alert: waits}, "is pending: true since Mon 15 Jun 11:59 UTC, 1 min ago, but not for long enough yet"},
		"does not apply": {bot.Explanation{Explanation: apart}, "does not apply: its where condition is false"},
		"is not true":    {bot.Explanation{Explanation: evaluation(rules.Inactive, rules.Inactive)}, "is not firing"},
		"is not known":   {bot.Explanation{Explanation: evaluation(rules.Inactive, rules.Warning)}, "is not firing: not enough data"},
		"will fire":      {bot.Explanation{Explanation: evaluation(rules.Warning, rules.Critical), Rule: atOnce}, "is true (warning): it fires at the next poll"},
		"will wait": {bot.Explanation{Explanation: evaluation(rules.Warning, rules.Critical), Rule: patient},
			"is true (warning): pending from the next poll, firing once it has been true for 30 min"},
		"is broken": {bot.Explanation{Explanation: broken}, "cannot be evaluated: index out of range"},
	} {
		require.Equal(t, test.want, resultText(test.e, midday), name)
	}
}

// What keeps people from being told is part of why they are not.
func TestExplanationsSayWhyNobodyIsTold(t *testing.T) {
	d := newAskDesk(t, usualScene())
	a := d.spike()
	d.ask("silence " + a.ID + " for 2h because gateway is being moved")
	d.run(d.now.Add(time.Minute))
	require.Contains(t, d.ask("explain "+a.ID), "No notifications: silenced until Mon 15 Jun 14:")
	require.Equal(t, "critical for 10 min of 30 min · warning for 20 min of 30 min", tooShortText(bot.Explanation{TooShort: []bot.TooShort{
		{Level: rules.Critical, For: 10 * time.Minute, Need: 30 * time.Minute}, {Level: rules.Warning, For: 20 * time.Minute, Need: 30 * time.Minute},
	}}))
}

// If Notehub has not been read for long, an explanation is of what was found then, and says so: of today nothing is known.
func TestExplanationsAreAsOfTheLastPollIfThatIsLongAgo(t *testing.T) {
	d := newAskDesk(t, usualScene())
	a := d.spike()
	fresh := d.ask("explain " + a.ID)
	require.NotContains(t, fresh, "Last successful poll")
	d.now = midday.Add(20 * time.Hour)
	stale := d.ask("explain " + a.ID)
	require.Contains(t, stale, "Last successful poll: Mon 15 Jun 12:")
	require.Contains(t, stale, "20 h ago. This is the state at that time.")
	require.Contains(t, stale, "as of Mon 15 Jun 12:")
	shown := regexp.MustCompile("(?s)```.*```")
	require.Equal(t, shown.FindString(fresh), shown.FindString(stale))
	require.Contains(t, shown.FindString(stale), "events.today")
}

// Not every alert has a rule that can be explained.
func TestAlertsThatCannotBeExplained(t *testing.T) {
	d := newAskDesk(t, usualScene())
	_, _, err := d.bot.Drill(t.Context(), "event-spike", d.bot.Config().Projects[0])
	require.NoError(t, err)
	q := d.answerer.question(slackapp.Command{})
	for want, a := range map[string]rules.Alert{
		"Alert a1b2 is a drill. There is nothing to explain.":                        {ID: "a1b2", Drill: true},
		"Alert a1b2 is about notewatch itself; there is no rule to explain: on-call": {ID: "a1b2", Texts: rules.Texts{Summary: "on-call"}},
		"The rule old-rule of alert a1b2 is no longer in the rules file.":            {ID: "a1b2", Rule: "old-rule", Project: coldChainUID},
	} {
		_, err := q.explainAlert(t.Context(), a)
		require.EqualError(t, err, want)
	}
	require.Contains(t, d.ask("alerts"), "· drill ·")
}

func TestAlertsInOneLine(t *testing.T) {
	pending := rules.Alert{
		ID: "a1b2", Rule: "r", Project: coldChainUID, State: rules.Pending, Since: midday.Add(-time.Minute), Texts: rules.Texts{Project: "cold-chain"},
	}
	link := linkTo(notify.Named{Name: "cold-chain", URL: "https://notehub.io/project/" + coldChainUID})
	require.Equal(t, "*pending* "+link+" · r · since Mon 15 Jun 11:59 UTC, 1 min ago · `a1b2`", alertText(lookup.AlertOf(pending, midday, nil), midday))
}
