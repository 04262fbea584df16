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
	chart := func(days, points int, label string) string {
		var categories, data []string
		for i := range days {
			categories = append(categories, fmt.Sprintf(`"day %d"`, i))
		}
		for i := range points {
			data = append(data, fmt.Sprintf(`{"label":"day %d","value":1}`, i))
		}
		return fmt.Sprintf(`{"type":"data_visualization","title":"t","chart":{"type":"line",`+
			`"series":[{"name":"used","data":[%s]}],"axis_config":{"categories":[%s],"y_label":%q}}}`,
			strings.Join(data, ","), strings.Join(categories, ","), label)
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
		{"chat.update", "", list(2, chart(20, 20, "")), "", ""},
		{"chat.update", "", list(3, chart(20, 20, "")), "", "invalid_blocks"},
		{"chat.update", "", list(1, chart(21, 21, "")), "", "invalid_blocks"},
		{"chat.update", "", list(1, chart(20, 19, "")), "", "invalid_blocks"},
		{"chat.update", "", list(1, chart(20, 20, x(51))), "", "invalid_blocks"},
		{"chat.update", "x", "", `[{"blocks":` + list(3, chart(3, 3, "")) + `}]`, "invalid_blocks"},
		{"chat.update", "", `[{"type":"data_visualization"}]`, "", "invalid_blocks"},
		{"chat.update", "", `[{"type":"data_visualization","title":7}]`, "", "invalid_blocks"},
	} {
		message := notifytest.Message{
			Text: test.text, Blocks: json.RawMessage(test.blocks), Attachments: json.RawMessage(test.attachments),
		}
		require.Equal(t, test.want, message.Check(test.method), "%.80v", test)
	}
}

// call makes a call of the API and returns the answer; "cut" if there is none.
func call(t *testing.T, server *notifytest.Slack, method string, form url.Values) string {
	t.Helper()
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

func TestSlackKeepsWhatItTook(t *testing.T) {
	server := notifytest.NewSlack()
	defer server.Close()
	post := url.Values{"token": {"t"}, "channel": {"C1"}, "text": {"one"}}
	const answer = `{"channel":"C1","ok":true,"text":"one","ts":"1768226700.000001"}`
	require.JSONEq(t, answer, call(t, server, "chat.postMessage", post))
	server.Fail(notifytest.TakeAndCut(), notifytest.Cut(), notifytest.Fault{}, notifytest.Code("is_archived"))
	require.Equal(t, "cut", call(t, server, "chat.postMessage", post))
	require.Equal(t, "cut", call(t, server, "chat.postMessage", post))
	require.Contains(t, call(t, server, "chat.postMessage", post), `"ok":true`)
	require.JSONEq(t, `{"ok":false,"error":"is_archived"}`, call(t, server, "chat.postMessage", post))
	require.Len(t, server.Messages("C1"), 3, "the first, the one taken before the cut, and the one let pass")
	require.Empty(t, server.Messages("C2"))

	require.JSONEq(t, `{"ok":false,"error":"not_authed"}`, call(t, server, "chat.postMessage", url.Values{"channel": {"C1"}}))
	require.JSONEq(t, `{"ok":false,"error":"unknown_method"}`, call(t, server, "chat.invent", post))
	update := url.Values{"token": {"t"}, "channel": {"C1"}, "ts": {"1768226700.000001"}, "text": {"two"}}
	require.Contains(t, call(t, server, "chat.update", update), `"ok":true`)
	require.Equal(t, "two", server.Messages("C1")[0].Text)
	require.Equal(t, 1, server.Messages("C1")[0].Edits)
	server.Delete("C1", "1768226700.000001")
	require.JSONEq(t, `{"ok":false,"error":"message_not_found"}`, call(t, server, "chat.update", update))
	taken := 0
	for _, c := range server.Calls() {
		if c.Taken {
			taken++
		}
	}
	require.Equal(t, 4, taken)
}

func TestSlackKeepsThreads(t *testing.T) {
	server := notifytest.NewSlack()
	defer server.Close()
	post := func(form url.Values) {
		form.Set("token", "t")
		form.Set("channel", "C1")
		require.Contains(t, call(t, server, "chat.postMessage", form), `"ok":true`)
	}
	post(url.Values{"text": {"parent"}})
	parent := server.Messages("C1")[0].TS
	post(url.Values{"text": {"reply"}, "thread_ts": {parent}})
	post(url.Values{"text": {"loud"}, "thread_ts": {parent}, "reply_broadcast": {"true"}})
	require.Len(t, server.Messages("C1"), 1)
	replies := server.Replies("C1", parent)
	require.Len(t, replies, 2)
	require.False(t, replies[0].Broadcast)
	require.True(t, replies[1].Broadcast)

	update := url.Values{"token": {"t"}, "channel": {"C1"}, "ts": {replies[1].TS}, "text": {"louder"}}
	require.Contains(t, call(t, server, "chat.update", update), `"ok":true`)
	require.Equal(t, "louder", server.Replies("C1", parent)[1].Text)
	require.True(t, server.Replies("C1", parent)[1].Broadcast, "an update moves nothing")

	server.Delete("C1", parent)
	post(url.Values{"text": {"late"}, "thread_ts": {parent}})
	require.Equal(t, "late", server.Messages("C1")[0].Text, "without a parent it stands in the channel")
}

func TestSlackRefusesChartsWhenTold(t *testing.T) {
	server := notifytest.NewSlack()
	defer server.Close()
	form := url.Values{"token": {"t"}, "channel": {"C1"}, "blocks": {`[{"type":"data_visualization","title":"t","chart":` +
		`{"type":"pie","segments":[{"label":"a","value":1}]}}]`}}
	require.Contains(t, call(t, server, "chat.postMessage", form), `"ok":true`)
	require.True(t, server.Messages("C1")[0].HasChart())
	server.RefuseCharts()
	require.JSONEq(t, `{"ok":false,"error":"invalid_blocks"}`, call(t, server, "chat.postMessage", form))
}

func TestSlackPacesPosts(t *testing.T) {
	server := notifytest.NewSlack()
	defer server.Close()
	var now time.Time
	server.Pace(func() time.Time { return now })
	post := func(channel string) string {
		return call(t, server, "chat.postMessage", url.Values{"token": {"t"}, "channel": {channel}, "text": {"x"}})
	}
	require.Contains(t, post("C1"), `"ok":true`)
	require.Contains(t, post("C2"), `"ok":true`, "each channel has its own pace")
	now = now.Add(time.Second - 1)
	require.Empty(t, post("C1"), "status 429 has no body")
	now = now.Add(1)
	require.Contains(t, post("C1"), `"ok":true`)
	require.Len(t, server.Messages("C1"), 2)
}
