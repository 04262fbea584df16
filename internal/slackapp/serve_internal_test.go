package slackapp

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notify/notifytest"
)

// A panic is a bug, not the end: the person is told, the log has where, and nothing of what was typed.
func TestPanic(t *testing.T) {
	for name, test := range map[string]struct {
		fall func(Command)
		want string
	}{
		"of the runtime": {func(c Command) { _ = c.Text[len(c.Text)+len(c.Text[:0]):][:1] }, "slice bounds out of range"},
		"of ours":        {func(c Command) { panic("what to do with " + c.Text) }, "a string"},
		"an error":       {func(c Command) { panic(fmt.Errorf("reading %q", c.Text)) }, "a *errors.errorString"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, plan{command: func(_ context.Context, c Command) Reply {
				if c.Text != "status" {
					test.fall(c)
				}
				return Reply{Text: "fine"}
			}})
			asked := b.slack.Type(ann, "/notewatch", "private words")
			b.deliver(asked)
			require.Equal(t, SorryText, b.answer(asked))
			next := b.slack.Type(ann, "/notewatch", "status")
			b.deliver(next)
			require.Equal(t, "fine", b.answer(next))
			b.stop()
			require.Contains(t, b.log.String(), "level=ERROR")
			require.Contains(t, b.log.String(), test.want)
			require.Contains(t, b.log.String(), "serve_internal_test.go")
			require.NotContains(t, b.log.String(), "private words")
			require.Equal(t, "1", b.count(`requests_total{kind="command",result="unanswered"}`))
			require.Equal(t, "1", b.count(`requests_total{kind="command",result="answered"}`))
		})
	}
}

// Who comes when too many wait is told so; the others are answered.
func TestBusy(t *testing.T) {
	begun, free := make(chan struct{}), make(chan struct{})
	b := newBench(t, plan{command: func(_ context.Context, c Command) Reply {
		begun <- struct{}{}
		<-free
		return Reply{Text: "done " + c.Text}
	}})
	send := func(n int) notifytest.Asked {
		asked := b.slack.Type(ann, "/notewatch", fmt.Sprint(n))
		require.Equal(t, http.StatusOK, b.send(asked))
		return asked
	}
	for n := range workers {
		send(n)
		<-begun
	}
	for n := range queued {
		send(workers + n)
	}
	require.Equal(t, busyText, b.answer(send(workers+queued)))
	require.Equal(t, "1", b.count(`requests_total{kind="command",result="busy"}`))

	close(free)
	for range queued {
		<-begun
	}
	answers, err := b.slack.AwaitAnswers(t.Context(), workers+queued+1)
	require.NoError(t, err)
	require.Len(t, answers, workers+queued+1)
}

// What has come when the App stops is still answered; what comes later is refused, so that Slack says so.
func TestStop(t *testing.T) {
	begun, free := make(chan struct{}, workers), make(chan struct{})
	b := newBench(t, plan{command: func(_ context.Context, c Command) Reply {
		begun <- struct{}{}
		<-free
		return Reply{Text: "done " + c.Text}
	}})
	var all []notifytest.Asked
	for n := range workers + 3 {
		asked := b.slack.Type(ann, "/notewatch", fmt.Sprint(n))
		require.Equal(t, http.StatusOK, b.send(asked))
		all = append(all, asked)
	}
	for range workers {
		<-begun
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		b.stop()
	}()
	close(free)
	for n, asked := range all {
		require.Equal(t, fmt.Sprint("done ", n), b.answer(asked))
	}
	<-stopped
	require.Equal(t, http.StatusServiceUnavailable, b.send(b.slack.Type(ann, "/notewatch", "late")))
}

// What does not end by itself is given up some time after the App was told to stop.
func TestStopIsBounded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	lingering, release := extendContext(ctx, time.Millisecond)
	defer release()
	require.NoError(t, lingering.Err())
	cancel()
	<-lingering.Done()
}

// In a channel that is shared with other companies, their people see the buttons too.
func TestForeigners(t *testing.T) {
	b := newBench(t, plan{})
	eve := notifytest.Asker{ID: "U0000000EVE", Name: "eve", Channel: ann.Channel, Team: "T0OTHER"}
	for _, asked := range []notifytest.Asked{
		b.slack.Type(eve, "/notewatch", "status"),
		b.slack.Press(eve, notifytest.Message{Channel: ann.Channel, TS: "1.1"}, "ack", "M1"),
	} {
		b.deliver(asked)
		require.Equal(t, "notewatch answers only members of its own Slack workspace.", b.answer(asked))
	}
	asked := b.slack.Type(ann, "/notewatch", "status")
	b.deliver(asked)
	require.Equal(t, "you typed status", b.answer(asked))
	b.stop()
	require.Equal(t, "1", b.count(`requests_total{kind="command",result="refused"}`))
	require.Equal(t, "1", b.count(`requests_total{kind="press",result="refused"}`))
	require.Equal(t, "1", b.count(`requests_total{kind="command",result="answered"}`))
}

// Where the app belongs to an Enterprise organization, what comes names that too, whoever asks. People are known by their own
// workspace, or by their organization where Slack gives it in place of that.
func TestForeignersOfAnOrganization(t *testing.T) {
	a := &App{workspace: &workspace{team: "T1", enterprise: "E1"}}
	press := func(user, team string) request {
		r, err := a.pressInJSON([]byte(`{"type":"block_actions","user":{"id":"U1"` + user + `},"team":` + team + `,
			"enterprise":{"id":"E1"},"is_enterprise_install":false,"actions":[{"action_id":"ack","value":"M1"}]}`))
		require.NoError(t, err)
		return r
	}
	command := func(team, enterprise string) request {
		r, err := a.commandInForm(url.Values{"user_id": {"U1"}, "channel_id": {"C1"}, "team_id": {team}, "enterprise_id": {enterprise}})
		require.NoError(t, err)
		return r
	}
	for name, test := range map[string]struct {
		asked request
		ours  bool
	}{
		"pressed by one of us":                               {press(`,"team_id":"T1"`, `{"id":"T1","enterprise_id":"E1"}`), true},
		"pressed by one of us, of another workspace":         {press(`,"team_id":"T2"`, `{"id":"T2","enterprise_id":"E1"}`), true},
		"pressed by one of us, named by the organization":    {press(`,"team_id":"E1"`, `{"id":"T1","enterprise_id":"E1"}`), true},
		"pressed by somebody whose workspace is not said":    {press("", `{"id":"T1","enterprise_id":"E1"}`), false},
		"pressed by a guest below our message":               {press(`,"team_id":"T9"`, `{"id":"T1","enterprise_id":"E1"}`), false},
		"pressed by a guest, named by their organization":    {press(`,"team_id":"E9"`, `{"id":"T1","enterprise_id":"E1"}`), false},
		"pressed by a guest, with their own workspace":       {press(`,"team_id":"T9"`, `{"id":"T9","enterprise_id":"E9"}`), false},
		"pressed by a guest of no organization":              {press(`,"team_id":"T9"`, `{"id":"T9"}`), false},
		"pressed by a guest below a message of no workspace": {press(`,"team_id":"T9"`, "null"), false},
		"typed by one of us":                                 {command("T1", "E1"), true},
		"typed by a guest in our organization":               {command("T9", "E1"), false},
		"typed by a guest":                                   {command("T9", "E9"), false},
	} {
		require.Equal(t, test.ours, a.workspace.check(t.Context(), test.asked.team, test.asked.enterprise) == nil, name)
	}
}

// Without knowing whose it is, the bot answers nobody; it asks again each time.
func TestHomeUnknown(t *testing.T) {
	b := newBench(t, plan{hold: true})
	b.slack.FailMethod("auth.test", notifytest.Code("invalid_auth"), notifytest.Status(500, ""))
	b.run()
	require.NoError(t, b.log.await(t.Context(), "asking Slack whose bot this is"))
	require.Contains(t, b.log.String(), `Slack says \"invalid_auth\": check the token`)
	for _, want := range []string{SorryText, "you typed status"} {
		asked := b.slack.Type(ann, "/notewatch", "status")
		b.deliver(asked)
		require.Equal(t, want, b.answer(asked))
	}
}

// The people of an Enterprise organization are of many workspaces.
func TestHomeOfCompany(t *testing.T) {
	h := &workspace{team: "T1", enterprise: "E1"}
	for _, test := range []struct {
		team, enterprise string
		want             bool
	}{
		{"T1", "", true}, {"T1", "E1", true}, {"T2", "E1", true}, {"E1", "", true},
		{"T2", "", false}, {"T2", "E2", false}, {"", "", false},
	} {
		require.Equal(t, test.want, h.check(t.Context(), test.team, test.enterprise) == nil, "%+v", test)
	}
	alone := &workspace{team: "T1"}
	require.Error(t, alone.check(t.Context(), "T2", ""), "two that are in no company are not in the same one")
	require.Error(t, alone.check(t.Context(), "", ""))
}
