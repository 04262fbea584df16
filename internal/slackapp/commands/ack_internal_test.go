package commands

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/slackapp"
)

// What the channel is told of it names the person.
func TestWhatIsTakenOnIsSharedWithAName(t *testing.T) {
	d := newAskDesk(t, usualScene())
	bob := slackapp.Command{Person: slackapp.Person{ID: "U0BOB", Name: "bob"}, Channel: teamRoom, Text: "ack " + d.spike().ID + " share"}
	for _, want := range []string{
		`^amy acknowledged .*: no reminders until it escalates\.`,
		`^amy already acknowledged .*, at Mon 15 Jun 12:0`,
	} {
		shared := d.from(teamRoom, bob.Text)
		require.True(t, shared.Public)
		require.Regexp(t, want, shared.Text)
		require.NotRegexp(t, `(?i)\byou`, shared.Text)
	}
	require.Regexp(t, `^bob acknowledged .*, replacing amy\.`, d.answerer.Command(t.Context(), bob).Text)
}

// What a person is told is how the alert is when it comes to them, not how it was when they asked.
func TestAnAlertThatChangesWhileSomebodyTakesItOn(t *testing.T) {
	d := newAskDesk(t, usualScene())
	asked := d.spike()
	d.ask("ack " + asked.ID)
	q := d.answerer.question(slackapp.Command{Person: slackapp.Person{ID: "U0AMY", Name: "amy"}, Channel: teamRoom})
	p, err := q.acknowledge(t.Context(), asked)
	require.NoError(t, err)
	require.Regexp(t, "^You already acknowledged .*, at Mon 15 Jun 12:0", p.reply().Text)

	d.run(midday.AddDate(0, 0, 2))
	_, err = q.acknowledge(t.Context(), asked)
	require.EqualError(t, err, "Alert "+asked.ID+" has just ended and cannot be acknowledged.")
}
