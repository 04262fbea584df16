package notifytest_test

import (
	"encoding/base64"
	"net"
	"net/textproto"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notify/notifytest"
)

func TestSMTPRefusesWhatMailServersRefuse(t *testing.T) {
	plain := "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00amy\x00open sesame"))
	const message = "From: a@example.com\r\nDate: Mon, 12 Jan 2026 14:06:00 +0000\r\n\r\nhello\r\n.\r\n"
	for _, test := range []struct {
		options notifytest.SMTPOptions
		script  string // lines of commands, each with the code of its answer in front
	}{
		{notifytest.SMTPOptions{TLS: "none"}, "503 MAIL FROM:<a@b>"},
		{notifytest.SMTPOptions{TLS: "none"}, "250 HELO x|503 RCPT TO:<a@b>|501 MAIL FROM:a@b|501 MAIL FROM:<>|503 DATA"},
		{notifytest.SMTPOptions{TLS: "none"}, "250 EHLO x|250 MAIL FROM:<a@b>|501 RCPT TO:<b>|503 DATA|502 VRFY amy|221 QUIT"},
		{notifytest.SMTPOptions{}, "250 EHLO x|530 MAIL FROM:<a@b>"},
		{notifytest.SMTPOptions{User: "amy", Password: "open sesame"}, "250 EHLO x|538 " + plain},
		{notifytest.SMTPOptions{TLS: "none", User: "amy"}, "250 EHLO x|530 MAIL FROM:<a@b>"},
		{notifytest.SMTPOptions{TLS: "none"},
			"250 EHLO x|250 MAIL FROM:<a@b>|250 RCPT TO:<c@d>|354 DATA|250 " + message + "|503 RCPT TO:<c@d>"},
		{notifytest.SMTPOptions{TLS: "none"},
			"250 EHLO x|250 MAIL FROM:<a@b>|250 RCPT TO:<c@d>|354 DATA|554 hello\r\n.\r\n"},
		{notifytest.SMTPOptions{TLS: "none"},
			"250 EHLO x|250 MAIL FROM:<a@b>|250 RCPT TO:<c@d>|354 DATA|554 Subject: x\r\n\r\nhello\r\n.\r\n"},
		{notifytest.SMTPOptions{TLS: "none"},
			"250 EHLO x|250 MAIL FROM:<a@b>|250 RCPT TO:<c@d>|354 DATA|500 " + strings.Repeat("x", 999) + "\r\n.\r\n"},
	} {
		server, err := notifytest.NewSMTP(test.options)
		require.NoError(t, err)
		defer server.Close()
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Addr)
		require.NoError(t, err)
		client := textproto.NewConn(connection)
		_, _, err = client.ReadResponse(220)
		require.NoError(t, err)
		for line := range strings.SplitSeq(test.script, "|") {
			code, command, _ := strings.Cut(line, " ")
			require.NoError(t, client.PrintfLine("%s", strings.TrimSuffix(command, "\r\n")))
			got, err := client.ReadLine()
			require.NoError(t, err)
			for strings.HasPrefix(got, code+"-") {
				got, err = client.ReadLine()
				require.NoError(t, err)
			}
			require.True(t, strings.HasPrefix(got, code+" "), "%.60q is answered by %q", line, got)
		}
		taken := server.Messages()
		if !strings.Contains(test.script, message) {
			require.Empty(t, taken)
			continue
		}
		require.Len(t, taken, 1)
		require.Equal(t, "hello\n", taken[0].Text)
		require.Equal(t, "x", taken[0].Hello)
		require.Equal(t, []string{"c@d"}, taken[0].To)
	}
}
