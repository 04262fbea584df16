package slack_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
	"notewatch/notify/slack"
)

// posted returns a Slack that has shown n, where that is, and the server.
func posted(t *testing.T, n notify.Notification) (*slack.Bot, notify.Ref, *notifytest.Slack) {
	t.Helper()
	server := newSlackServer(t)
	receiver := newSlack(t, server.URL)
	ref, err := receiver.Send(t.Context(), n, nil)
	require.NoError(t, err)
	require.Len(t, server.Messages(channel), 1)
	return receiver, ref, server
}

// thread returns what the thread of the only message says.
func thread(t *testing.T, server *notifytest.Slack) []notifytest.Message {
	t.Helper()
	messages := server.Messages(channel)
	require.Len(t, messages, 1)
	return server.Replies(channel, messages[0].TS)
}

// The message always shows what is; its thread, and the channel through it, are only told what people would miss.
func TestSlackThreadNotes(t *testing.T) {
	const (
		device = "<https://notehub.io/device/dev:864475044204365|sensor-14> · "
		firing = "bytes.used 41.2 MB (103 %) · limit 40 MB · usual day 1.25 MB · "
		over   = "bytes.used now 3.1 MB · peak 41.2 MB (103 %) · limit 40 MB · usual day 1.25 MB · " +
			"lasted 2 h 30 min · rule data-budget"
	)
	for _, test := range []struct {
		sample    string
		broadcast bool
		note      string // "" is none
	}{
		{"escalated", true, "*ESCALATED critical*  " + device + "was warning · " + firing + "for 15 min · rule data-budget"},
		{"unmuted_worse", true, "*ESCALATED critical*  " + device + "was warning · " + firing + "for 15 min · rule data-budget"},
		{"reminded", true, "*REMINDER critical*  " + device + firing + "for 2 d 3 h · rule data-budget"},
		{"deescalated", false, "*DE-ESCALATED warning*  " + device + "was critical · bytes.used 38 MB (95 %) · peak 41.2 MB · " +
			"limit 40 MB · usual day 1.25 MB · for 15 min · rule data-budget"},
		{"resolved", false, "*RESOLVED*  " + device + over},
		{"drill_resolved", false, "*DRILL: RESOLVED*  " + device + over},
		{"period_ended", false, "*PERIOD ENDED*  " + device + "bytes.used at the end 44.8 MB (112 %) · " +
			"limit 40 MB · usual day 1.25 MB · lasted 19 d 10 h · rule data-budget"},
		{"corrected", false, "*CORRECTED*  " + device + "bytes.used now 3.1 MB (7 %) · limit 40 MB · usual day 1.25 MB · " +
			"corrected: bytes.used 41.2 MB is 3.1 MB · lasted 2 h 30 min · rule data-budget"},
		{"withdrawn", false, "*WITHDRAWN*  " + device + "bytes.used 41.2 MB (103 %) · limit 40 MB · usual day 1.25 MB · " +
			"rule removed · lasted 2 h 30 min · rule data-budget"},
		{"updated", false, ""},
		{"quiet", false, ""},
		{"muted", false, ""},
		{"unmuted", false, ""},
		{"acknowledged", false, ""},
		{"unacknowledged", false, ""},
	} {
		t.Run(test.sample, func(t *testing.T) {
			receiver, ref, server := posted(t, fixture.Notification(firingBefore()))
			alert := fixture.SampleNamed(t, test.sample)
			again, err := receiver.Send(t.Context(), fixture.Notification(alert), ref)
			require.NoError(t, err)
			require.JSONEq(t, string(ref), string(again))
			require.Equal(t, 1, server.Messages(channel)[0].Edits)
			replies := thread(t, server)
			if test.note == "" {
				require.Empty(t, replies)
				return
			}
			require.Len(t, replies, 1)
			require.Equal(t, test.note, replies[0].Text)
			require.Equal(t, test.broadcast, replies[0].Broadcast)

			quiet := fixture.Notification(alert)
			quiet.Quiet = true
			_, err = receiver.Send(t.Context(), quiet, ref)
			require.NoError(t, err)
			require.Equal(t, 2, server.Messages(channel)[0].Edits)
			require.Len(t, thread(t, server), 1, "nobody is disturbed")

			alert.Changed = false
			_, err = receiver.Send(t.Context(), fixture.Notification(alert), ref)
			require.NoError(t, err)
			require.Len(t, thread(t, server), 1, "nothing changed")
		})
	}
}

// firingBefore is firing as it was before the other samples.
func firingBefore() notify.Alert {
	return fixture.With(func(a *notify.Alert) { a.Level, a.Value = "warning", 33e6 })
}

func TestSlackThreadNotesOfSeveral(t *testing.T) {
	alerts := fixture.Fleet(12)
	for i := range alerts {
		alerts[i].State, alerts[i].Reason, alerts[i].EndedAt = "firing", "fired", time.Time{}
	}
	receiver, ref, server := posted(t, fixture.Notification(alerts...))
	for i := range alerts {
		a := &alerts[i]
		a.Changed, a.Was = i < 7, a.Level
		switch {
		case i == 3:
			a.Level, a.Was = "critical", "warning"
		case i == 4:
			a.Level, a.Was, a.Mute = "critical", "warning", "silenced until 18:00 UTC by amy"
		case i < 7:
			fixture.Ended(a)
		}
	}
	_, err := receiver.Send(t.Context(), fixture.Notification(alerts...), ref)
	require.NoError(t, err)
	replies := thread(t, server)
	require.Len(t, replies, 2, "the full list and a note")
	require.Equal(t, "*ESCALATED critical*  data-budget: sensor-3 · "+
		"*RESOLVED*  data-budget: sensor-0, sensor-1, sensor-2 and 2 more · 7 of 12 still firing", replies[1].Text)
	require.True(t, replies[1].Broadcast)
	require.Contains(t, server.Messages(channel)[0].Text, "data-budget: 7 of 12 still firing")

	for i := range alerts {
		fixture.Ended(&alerts[i])
		alerts[i].Changed = i == 11
	}
	_, err = receiver.Send(t.Context(), fixture.Notification(alerts...), ref)
	require.NoError(t, err)
	replies = thread(t, server)
	const last = `^\*RESOLVED\*  sensor-11 · .* · lasted 2 h 30 min · rule data-budget · 0 of 12 still firing$`
	require.Regexp(t, last, replies[2].Text)
	require.False(t, replies[2].Broadcast)
	require.Contains(t, server.Messages(channel)[0].Text, "RESOLVED: data-budget: all 12 alerts in cold-chain have ended")
}

func TestSlackQuietPostsNothing(t *testing.T) {
	quiet := fixture.Notification(fixture.With(fixture.Ended))
	quiet.Quiet = true

	server := newSlackServer(t)
	ref, err := newSlack(t, server.URL).Send(t.Context(), quiet, nil)
	require.ErrorIs(t, err, notify.ErrSkipped)
	require.Empty(t, ref)
	require.Empty(t, server.Calls())

	for _, code := range []string{"message_not_found", "edit_window_closed", "channel_not_found", "is_archived"} {
		receiver, ref, server := posted(t, fixture.Notification(fixture.Firing()))
		server.Fail(notifytest.Code(code))
		again, err := receiver.Send(t.Context(), quiet, ref)
		require.ErrorIs(t, err, notify.ErrSkipped)
		require.JSONEq(t, string(ref), string(again))
		require.Len(t, server.Calls(), 2, "a post and an update that failed")
	}
}

func TestSlackRepeatsANoteThatMayStillArrive(t *testing.T) {
	for name, fault := range map[string]notifytest.Fault{
		"rate limited": notifytest.RateLimited("7"), "broken": notifytest.Status(500, ""), "cut": notifytest.Cut(),
		"code": notifytest.Code("internal_error"),
	} {
		t.Run(name, func(t *testing.T) {
			receiver, ref, server := posted(t, fixture.Notification(fixture.Firing()))
			server.Fail(notifytest.Fault{}, fault)
			_, err := receiver.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
			failure, ok := errors.AsType[*notify.Error](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, notify.Temporary, failure.Class)
			require.Contains(t, server.Messages(channel)[0].Text, "RESOLVED")
			require.Empty(t, thread(t, server))

			_, err = receiver.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
			require.NoError(t, err)
			require.Len(t, thread(t, server), 1)
			require.Equal(t, 2, server.Messages(channel)[0].Edits, "to update again does no harm")
		})
	}
}

// A note that is not known to be taken later must not keep waiting what else there is to post.
func TestSlackUpdateStandsWhenItsNoteIsRefused(t *testing.T) {
	for code := range classes {
		t.Run(code, func(t *testing.T) {
			receiver, ref, server := posted(t, fixture.Notification(fixture.Firing()))
			server.Fail(notifytest.Fault{}, notifytest.Code(code))
			again, err := receiver.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
			require.Contains(t, server.Messages(channel)[0].Text, "RESOLVED")
			if slices.Contains(passing, code) {
				failure, ok := errors.AsType[*notify.Error](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, notify.Temporary, failure.Class)
				return
			}
			require.NoError(t, err)
			require.JSONEq(t, string(ref), string(again))
		})
	}
}

func TestSlackListThatIsRefusedIsNotTriedAgain(t *testing.T) {
	server := newSlackServer(t)
	receiver := newSlack(t, server.URL)
	server.Fail(notifytest.Fault{}, notifytest.Code("cannot_reply_to_message"))
	ref, err := receiver.Send(t.Context(), fixture.Notification(fixture.Fleet(12)...), nil)
	require.NoError(t, err)
	require.NotContains(t, string(ref), "unlisted")
}

func TestSlackPostedAfreshNeedsNoNote(t *testing.T) {
	receiver, ref, server := posted(t, fixture.Notification(fixture.Firing()))
	server.Delete(channel, server.Messages(channel)[0].TS)
	_, err := receiver.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
	require.NoError(t, err)
	require.Empty(t, thread(t, server))
}

func TestSlackListsAllAlertsInTheThreadOnce(t *testing.T) {
	receiver, ref, server := posted(t, fixture.Notification(fixture.Fleet(12)...))
	require.Len(t, thread(t, server), 1)
	require.False(t, thread(t, server)[0].Broadcast)
	require.Equal(t, 13, strings.Count(thread(t, server)[0].Text, "\n")+1, "a title and an alert a line")

	alerts := fixture.Fleet(12)
	for i := range alerts {
		alerts[i].Changed = false
	}
	_, err := receiver.Send(t.Context(), fixture.Notification(alerts...), ref)
	require.NoError(t, err)
	require.Len(t, thread(t, server), 1)

	_, _, server = posted(t, fixture.Notification(fixture.Fleet(5)...))
	require.Empty(t, thread(t, server), "the message shows all")
}

// The message says how to see all alerts, so that a list that could not be posted waits for the next change.
func TestSlackListThatFailedComesWithTheNextChange(t *testing.T) {
	server := newSlackServer(t)
	receiver := newSlack(t, server.URL)
	server.Fail(notifytest.Fault{}, notifytest.RateLimited("1"))
	ref, err := receiver.Send(t.Context(), fixture.Notification(fixture.Fleet(12)...), nil)
	require.NoError(t, err)
	require.Empty(t, thread(t, server))
	require.Contains(t, server.Messages(channel)[0].Text, "All 12: notewatch alerts --message msg_4kx0")

	alerts := fixture.Fleet(12)
	for i := range alerts {
		alerts[i].Changed = false
	}
	quiet := fixture.Notification(alerts...)
	quiet.Quiet = true
	ref, err = receiver.Send(t.Context(), quiet, ref)
	require.NoError(t, err)
	require.Empty(t, thread(t, server))

	server.Fail(notifytest.Fault{}, notifytest.Code("invalid_blocks"))
	ref, err = receiver.Send(t.Context(), fixture.Notification(alerts...), ref)
	require.NoError(t, err)
	require.Len(t, thread(t, server), 1)
	require.JSONEq(t, `[]`, string(thread(t, server)[0].Blocks), "refused once, it came as plain text")
	require.NotContains(t, string(ref), "unlisted")
}

func TestSlackListIsNotRepeatedWithItsNote(t *testing.T) {
	server := newSlackServer(t)
	receiver := newSlack(t, server.URL)
	alerts := fixture.Fleet(12)
	server.Fail(notifytest.Fault{}, notifytest.RateLimited("1"))
	ref, err := receiver.Send(t.Context(), fixture.Notification(alerts...), nil)
	require.NoError(t, err)
	server.Fail(notifytest.Fault{}, notifytest.RateLimited("1"))
	_, err = receiver.Send(t.Context(), fixture.Notification(alerts...), ref)
	require.Error(t, err)
	_, err = receiver.Send(t.Context(), fixture.Notification(alerts...), ref)
	require.NoError(t, err)
	replies := thread(t, server)
	require.Len(t, replies, 2)
	require.Contains(t, replies[0].Text, "*RESOLVED*")
	require.Contains(t, replies[1].Text, "All 12 alerts")
}

func TestSlackFullListFits(t *testing.T) {
	alerts := fixture.Fleet(400)
	for i := range alerts {
		alerts[i].Subject.Name = strings.Repeat("&", 60) + alerts[i].Subject.Name
	}
	_, _, server := posted(t, fixture.Notification(alerts...))
	require.Zero(t, refused(server))
	reply := thread(t, server)[0]
	require.Less(t, len(unescaped(t, reply.Blocks)), 12_000)
	lines := strings.Split(reply.Text, "\n")
	require.Regexp(t, `^and \d+ more: notewatch alerts --message msg_4kx0$`, lines[len(lines)-1])
	for _, line := range lines[1 : len(lines)-1] {
		require.Regexp(t, `^• \w+ (&amp;){60}sensor-\d+ · .* · [0-9a-f]{4}$`, line, "a subject is not split")
	}
}
