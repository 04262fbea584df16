package slack_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
	"notewatch/notify/slack"
)

var callsByLevel = map[string]string{"critical": "<!subteam^S012AB3CD>", "warning": "<@U024BE7LH>"}

func newCallingSlack(t *testing.T, url string) *slack.Bot {
	t.Helper()
	receiver, err := slack.NewBot(slack.BotConfig{
		Token: secret.New("xoxb-token"), Channel: channel, APIURL: url, Mention: callsByLevel,
	})
	require.NoError(t, err)
	return receiver
}

// pings are all the ways in which Slack's markup calls people.
var pings = regexp.MustCompile(`<[!@#][^>]*>`)

// called returns who a message calls, and checks that its text and what is seen of it call the same.
func called(t *testing.T, m notifytest.Message) []string {
	t.Helper()
	inText := pings.FindAllString(m.Text, -1)
	if seen := unescaped(t, m.Blocks) + unescaped(t, m.Attachments); seen != "[][]" {
		require.Equal(t, inText, pings.FindAllString(seen, -1))
	}
	return inText
}

// unescaped is raw JSON with < and > as they are read.
func unescaped(t *testing.T, raw []byte) string {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(raw, &value))
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(value))
	return strings.TrimSpace(b.String())
}

func TestSlackMentions(t *testing.T) {
	warning := func(change func(*notify.Alert)) notify.Alert {
		a := fixture.With(change)
		a.ID, a.Level = "5c11", "warning"
		return a
	}
	asIs := func(*notify.Alert) {}
	for name, test := range map[string]struct {
		alerts []notify.Alert
		calls  []string
	}{
		"critical":     {[]notify.Alert{fixture.Firing()}, []string{"<!subteam^S012AB3CD>"}},
		"warning":      {[]notify.Alert{warning(asIs)}, []string{"<@U024BE7LH>"}},
		"both":         {[]notify.Alert{warning(asIs), fixture.Firing(), fixture.Firing()}, []string{"<!subteam^S012AB3CD>", "<@U024BE7LH>"}},
		"nobody":       {[]notify.Alert{fixture.With(func(a *notify.Alert) { a.Level = "info" })}, nil},
		"drill":        {[]notify.Alert{fixture.SampleNamed(t, "drill")}, []string{"<!subteam^S012AB3CD>"}},
		"muted":        {[]notify.Alert{fixture.With(func(a *notify.Alert) { a.Mute = "by amy" })}, nil},
		"over":         {[]notify.Alert{fixture.SampleNamed(t, "fired_and_resolved")}, nil},
		"report":       {[]notify.Alert{fixture.With(func(a *notify.Alert) { a.Reason = "reported" })}, nil},
		"late figures": {[]notify.Alert{fixture.SampleNamed(t, "revised")}, nil},
		"not news":     {[]notify.Alert{fixture.SampleNamed(t, "updated")}, nil},
		"reminder":     {[]notify.Alert{fixture.SampleNamed(t, "reminded")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			server := newSlackServer(t)
			_, err := newCallingSlack(t, server.URL).Send(t.Context(), fixture.Notification(test.alerts...), nil)
			require.NoError(t, err)
			require.Equal(t, test.calls, called(t, server.Messages(channel)[0]))

			incoming, err := slack.NewWebhook(slack.WebhookConfig{
				URL: secret.New(server.WebhookURL), AllowPrivate: true, Mention: callsByLevel,
			})
			require.NoError(t, err)
			_, err = incoming.Send(t.Context(), fixture.Notification(test.alerts...), nil)
			require.NoError(t, err)
			require.Equal(t, test.calls, called(t, server.Messages(notifytest.IncomingChannel)[0]))
		})
	}
}

func TestSlackMentionsInTheThread(t *testing.T) {
	for sample, calls := range map[string][]string{
		"escalated": {"<!subteam^S012AB3CD>"}, "deescalated": nil, "reminded": nil, "resolved": nil,
	} {
		server := newSlackServer(t)
		receiver := newCallingSlack(t, server.URL)
		ref, err := receiver.Send(t.Context(), fixture.Notification(firingBefore()), nil)
		require.NoError(t, err)
		_, err = receiver.Send(t.Context(), fixture.Notification(fixture.SampleNamed(t, sample)), ref)
		require.NoError(t, err)
		require.Empty(t, called(t, server.Messages(channel)[0]), "an update calls nobody")
		require.Equal(t, calls, called(t, thread(t, server)[0]), sample)
	}
}

// Only the configuration calls people or makes links, whatever is written in names and rules.
func TestSlackOutsideTextCallsNobody(t *testing.T) {
	fields := map[string]func(*notify.Alert, string){
		"device":      func(a *notify.Alert, s string) { a.Subject.Name = s },
		"device UID":  func(a *notify.Alert, s string) { a.Subject.UID = s },
		"device URL":  func(a *notify.Alert, s string) { a.Subject.URL = s },
		"project":     func(a *notify.Alert, s string) { a.Project.Name = s },
		"project URL": func(a *notify.Alert, s string) { a.Project.URL = "https://h.example/" + s },
		"rule":        func(a *notify.Alert, s string) { a.Rule = s },
		"summary":     func(a *notify.Alert, s string) { a.Summary = s },
		"advice":      func(a *notify.Alert, s string) { a.Advice = s },
		"detail":      func(a *notify.Alert, s string) { a.Detail = []string{s} },
		"body":        func(a *notify.Alert, s string) { a.Body = "one\n" + s },
		"figure":      func(a *notify.Alert, s string) { a.Figure, a.Trend = s, fixture.Trend(5) },
		"unit":        func(a *notify.Alert, s string) { a.Unit, a.Trend = s, fixture.Trend(5) },
		"mute":        func(a *notify.Alert, s string) { a.Mute = s },
		"ack":         func(a *notify.Alert, s string) { a.Ack = s },
		"level":       func(a *notify.Alert, s string) { a.Level = s },
	}
	for name, set := range fields {
		for _, text := range []string{
			"<!channel>", "<!here|x>", "<@U024BE7LH>", "<!subteam^S012AB3CD>", "<https://evil.example|x>", "@here", "@channel",
			"*", "`", "```<!here>```", "|", ">", "|x> <!here>", "&lt;!here&gt;", "<#C0123456789>",
		} {
			receiver, ref, server := posted(t, fixture.Notification(firingBefore()))
			require.Empty(t, called(t, server.Messages(channel)[0]))
			nasty := fixture.SampleNamed(t, "escalated")
			set(&nasty, text)
			other := nasty
			other.ID, other.Rule = "5c11", "another"
			for _, n := range []notify.Notification{fixture.Notification(nasty), fixture.Notification(nasty, other)} {
				_, err := receiver.Send(t.Context(), n, ref)
				require.NoError(t, err)
			}
			for _, m := range append(server.Messages(channel), thread(t, server)...) {
				require.Empty(t, called(t, m), "%s %q", name, text)
				require.NotContains(t, m.Text+unescaped(t, m.Attachments), "<https://evil.example", "%s %q", name, text)
			}
			require.Zero(t, refused(server))
			for _, call := range server.Calls() {
				require.Equal(t, "none", call.Form.Get("parse"), "or @here would call people")
				require.Equal(t, "false", call.Form.Get("link_names"))
			}
		}
	}
}

func TestSlackMentionConfig(t *testing.T) {
	for mention, ok := range map[string]bool{
		"<@U024BE7LH>": true, "<@W024BE7LH>": true, "<!subteam^S012AB3CD>": true, "<!here>": true, "<!channel>": true,
		"": false, "@here": false, "<!everyone>": false, "<@U1> <@U2>": false, "<@u024be7lh>": false, "<!here": false,
		"<https://h.example|x>": false, "<!subteam^S1|@ops>": false, " <!here>": false,
	} {
		byLevel := map[string]string{"warning": mention}
		url := secret.New("https://hooks.slack.com/services/T/B/x")
		for _, err := range []error{
			slack.BotConfig{Token: secret.New("xoxb-1"), Channel: channel, Mention: byLevel}.Validate(),
			slack.WebhookConfig{URL: url, Mention: byLevel}.Validate(),
		} {
			if ok {
				require.NoError(t, err, mention)
			} else {
				require.ErrorContains(t, err, "of level warning: it has to be <@U…>, <!subteam^S…>, <!here> or <!channel>")
			}
		}
	}
	byLevel := map[string]string{"fatal": "<!here>"}
	err := slack.BotConfig{Token: secret.New("xoxb-1"), Channel: channel, Mention: byLevel}.Validate()
	require.EqualError(t, err, `the mention of level "fatal": levels are info, warning and critical`)
}
