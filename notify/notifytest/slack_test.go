package notifytest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notify/notifytest"
)

func TestMessageCheckRefusesWhatSlackRefuses(t *testing.T) {
	section := func(text string) string {
		return fmt.Sprintf(`{"type":"section","text":{"type":"mrkdwn","text":%q}}`, text)
	}
	list := func(n int, element string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "]"
	}
	fields := func(n, length int) string {
		field := fmt.Sprintf(`{"type":"mrkdwn","text":%q}`, strings.Repeat("x", length))
		return fmt.Sprintf(`[{"type":"section","fields":%s}]`, list(n, field))
	}
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, test := range []struct{ method, text, blocks, attachments, want string }{
		{"chat.postMessage", x(40_000), "", "", ""},
		{"chat.postMessage", x(40_001), "", "", "msg_too_long"},
		{"chat.update", x(4_000), "", "", ""},
		{"chat.update", x(4_001), "", "", "msg_too_long"},
		{"chat.update", "", "", "", "no_text"},
		{"chat.update", "", "[]", "[]", "no_text"},
		{"chat.update", "", list(1, section(x(3_000))), "", ""},
		{"chat.update", "", list(1, section(x(3_001))), "", "invalid_blocks"},
		{"chat.update", "", list(1, section("")), "", "invalid_blocks"},
		{"chat.update", "", `[{"type":"section"}]`, "", "invalid_blocks"},
		{"chat.update", "", "{", "", "invalid_blocks_format"},
		{"chat.update", "", list(50, section("x")), "", ""},
		{"chat.update", "", list(51, section("x")), "", "invalid_blocks"},
		{"chat.update", "", list(5, section(x(3_000))), "", "msg_blocks_too_long"},
		{"chat.update", "", fields(10, 100), "", ""},
		{"chat.update", "", fields(11, 100), "", "invalid_blocks"},
		{"chat.update", "", fields(1, 2_001), "", "invalid_blocks"},
		{"chat.update", "", `[{"type":"header","text":{"text":"` + x(151) + `"}}]`, "", "invalid_blocks"},
		{"chat.update", "", `[{"type":"context","elements":[]}]`, "", "invalid_blocks"},
		{"chat.update", "x", "", list(100, "{}"), ""},
		{"chat.update", "x", "", list(101, "{}"), "too_many_attachments"},
		{"chat.update", "x", "", `[{"blocks":` + list(1, section(x(3_001))) + `}]`, "invalid_blocks"},
		{"chat.update", "x", "", "{", "invalid_attachments"},
	} {
		message := notifytest.Message{
			Text: test.text, Blocks: json.RawMessage(test.blocks), Attachments: json.RawMessage(test.attachments),
		}
		require.Equal(t, test.want, message.Check(test.method), "%.80v", test)
	}
}

func TestSlackKeepsWhatItTook(t *testing.T) {
	server := notifytest.NewSlack()
	defer server.Close()
	call := func(method string, form url.Values) string {
		body := strings.NewReader(form.Encode())
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+method, body)
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
		if err != nil {
			return "cut"
		}
		defer func() { _ = resp.Body.Close() }()
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return strings.TrimSpace(string(answer))
	}
	post := url.Values{"token": {"t"}, "channel": {"C1"}, "text": {"one"}}
	const answer = `{"channel":"C1","ok":true,"text":"one","ts":"1768226700.000001"}`
	require.JSONEq(t, answer, call("chat.postMessage", post))
	server.Fail(notifytest.TakeAndCut(), notifytest.Cut(), notifytest.Fault{}, notifytest.Code("is_archived"))
	require.Equal(t, "cut", call("chat.postMessage", post))
	require.Equal(t, "cut", call("chat.postMessage", post))
	require.Contains(t, call("chat.postMessage", post), `"ok":true`)
	require.JSONEq(t, `{"ok":false,"error":"is_archived"}`, call("chat.postMessage", post))
	require.Len(t, server.Messages("C1"), 3, "the first, the one taken before the cut, and the one let pass")
	require.Empty(t, server.Messages("C2"))

	require.JSONEq(t, `{"ok":false,"error":"not_authed"}`, call("chat.postMessage", url.Values{"channel": {"C1"}}))
	require.JSONEq(t, `{"ok":false,"error":"unknown_method"}`, call("chat.invent", post))
	update := url.Values{"token": {"t"}, "channel": {"C1"}, "ts": {"1768226700.000001"}, "text": {"two"}}
	require.Contains(t, call("chat.update", update), `"ok":true`)
	require.Equal(t, "two", server.Messages("C1")[0].Text)
	require.Equal(t, 1, server.Messages("C1")[0].Edits)
	server.Delete("C1", "1768226700.000001")
	require.JSONEq(t, `{"ok":false,"error":"message_not_found"}`, call("chat.update", update))
	taken := 0
	for _, c := range server.Calls() {
		if c.Taken {
			taken++
		}
	}
	require.Equal(t, 4, taken)
}
