package slackapp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What a person is told is how the alert is when it comes to them, not how it was when they asked.
func TestAnAlertThatChangesWhileSomebodyTakesItOn(t *testing.T) {
	d := newAskDesk(t, usualScene())
	asked := d.spike()
	d.ask("ack " + asked.ID)
	q := d.app.question(Command{Person: Person{ID: "U0AMY", Name: "amy"}, Channel: teamRoom})
	p, err := q.takeOn(t.Context(), asked)
	require.NoError(t, err)
	require.Regexp(t, "^You have .* already, since Mon 15 Jun 12:0", p.reply().Text)

	d.run(midday.AddDate(0, 0, 2))
	_, err = q.takeOn(t.Context(), asked)
	require.EqualError(t, err, "Alert "+asked.ID+" has just ended: there is nothing to take on.")
}
