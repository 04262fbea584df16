package email_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/email"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
)

func TestEmailChecksTheCertificate(t *testing.T) {
	for _, security := range []string{"starttls", "tls"} {
		server := newMailServer(t, notifytest.SMTPOptions{TLS: security})
		_, port, err := net.SplitHostPort(server.Addr)
		require.NoError(t, err)
		stranger, misnamed := emailConfig(server), emailConfig(server)
		stranger.TLS, misnamed.TLS = security, security
		stranger.RootCAs = nil // those of the system do not know it
		misnamed.Server = "localhost:" + port
		for _, config := range []email.Config{stranger, misnamed} {
			failure := fixture.FailsToSend(t, newEmail(t, config), fixture.Notification(fixture.Firing()), nil)
			require.Equal(t, notify.Temporary, failure.Class)
			require.False(t, failure.Uncertain)
			require.ErrorContains(t, failure, "checking the certificate: x509:")
		}
		require.Empty(t, server.Messages())
	}
	plain := newMailServer(t, notifytest.SMTPOptions{TLS: "none"})
	config := emailConfig(plain)
	config.TLS = "tls"
	failure := fixture.FailsToSend(t, newEmail(t, config), fixture.Notification(fixture.Firing()), nil)
	require.ErrorContains(t, failure, "connecting: the server does not speak TLS here")
}

func TestEmailRefused(t *testing.T) {
	const temporary, payload, permanent = notify.Temporary, notify.Payload, notify.Permanent
	for _, test := range []struct {
		step, answer string
		class        notify.Class
		want         string
	}{
		{"connect", "554 5.3.2 not you", permanent, "connecting: refused with 554 5.3.2"},
		{"connect", "421 4.3.2 too busy", temporary, "connecting: refused with 421 4.3.2"},
		{"STARTTLS", "454 4.7.0 not now", temporary, "starting TLS: refused with 454 4.7.0"},
		{"AUTH", "454 4.7.0 not now", temporary, "signing in: refused with 454 4.7.0"},
		{"AUTH", "534 5.7.9 too weak", permanent, "signing in: refused with 534 5.7.9: check user and password"},
		{"MAIL", "550 5.7.1 not you", permanent, `naming sender "alerts@example.com": refused with 550 5.7.1`},
		{"MAIL", "530 5.7.0 sign in", permanent, "refused with 530 5.7.0: check user and password"},
		{"MAIL", "451 4.3.0 later", temporary, "refused with 451 4.3.0"},
		{"RCPT", "550 5.1.1 who is that?", permanent, `naming recipient "amy@example.com": refused with 550 5.1.1`},
		{"RCPT", "552 5.2.2 mailbox full", temporary, "refused with 552 5.2.2"},
		{"RCPT", "450 4.2.1 come back later", temporary, "refused with 450 4.2.1"},
		{"DATA", "554 5.5.1 no", payload, "sending the message: refused with 554 5.5.1"},
		{"DATA", "451 later", temporary, "sending the message: refused with 451"},
		{".", "554 5.7.1 looks like spam", payload, "sending the message: refused with 554 5.7.1"},
		{".", "552 5.3.4 too large", payload, "sending the message: refused with 552 5.3.4"},
		{".", "452 4.3.1 disk full", temporary, "sending the message: refused with 452 4.3.1"},
	} {
		t.Run(test.step+" "+test.answer, func(t *testing.T) {
			server := newMailServer(t, notifytest.SMTPOptions{User: "amy", Password: "open sesame"})
			server.Fail(notifytest.AnswerAt(test.step, test.answer))
			config := emailConfig(server)
			config.User, config.Password = secret.New("amy"), secret.New("open sesame")
			receiver := newEmail(t, config)
			failure := fixture.FailsToSend(t, receiver, fixture.Notification(fixture.Firing()), nil)
			require.Equal(t, test.class, failure.Class)
			require.Equal(t, test.answer[:3], fmt.Sprint(failure.Status))
			require.False(t, failure.Uncertain)
			require.ErrorContains(t, failure, `sending e-mail "team" by `+server.Addr+": ")
			require.True(t, strings.HasSuffix(failure.Error(), test.want), "%v", failure)
			require.Empty(t, server.Messages(), "nobody got it")

			_, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
			require.NoError(t, err)
			require.Len(t, server.Messages(), 1)
		})
	}
}

func TestEmailNetworkErrors(t *testing.T) {
	for _, step := range []string{"connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "."} {
		for want, fault := range map[string]notifytest.SMTPFault{
			"the connection was cut": notifytest.CutAt(step),
			"no answer in time":      notifytest.HangAt(step),
			"no valid answer":        notifytest.AnswerAt(step, "what?"),
		} {
			if step == "." && want == "no answer in time" {
				continue // see TestEmailMayHaveBeenTaken
			}
			t.Run(step+" "+want, func(t *testing.T) {
				server := newMailServer(t, notifytest.SMTPOptions{User: "amy", Password: "open sesame"})
				server.Fail(fault)
				config := emailConfig(server)
				config.User, config.Password = secret.New("amy"), secret.New("open sesame")
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if want == "no answer in time" {
					ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
					defer cancel()
				}
				_, err := newEmail(t, config).Send(ctx, fixture.Notification(fixture.Firing()), nil)
				failure, ok := errors.AsType[*notify.Error](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, notify.Temporary, failure.Class)
				require.Zero(t, failure.Status)
				require.Equal(t, step == ".", failure.Uncertain)
				require.ErrorContains(t, err, want)
			})
		}
	}
}

func TestEmailMayHaveBeenTaken(t *testing.T) {
	server := newMailServer(t, notifytest.SMTPOptions{})
	server.Fail(notifytest.HangAt("."))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(server.Messages()) == 0 {
			runtime.Gosched()
		}
		cancel()
	}()
	_, err := newEmail(t, emailConfig(server)).Send(ctx, fixture.Notification(fixture.Firing()), nil)
	failure, ok := errors.AsType[*notify.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, notify.Temporary, failure.Class)
	require.True(t, failure.Uncertain)
	require.ErrorIs(t, err, context.Canceled)
}

// Once the message is taken, nothing that goes wrong makes it come twice.
func TestEmailIsSentOnceItIsTaken(t *testing.T) {
	for name, fault := range map[string]notifytest.SMTPFault{
		"cut": notifytest.CutAt("QUIT"), "hang": notifytest.HangAt("QUIT"), "refused": notifytest.AnswerAt("QUIT", "500 no"),
	} {
		t.Run(name, func(t *testing.T) {
			server := newMailServer(t, notifytest.SMTPOptions{})
			server.Fail(fault)
			_, err := newEmail(t, emailConfig(server)).Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
			require.NoError(t, err)
			require.Len(t, server.Messages(), 1)
		})
	}
}

func TestEmailUnreachable(t *testing.T) {
	server := newMailServer(t, notifytest.SMTPOptions{})
	closed := emailConfig(server)
	server.Close()
	nowhere := closed
	nowhere.Server = "mail.invalid:587"
	for want, config := range map[string]email.Config{
		"connecting: dial: connect: connection refused": closed,
		`connecting: looking up "mail.invalid"`:         nowhere,
	} {
		failure := fixture.FailsToSend(t, newEmail(t, config), fixture.Notification(fixture.Firing()), nil)
		require.Equal(t, notify.Temporary, failure.Class)
		require.False(t, failure.Uncertain)
		require.ErrorContains(t, failure, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newEmail(t, closed).Send(ctx, fixture.Notification(fixture.Firing()), nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestEmailConfig(t *testing.T) {
	good := email.Config{Name: "team", Server: "mail.example.com:587", From: "a@example.com", To: []string{"b@example.com"}}
	password := secret.New("open sesame")
	for _, test := range []struct {
		change func(*email.Config)
		want   []string
	}{
		{func(*email.Config) {}, nil},
		{func(c *email.Config) { c.User, c.Password, c.TLS = secret.New("amy"), password, "tls" }, nil},
		{func(c *email.Config) { c.Server, c.TLS = "[::1]:25", "none" }, nil},
		{func(c *email.Config) { *c = email.Config{Name: c.Name} }, []string{
			"the server is missing", `reading the sender: that is not an e-mail address`, "the recipients are missing",
		}},
		{func(c *email.Config) { c.Server = "mail.example.com" }, []string{"the server is not host:port"}},
		{func(c *email.Config) { c.Server = ":25" }, []string{"the server is not host:port"}},
		{func(c *email.Config) { c.Server = "mail:smtp" }, []string{"the server is not host:port"}},
		{func(c *email.Config) { c.Server = "mail\r\n:25" }, []string{"the server is not host:port"}},
		{func(c *email.Config) { c.TLS = "ssl" }, []string{`tls is none of starttls, tls and none`}},
		{func(c *email.Config) { c.User = secret.New("amy") }, []string{"there is a user, but no password"}},
		{func(c *email.Config) { c.Password = password }, []string{"there is a password, but no user"}},
		{func(c *email.Config) { c.User, c.Password, c.TLS = secret.New("amy"), password, "none" }, []string{"a password is not sent without TLS"}},
		{func(c *email.Config) { c.From = "a@example.com\r\nBcc: x@y" }, []string{"is not an e-mail address"}},
		{func(c *email.Config) { c.To = []string{"b", "é@example.com", "ok@example.com"} }, []string{
			"reading recipient 1: that is not an e-mail address", "reading recipient 2: the address has other characters",
		}},
	} {
		config := good
		test.change(&config)
		_, err := email.New(config)
		if test.want == nil {
			require.NoError(t, err)
			require.NoError(t, config.Validate())
			continue
		}
		for _, want := range test.want {
			require.ErrorContains(t, err, want)
		}
		require.EqualError(t, err, `checking e-mail "team": `+config.Validate().Error())
	}
}

func TestEmailTellsNoPassword(t *testing.T) {
	echo := func(step, code string) notifytest.SMTPFault { return notifytest.AnswerAt(step, code+" "+fixture.Mark) }
	faults := map[string]notifytest.SMTPFault{"password": {}}
	for _, step := range []string{"connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "."} {
		for _, code := range []string{"554", "451", "what?", "334", "999"} {
			faults[step+" "+code] = echo(step, code)
		}
	}
	faults["unfinished"] = echo("AUTH", "554-5.1.1")
	for name, fault := range faults {
		for _, mechanism := range []string{"PLAIN", "LOGIN"} {
			t.Run(name+" "+mechanism, func(t *testing.T) {
				password := fixture.Mark
				if name == "password" {
					password = "another" // what is sent is wrong, and the server says what it was
				}
				server := newMailServer(t, notifytest.SMTPOptions{User: "amy", Password: password, Mechanisms: mechanism})
				server.Fail(fault)
				config := emailConfig(server)
				config.User, config.Password = secret.New("amy"), secret.New(fixture.Mark)
				receiver := newEmail(t, config)
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				_, err := receiver.Send(ctx, fixture.Notification(fixture.Firing()), nil)
				fixture.RequireNoMark(t, err)
				for _, shown := range []any{receiver, *receiver, config} {
					require.NotContains(t, fmt.Sprintf("%v %+v %#v", shown, shown, shown), "hunter")
				}
			})
		}
	}
	for _, config := range []email.Config{
		{Password: secret.New(fixture.Mark)},
		{Password: secret.New(fixture.Mark), User: secret.New(fixture.Mark), TLS: "none", Server: "h:25"},
		{Server: "smtp://amy:" + fixture.Mark + "@mail.example.com:587", TLS: fixture.Mark, From: fixture.Mark, To: []string{fixture.Mark, fixture.Mark + "é@example.com"}},
	} {
		_, err := email.New(config)
		fixture.RequireNoMark(t, err)
	}
}
