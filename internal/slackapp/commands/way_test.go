package commands_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/slackapp"
	"notewatch/notify/notifytest"
	"notewatch/rules"
)

var (
	amyThere = notifytest.Asker{ID: amy.ID, Name: amy.Name, Channel: teamChannel}
	bobThere = notifytest.Asker{ID: bob.ID, Name: bob.Name, Channel: teamChannel}
)

// A way is how Slack tells an App of presses. Each is told of twice.
type way func(s *stage, asked ...notifytest.Asked)

var ways = map[string]way{"HTTP": overHTTP, "socket": overSocket, "two processes": overTwoProcesses}

// overHTTP tells a new App of presses and waits until it has done them.
func overHTTP(s *stage, asked ...notifytest.Asked) {
	s.t.Helper()
	app := s.newApp("")
	web := httptest.NewServer(app.Handler())
	defer web.Close()
	s.atWork(app, func() {
		for _, a := range append(asked, asked...) {
			require.Equal(s.t, http.StatusOK, s.request(web, a, stageSecret, stageTime()))
		}
	})
}

// overTwoProcesses tells two new Apps of presses, each of each, and waits until they have done them.
func overTwoProcesses(s *stage, asked ...notifytest.Asked) {
	s.t.Helper()
	one, other := s.newApp(""), s.newApp("")
	first, second := httptest.NewServer(one.Handler()), httptest.NewServer(other.Handler())
	defer first.Close()
	defer second.Close()
	s.atWork(one, func() {
		s.atWork(other, func() {
			for _, a := range asked {
				require.Equal(s.t, http.StatusOK, s.request(first, a, stageSecret, stageTime()))
				require.Equal(s.t, http.StatusOK, s.request(second, a, stageSecret, stageTime()))
			}
		})
	})
}

// request sends a signed request and returns the status that it is answered with.
func (s *stage) request(web *httptest.Server, asked notifytest.Asked, secret string, signed time.Time) int {
	s.t.Helper()
	req, err := asked.Request(s.t.Context(), web.URL, secret, signed)
	require.NoError(s.t, err)
	resp, err := web.Client().Do(req)
	require.NoError(s.t, err)
	require.NoError(s.t, resp.Body.Close())
	return resp.StatusCode
}

// overSocket tells a new App of presses and waits until it has done them.
func overSocket(s *stage, asked ...notifytest.Asked) {
	s.t.Helper()
	s.atWork(s.newApp("xapp-token"), func() {
		s.sockets++ // what is sent over one that is being closed is lost
		require.NoError(s.t, s.slack.AwaitConnection(s.t.Context(), s.sockets))
		for _, a := range append(asked, asked...) {
			envelope := s.slack.Envelope(a)
			require.NoError(s.t, s.slack.Deliver(s.t.Context(), envelope))
			require.NoError(s.t, s.slack.AwaitAck(s.t.Context(), envelope))
		}
	})
}

// atWork does something while an App runs, which then does all that it has heard of before it stops.
func (s *stage) atWork(app *slackapp.App, do func()) {
	ctx, stop := context.WithCancel(s.t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		app.Run(ctx)
	}()
	defer func() {
		stop()
		<-stopped
	}()
	do()
}

// pressedBy is the press of what the newest message offers, as Slack tells of it.
func (s *stage) pressedBy(who notifytest.Asker, offer string) notifytest.Asked {
	s.t.Helper()
	action, _, _ := strings.Cut(offer, " ")
	value, ok := s.offered(s.newest())[offer]
	require.True(s.t, ok)
	return s.slack.Press(who, s.newest(), action, value)
}

// told returns what one person was told of, in order.
func (s *stage) told(who notifytest.Asker) (texts []string) {
	for _, answer := range s.slack.Answers() {
		if answer.User == who.ID && !answer.Public {
			texts = append(texts, answer.Text)
		}
	}
	return texts
}

// From the press in Slack to what the channel and PagerDuty show, with a process that dies in between.
func TestPressesFromSlackToSlackAndPagerDuty(t *testing.T) {
	for name, tell := range ways {
		t.Run(name, func(t *testing.T) {
			s := fired(t)
			ack := s.pressedBy(amyThere, "ack")
			tell(s, ack)
			s.open()
			s.settle()
			require.Contains(t, s.newest().Text, "acknowledged by amy")
			actions, _ := s.paged()
			require.Equal(t, []string{"trigger", "acknowledge"}, actions)

			tell(s, s.pressedBy(bobThere, "snooze for 1 hour"))
			s.open()
			s.settle()
			require.Contains(t, s.newest().Text, "silenced until Mon 15 Jun 13:00 UTC by bob")
			require.Len(t, s.silences(), 1)
			require.Empty(t, s.slack.Answers(), "the message said it all")

			tell(s, s.pressedBy(bobThere, "explain"))
			tell(s, s.pressedBy(bobThere, "usage"))
			require.Len(t, s.told(bobThere), 2)
			for _, text := range s.told(bobThere) {
				require.Contains(t, text, s.alert("silent-device").Texts.Subject)
			}

			tell(s, s.slack.Press(amyThere, s.newest(), "ack", s.offered(s.newest())["unack"]))
			require.Equal(t, []string{"You already acknowledged it, at Mon 15 Jun 12:00 UTC."}, s.told(amyThere))
			s.run(june15.Add(4 * day))
			require.Contains(t, s.newest().Text, "RESOLVED")
			actions, _ = s.paged()
			require.Equal(t, []string{"trigger", "acknowledge", "resolve"}, actions)
			history := []rules.Event{rules.Fired, rules.Acknowledged, rules.Muted, rules.Unmuted, rules.EventResolved}
			require.Equal(t, history, s.history("silent-device"))
		})
	}
}

// Presses below a copy, by somebody in another channel or of another company, or of something made up, have no effect.
func TestPressesThatAreNotBelowTheMessageAreAnswered(t *testing.T) {
	for name, tell := range ways {
		t.Run(name, func(t *testing.T) {
			s := fired(t)
			m, value := s.newest(), s.offered(s.newest())["ack"]
			elsewhere, stranger := amyThere, amyThere
			elsewhere.Channel, stranger.Team = "C9999999999", "T9999999999"
			copied := m
			copied.TS = "1768226799.000001"
			asked := []notifytest.Asked{
				s.slack.Press(elsewhere, m, "ack", value),
				s.slack.Press(amyThere, copied, "ack", value),
				s.slack.Press(stranger, m, "ack", value),
				s.slack.Press(amyThere, m, "ack", "made-up"),
				s.slack.Press(amyThere, m, "snooze", "99h "+value),
				s.slack.Press(amyThere, m, "launch", value),
			}
			tell(s, asked...)
			require.Len(t, s.told(amyThere), len(asked), "each is answered, once")
			require.Equal(t, []rules.Event{rules.Fired}, s.history("silent-device"))
			require.Empty(t, s.silences())
		})
	}
}

// A press that Slack has not signed, or that was signed long ago, is not done.
func TestForgedPressesDoNothing(t *testing.T) {
	s := fired(t)
	ack := s.pressedBy(amyThere, "ack")
	app := s.newApp("")
	web := httptest.NewServer(app.Handler())
	defer web.Close()
	s.atWork(app, func() {
		require.Equal(t, http.StatusUnauthorized, s.request(web, ack, "another secret", stageTime()))
		require.Equal(t, http.StatusUnauthorized, s.request(web, ack, stageSecret, stageTime().Add(-6*time.Minute)))
		require.Equal(t, http.StatusUnauthorized, s.request(web, ack, stageSecret, stageTime().Add(6*time.Minute)))
	})
	require.Equal(t, []rules.Event{rules.Fired}, s.history("silent-device"))
	require.Empty(t, s.slack.Answers())
}

// All people of a channel press at once, over both ways.
func TestPressesOfManyPeopleAtOnce(t *testing.T) {
	for name, tell := range ways {
		t.Run(name, func(t *testing.T) {
			s := fired(t)
			var asked []notifytest.Asked
			for i := range 12 {
				who := notifytest.Asker{ID: "U" + string(rune('A'+i)), Channel: teamChannel}
				asked = append(asked, s.pressedBy(who, []string{"ack", "snooze until it ends"}[i%2]))
			}
			tell(s, asked...)
			require.Len(t, s.silences(), 1)
			s.settle()
			require.ElementsMatch(t, []rules.Event{rules.Fired, rules.Acknowledged, rules.Muted}, s.history("silent-device"))
			require.Len(t, s.slack.Answers(), len(asked)-2, "to all but two it is said that somebody was faster")
		})
	}
}
