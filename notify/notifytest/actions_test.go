package notifytest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notify/notifytest"
)

func TestActionsHaveLimits(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	button := func(id, text, value, label string) string {
		return fmt.Sprintf(`{"type":"button","action_id":%q,"text":{"type":"plain_text","text":%q},"value":%q,"accessibility_label":%q}`,
			id, text, value, label)
	}
	menu := func(hint, options string) string {
		return fmt.Sprintf(`{"type":"static_select","action_id":"m","placeholder":{"type":"plain_text","text":%q},"options":[%s]}`, hint, options)
	}
	option := func(text, value string) string {
		return fmt.Sprintf(`{"text":{"type":"plain_text","text":%q},"value":%q}`, text, value)
	}
	var many []string
	for i := range 26 {
		many = append(many, button(fmt.Sprint(i), "Go", "v", ""))
	}
	good := option("one", "1")
	for _, test := range []struct{ elements, want string }{
		{button(x(255), x(75), x(2000), x(75)), ""},
		{menu(x(150), strings.Repeat(option(x(75), x(75))+",", 99)+good), ""},
		{strings.Join(many[:25], ","), ""},
		{strings.Join(many, ","), "invalid_blocks"},
		{"", "invalid_blocks"},
		{button("", "Go", "v", ""), "invalid_blocks"},
		{button(x(256), "Go", "v", ""), "invalid_blocks"},
		{button("b", "", "v", ""), "invalid_blocks"},
		{button("b", x(76), "v", ""), "invalid_blocks"},
		{button("b", "Go", x(2001), ""), "invalid_blocks"},
		{button("b", "Go", "v", x(76)), "invalid_blocks"},
		{button("b", "Go", "v", "") + "," + button("b", "Stop", "v", ""), "invalid_blocks"},
		{strings.Replace(button("b", "Go", "v", ""), "plain_text", "mrkdwn", 1), "invalid_blocks"},
		{menu("", good), "invalid_blocks"},
		{menu(x(151), good), "invalid_blocks"},
		{menu("Choose", ""), "invalid_blocks"},
		{menu("Choose", strings.Repeat(good+",", 100)+good), "invalid_blocks"},
		{menu("Choose", option("", "1")), "invalid_blocks"},
		{menu("Choose", option(x(76), "1")), "invalid_blocks"},
		{menu("Choose", option("one", "")), "invalid_blocks"},
		{menu("Choose", option("one", x(76))), "invalid_blocks"},
		{`{"type":"section","action_id":"s"}`, "invalid_blocks"},
		{`7`, "invalid_blocks_format"},
	} {
		m := notifytest.Message{Text: "x", Blocks: json.RawMessage(`[{"type":"actions","block_id":"b","elements":[` + test.elements + `]}]`)}
		require.Equal(t, test.want, m.Check("chat.postMessage"), "%.100s", test.elements)
	}
	m := notifytest.Message{Text: "x", Blocks: json.RawMessage(`[{"type":"actions","block_id":"` + x(256) + `","elements":[` + many[0] + `]}]`)}
	require.Equal(t, "invalid_blocks", m.Check("chat.update"))
}
