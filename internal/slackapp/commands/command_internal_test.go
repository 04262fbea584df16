package commands

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/slackapp"
	"notewatch/notify/notifytest"
)

// amyAsks is who types in these tests.
var amyAsks = notifytest.Asker{ID: "U0AMY", Name: "amy", Channel: teamRoom}

// Each word is answered whichever way Slack sends it, with blocks that Slack takes.
func TestEveryWordFromSlackAndBack(t *testing.T) {
	for way, open := range map[string]func(*askDesk) (send func(notifytest.Asked)){"HTTP": byHTTP, "socket": bySocket} {
		t.Run(way, func(t *testing.T) {
			d := newAskDesk(t, usualScene())
			d.ask("silence device hourly-sensor-2 for 2h because it is on the bench")
			send := open(d)
			for _, w := range commands() {
				for _, line := range w.lines(d.answerer.question(slackapp.Command{}).names(t.Context())) {
					asked := d.slack.Type(amyAsks, "/notewatch", line)
					send(asked)
					answer := d.answered(asked)
					require.NotContains(t, answer.Text, " says more.", line)
					require.NotEqual(t, "null", string(answer.Blocks), line)
					require.Equal(t, teamRoom, answer.Channel)
				}
			}
		})
	}
}

// What Slack delivers twice is done once.
func TestACommandThatComesTwiceHasOneEffect(t *testing.T) {
	for way, open := range map[string]func(*askDesk) (send func(notifytest.Asked)){"HTTP": byHTTP, "socket": bySocket} {
		t.Run(way, func(t *testing.T) {
			d := newAskDesk(t, usualScene())
			send := open(d)
			asked := d.slack.Type(amyAsks, "/notewatch", "silence device hourly-sensor-2 for 2h because it is on the bench")
			send(asked)
			send(asked)
			d.answered(asked)
			after := d.slack.Type(amyAsks, "/notewatch", "silences")
			send(after)
			require.Contains(t, d.answered(after).Text, "*1 silence*, 0 mute windows")
		})
	}
}

// answered waits for what was asked to be answered.
func (d *askDesk) answered(asked notifytest.Asked) notifytest.Answer {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute) // so that a test that fails says why
	defer cancel()
	answer, err := d.slack.AwaitAnswer(ctx, asked.ResponseURL)
	require.NoError(d.t, err, "answered so far: %v", d.slack.Answers())
	return answer
}

// byHTTP has the App at work, which takes requests.
func byHTTP(d *askDesk) func(notifytest.Asked) {
	d.atWork()
	web := httptest.NewServer(d.app.Handler())
	d.t.Cleanup(web.Close)
	return func(asked notifytest.Asked) {
		req, err := asked.Request(d.t.Context(), web.URL, signingSecret, time.Now())
		require.NoError(d.t, err)
		resp, err := web.Client().Do(req)
		require.NoError(d.t, err)
		require.NoError(d.t, resp.Body.Close())
		require.Equal(d.t, http.StatusOK, resp.StatusCode)
	}
}

// bySocket has the App at work on a socket.
func bySocket(d *askDesk) func(notifytest.Asked) {
	d.open("xapp-1")
	d.atWork()
	return func(asked notifytest.Asked) {
		envelope := d.slack.Envelope(asked)
		require.NoError(d.t, d.slack.Deliver(d.t.Context(), envelope))
		require.NoError(d.t, d.slack.AwaitAck(d.t.Context(), envelope))
	}
}

// atWork runs the App until the test ends.
func (d *askDesk) atWork() {
	ctx, stop := context.WithCancel(d.t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		d.app.Run(ctx)
	}()
	d.t.Cleanup(func() {
		stop()
		<-stopped
	})
}
