package bot_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/deliver"
	"notewatch/internal/secret"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/notify/notifytest"
	notifyslack "notewatch/notify/slack"
)

// slack adds the receiver "team", a Slack channel C1 that figures are kept up to date in.
func (r *rig) slack() *notifytest.Slack {
	slack := notifytest.NewSlack()
	r.t.Cleanup(slack.Close)
	sender, err := notifyslack.NewBot(notifyslack.BotConfig{Token: secret.New("xoxb-token"), Channel: "C1", APIURL: slack.URL})
	require.NoError(r.t, err)
	r.config.Receivers = append(r.config.Receivers, deliver.Receiver{
		Name: "team", Live: true, Lane: "slack C1", Pause: time.Second, Receiver: sender,
	})
	return slack
}

func TestSlackShowsTheNewestFigureWithoutAnotherMessage(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute)}, budget("1150")).hourly()
	slack := r.slack()
	r.rules(budget("1150"))
	r.open()
	r.run(monday.Add(12 * hour))
	require.Len(t, slack.Messages("C1"), 1)
	first := slack.Messages("C1")[0]
	r.run(monday.Add(30 * hour))
	require.Len(t, slack.Messages("C1"), 1)
	later := slack.Messages("C1")[0]
	require.Equal(t, first.TS, later.TS)
	require.NotEqual(t, first.Text, later.Text, "its figure has grown")
	require.True(t, later.HasChart(), "with the days so far against the limit")
	require.Empty(t, slack.Replies("C1", first.TS), "nobody is disturbed by it")
	require.Equal(t, []string{"fired"}, r.reasons("ops"), "a webhook is not told of every figure")
	r.requireTruth("ops")
}

func TestAChannelGetsOneMessageASecond(t *testing.T) {
	r := newRig(t, 6, []notehubtest.Incident{outage(4, monday.Add(2*hour), 2*day)}, silent())
	slack := r.slack()
	r.rules(silent())
	var sent []time.Time
	r.config.Receivers[1].Receiver = observed{r.config.Receivers[1].Receiver, func() { sent = append(sent, r.machineClock()) }}
	r.open()
	r.run(monday.Add(12 * hour))
	require.Len(t, slack.Messages("C1"), 4)
	for i := range len(sent) - 1 {
		require.GreaterOrEqual(t, sent[i+1].Sub(sent[i]), time.Second)
	}
}

// observed is a receiver that says when it is used.
type observed struct {
	notify.Receiver
	used func()
}

func (o observed) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	o.used()
	return o.Receiver.Send(ctx, n, ref)
}
