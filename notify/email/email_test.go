package email_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/email"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
)

func newMailServer(t *testing.T, options notifytest.SMTPOptions) *notifytest.SMTP {
	t.Helper()
	server, err := notifytest.NewSMTP(options)
	require.NoError(t, err)
	t.Cleanup(server.Close)
	return server
}

// emailConfig is that of a receiver at server.
func emailConfig(server *notifytest.SMTP) email.Config {
	return email.Config{
		Name: "team", Server: server.Addr, From: "notewatch <alerts@example.com>",
		To: []string{"amy@example.com", "Ben <ben@example.org>"}, RootCAs: server.Roots,
	}
}

func newEmail(t *testing.T, config email.Config) *email.Receiver {
	t.Helper()
	receiver, err := email.New(config)
	require.NoError(t, err)
	return receiver
}

// mailed sends n and returns the mail that comes of it, and its reference.
func mailed(t *testing.T, n notify.Notification, ref notify.Ref) (notifytest.Mail, notify.Ref) {
	t.Helper()
	server := newMailServer(t, notifytest.SMTPOptions{})
	got, err := newEmail(t, emailConfig(server)).Send(t.Context(), n, ref)
	require.NoError(t, err)
	require.Len(t, server.Messages(), 1)
	return server.Messages()[0], got
}

func TestEmailReads(t *testing.T) {
	report := fixture.With(func(a *notify.Alert) {
		a.State, a.Reason, a.Level, a.Rule, a.Subject = "resolved", "reported", "info", "summary", a.Project
		a.Summary, a.Body = "12 devices used 1.2 GB this week", "top ten\n\n  sensor-14   41.2 MB\n  sensor-15    3.1 MB"
	})
	silence := fixture.With(func(a *notify.Alert) {
		a.ID, a.Rule, a.Level, a.Figure, a.Unit = "51d0", "fleet-silent", "warning", "fleet.silent_pct", ""
		a.Subject = notify.Named{UID: "fleet:1", Name: "north"}
		a.Summary, a.Value, a.Peak, a.Limit = "40 % of north is silent", 40, 40, 20
	})
	over := fixture.With(func(a *notify.Alert) { fixture.Ended(a); a.ID = "9b1c"; a.Subject.Name = "sensor-15" })
	still := fixture.With(func(a *notify.Alert) { a.ID, a.Changed, a.Subject.Name = "0000", false, "sensor-16" })
	notifications := map[string]notify.Notification{
		"group":        fixture.Notification(fixture.Firing(), over),
		"group_change": fixture.Notification(over, still),
		"digest":       fixture.Notification(fixture.Firing(), silence, report),
	}
	telling := []string{
		"fired", "runbook", "escalated", "reminded", "resolved", "fired_and_resolved", "period_ended", "drill", "reported", "unmuted", "no_data",
	}
	for _, s := range fixture.Samples() {
		if slices.Contains(telling, s.Name) {
			notifications[s.Name] = fixture.Notification(s.Alert)
		}
	}
	require.Len(t, notifications, len(telling)+3)
	for name, n := range notifications {
		t.Run(name, func(t *testing.T) {
			mail, _ := mailed(t, n, nil)
			fixture.Golden(t, "email_"+name+".golden.txt", "Subject: "+mail.Subject+"\n\n"+mail.Text)
		})
	}
}

func TestEmailHeaders(t *testing.T) {
	first, ref := mailed(t, fixture.Notification(fixture.Firing()), nil)
	require.JSONEq(t, `{"first":"<msg_4kx0.msg_4kx0-7@example.com>"}`, string(ref))
	require.Equal(t, "alerts@example.com", first.From)
	require.Equal(t, []string{"amy@example.com", "ben@example.org"}, first.To)
	require.True(t, first.TLS)
	require.Equal(t, "[127.0.0.1]", first.Hello)
	want := map[string]string{
		"From":                      `"notewatch" <alerts@example.com>`,
		"To":                        `<amy@example.com>, "Ben" <ben@example.org>`,
		"Date":                      "Mon, 12 Jan 2026 14:06:00 +0000",
		"Message-Id":                "<msg_4kx0.msg_4kx0-7@example.com>",
		"Subject":                   "FIRING critical: sensor-14 has used 41.2 MB of 40 MB this month",
		"Auto-Submitted":            "auto-generated",
		"X-Auto-Response-Suppress":  "All",
		"Mime-Version":              "1.0",
		"Content-Type":              "text/plain; charset=UTF-8",
		"Content-Transfer-Encoding": "quoted-printable",
	}
	for name, value := range want {
		require.Equal(t, value, first.Header.Get(name), name)
	}
	require.Len(t, first.Header, len(want))
}

func TestEmailSubjectBeginsOnTheLineOfItsName(t *testing.T) {
	for _, name := range []string{"Füllstand", strings.Repeat("水", 40), strings.Repeat("😀", 40), strings.Repeat("x", 70) + "é"} {
		mail, _ := mailed(t, fixture.Notification(fixture.With(func(a *notify.Alert) { a.Summary = name + " is low" })), nil)
		require.Regexp(t, `(?m)^Subject: =\?UTF-8\?b\?`, string(mail.Raw))
		for line := range strings.Lines(string(mail.Raw)) {
			require.LessOrEqual(t, len(strings.TrimSpace(line)), 78, line)
		}
		require.Equal(t, "FIRING critical: sensor-14: "+name+" is low", mail.Subject)
	}
}

// A repeat has the same Message-ID, by which mail programs show it once. Further states refer to the first mail.
func TestEmailThreads(t *testing.T) {
	first, ref := mailed(t, fixture.Notification(fixture.Firing()), nil)
	repeated, _ := mailed(t, fixture.Notification(fixture.Firing()), nil)
	require.Equal(t, first.Header, repeated.Header)
	require.Equal(t, first.Text, repeated.Text)

	over := fixture.Notification(fixture.With(fixture.Ended))
	over.Key = "msg_4kx0-8"
	last, got := mailed(t, over, ref)
	require.JSONEq(t, string(ref), string(got), "the first mail stays the first")
	require.Equal(t, "<msg_4kx0.msg_4kx0-8@example.com>", last.Header.Get("Message-Id"))
	require.Equal(t, first.Header.Get("Message-Id"), last.Header.Get("In-Reply-To"))
	require.Equal(t, first.Header.Get("Message-Id"), last.Header.Get("References"))

	for _, ref := range []string{`{"posted":true}`, `[]`, `{`, `{"first":"x"}`, `{"first":"<a>\r\nBcc: <x>"}`} {
		again, got := mailed(t, over, notify.Ref(ref))
		require.Empty(t, again.Header.Get("References"), ref)
		require.JSONEq(t, `{"first":"<msg_4kx0.msg_4kx0-8@example.com>"}`, string(got))
	}
}

func TestEmailIsOnlyOfNews(t *testing.T) {
	with := func(reason string, changes ...func(*notify.Alert)) notify.Alert {
		return fixture.With(func(a *notify.Alert) {
			a.Reason, a.Was = reason, "critical"
			for _, change := range changes {
				change(a)
			}
		})
	}
	ref := notify.Ref(`{"first":"<a@example.com>"}`)
	for _, test := range []struct {
		name  string
		alert notify.Alert
		quiet bool
		ref   notify.Ref
		mails int
	}{
		{"fired", fixture.Firing(), false, nil, 1},
		{"fired quietly", fixture.Firing(), true, nil, 0},
		{"resolved", with("resolved", fixture.Ended), false, ref, 1},
		{"resolved quietly", with("resolved", fixture.Ended), true, ref, 0},
		{"reminded", with("reminded"), false, ref, 1},
		{"reported", with("reported"), false, nil, 1},
		{"updated", with("updated"), false, ref, 0},
		{"muted", with("muted", func(a *notify.Alert) { a.Mute = "silenced" }), false, ref, 0},
		{"acknowledged", with("acknowledged", func(a *notify.Alert) { a.Ack = "amy" }), false, ref, 0},
		{"got worse, then updated", with("updated", func(a *notify.Alert) { a.Was = "warning" }), false, ref, 1},
		{"updated, never mailed", with("updated"), false, nil, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newMailServer(t, notifytest.SMTPOptions{})
			n := fixture.Notification(test.alert)
			n.Quiet = test.quiet
			got, err := newEmail(t, emailConfig(server)).Send(t.Context(), n, test.ref)
			fixture.RequireSent(t, test.mails > 0, err)
			require.Len(t, server.Messages(), test.mails)
			if test.mails == 0 {
				require.Equal(t, test.ref, got)
			}
		})
	}
}

func TestEmailListsAll(t *testing.T) {
	const n = 2000
	mail, _ := mailed(t, fixture.Notification(fixture.Fleet(n)...), nil)
	require.Contains(t, mail.Subject, "1,600 of 2,000 still firing")
	listed := make(map[string]bool)
	for _, name := range regexp.MustCompile(`(?m)^  \w+ +(sensor-\d+) · `).FindAllStringSubmatch(mail.Text, -1) {
		listed[name[1]] = true
	}
	require.Len(t, listed, n)
	require.NotContains(t, mail.Text, "--message")
}

func TestEmailIsNotTooLong(t *testing.T) {
	alerts := fixture.Fleet(8000)
	for i := range alerts {
		alerts[i].Subject.Name = strings.Repeat("x", 79)
	}
	mail, _ := mailed(t, fixture.Notification(alerts...), nil)
	require.Less(t, len(mail.Text), 1<<20+10_000)
	require.Regexp(t, `\n  and [\d,]+ more: [^\n]* ended; see notewatch alerts --message msg_4kx0\n`, mail.Text)
}

// Whatever devices are called, a mail has no other headers and recipients for it.
func TestEmailHeadersCannotBeInjected(t *testing.T) {
	plain, _ := mailed(t, fixture.Notification(fixture.Firing()), nil)
	for _, evil := range []string{
		"x\r\nBcc: eve@example.net", "x\nBcc: eve@example.net\n\nhello", "x\rBcc: eve@example.net", "\r\n\r\n", "\r\n.\r\nMAIL FROM:<x>",
		"x\u2028Bcc: eve", "x\x00y", "=?utf-8?q?x=0D=0ABcc:_eve@example.net?=", strings.Repeat("é", 50), "é\r\nBcc: eve@example.net",
	} {
		n := fixture.Notification(fixture.With(func(a *notify.Alert) {
			a.ID, a.Rule, a.Summary, a.Advice, a.Level, a.Figure, a.Body = evil, evil, evil, evil, evil, evil, evil
			a.Subject, a.Project = notify.Named{UID: evil, Name: evil, URL: evil}, notify.Named{UID: evil, Name: evil}
			a.Detail, a.Mute, a.Ack = []string{evil}, evil, evil
		}))
		n.ID, n.Key = evil, evil
		for _, n := range []notify.Notification{n, {ID: n.ID, Key: n.Key, Sent: n.Sent, Alerts: append(n.Alerts, n.Alerts...)}} {
			mail, ref := mailed(t, n, nil)
			require.Equal(t, plain.To, mail.To)
			require.Len(t, mail.Header, len(plain.Header))
			require.Empty(t, mail.Header.Get("Bcc"))
			require.NotContains(t, mail.Subject, "\n")
			require.NotContains(t, mail.Subject, "\r")

			again, _ := mailed(t, n, ref)
			require.Equal(t, mail.Header.Get("Message-Id"), again.Header.Get("In-Reply-To"))
			require.Len(t, again.Header, len(plain.Header)+2)
		}
	}
}

func TestEmailSignsIn(t *testing.T) {
	for _, test := range []struct{ security, mechanisms, password, want string }{
		{"starttls", "PLAIN LOGIN", "open sesame", ""},
		{"", "PLAIN", "open sesame", ""},
		{"tls", "PLAIN LOGIN", "open sesame", ""},
		{"tls", "LOGIN", "open sesame", ""},
		{"starttls", "LOGIN", "open sesame", ""},
		{"starttls", "PLAIN", "wrong", "signing in: refused with 535 5.7.8: check user and password"},
		{"starttls", "LOGIN", "wrong", "signing in: refused with 535 5.7.8: check user and password"},
		{"starttls", "CRAM-MD5", "open sesame", "signing in: the server offers neither AUTH PLAIN nor AUTH LOGIN"},
	} {
		t.Run(strings.TrimSpace(test.security+" "+test.mechanisms+" "+test.password), func(t *testing.T) {
			server := newMailServer(t, notifytest.SMTPOptions{
				TLS: test.security, User: "amy", Password: "open sesame", Mechanisms: test.mechanisms,
			})
			config := emailConfig(server)
			config.TLS, config.User, config.Password = test.security, secret.New("amy"), secret.New(test.password)
			receiver := newEmail(t, config)
			if test.want != "" {
				failure := fixture.FailsToSend(t, receiver, fixture.Notification(fixture.Firing()), nil)
				require.Equal(t, notify.Permanent, failure.Class)
				require.ErrorContains(t, failure, test.want)
				require.Empty(t, server.Messages())
				return
			}
			_, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
			require.NoError(t, err)
			require.Equal(t, "amy", server.Messages()[0].User)
			require.True(t, server.Messages()[0].TLS)
		})
	}
}

func TestEmailWithoutTLS(t *testing.T) {
	server := newMailServer(t, notifytest.SMTPOptions{TLS: "none"})
	config := emailConfig(server)
	failure := fixture.FailsToSend(t, newEmail(t, config), fixture.Notification(fixture.Firing()), nil)
	require.Equal(t, notify.Permanent, failure.Class)
	require.ErrorContains(t, failure, "starting TLS: the server does not offer STARTTLS")
	require.Empty(t, server.Messages())

	config.TLS = "none"
	_, err := newEmail(t, config).Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	require.False(t, server.Messages()[0].TLS)
}
