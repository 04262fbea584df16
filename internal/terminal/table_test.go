package terminal

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
)

func TestTable(t *testing.T) {
	all := &table{columns: columns("ID", "NAME~", "SINCE (UTC)=", "TOLD_", "WHY")}
	all.add("a1", "hourly-sensor-number-6", "noon", "team", "")
	all.add("b2", "冷藏车", "now", "team; waits: on-call", "the receiver answers with status 503 Service Unavailable")
	for _, c := range []struct {
		name  string
		width int
		want  string
	}{
		{"without a terminal nothing is cut", 0, `
ID  NAME                    SINCE (UTC)  TOLD                  WHY
a1  hourly-sensor-number-6  noon         team
b2  冷藏车                  now          team; waits: on-call  the receiver answers with status 503 Service Unavailable
`},
		{"what goes below goes below, and the last column is wrapped", 73, `
ID  NAME                    SINCE (UTC)  WHY
a1  hourly-sensor-number-6  noon
    team
b2  冷藏车                  now          the receiver answers with status
                                         503 Service Unavailable
    team; waits: on-call
`},
		{"what gives is cut", 55, `
ID  NAME          SINCE (UTC)  WHY
a1  hourly-sens…  noon
    team
b2  冷藏车        now          the receiver answers
                               with status 503 Service
                               Unavailable
    team; waits: on-call
`},
		{"some goes below only where that is not enough, with its name", 40, `
ID  NAME        WHY
a1  hourly-se…
    since noon · team
b2  冷藏车      the receiver answers
                with status 503 Service
                Unavailable
    since now · team; waits: on-call
`},
		{"and then each cell has a line of its own", 22, `
id a1
name
hourly-sensor-number-6
since noon
told team

id b2
name 冷藏车
since now
told team; waits:
on-call
why the receiver
answers with status
503 Service
Unavailable
`},
	} {
		var b strings.Builder
		require.NoError(t, all.print(Screen{W: &b, Width: c.width}))
		require.Equal(t, strings.TrimPrefix(c.want, "\n"), b.String(), c.name)
		for line := range strings.Lines(b.String()) {
			if c.width > 0 {
				require.LessOrEqual(t, displaywidth.String(strings.TrimSuffix(line, "\n")), c.width, c.name)
			}
		}
	}
}

// Colour stands only where it is wanted, and does not move the columns.
func TestTableInColor(t *testing.T) {
	alerts := &table{columns: columns("LEVEL", "SUBJECT")}
	alerts.add("critical", "one")
	var b strings.Builder
	require.NoError(t, alerts.print(Screen{W: &b, Color: true}))
	require.Equal(t, "\x1b[2mLEVEL\x1b[0m     \x1b[2mSUBJECT\x1b[0m\n\x1b[1;31mcritical\x1b[0m  one\n", b.String())
}

func TestClip(t *testing.T) {
	require.Equal(t, "sensor", clip("sensor", 6))
	require.Equal(t, "senso…", clip("sensors", 6))
	require.Equal(t, "冷藏…", clip("冷藏车", 5))
	require.Equal(t, "冷…", clip("冷藏车", 4))
}

func TestWrap(t *testing.T) {
	require.Equal(t, []string{""}, Wrap("", 10))
	require.Equal(t, []string{"one two", "three"}, Wrap("one two three", 8))
	require.Equal(t, []string{"https://ex", "ample.com", "is far"}, Wrap("https://example.com is far", 10))
	require.Equal(t, []string{"sensor", "s"}, Wrap("sensors", 6))
	require.Equal(t, []string{"a", "冷藏车冷", "藏车"}, Wrap("a 冷藏车冷藏车", 8))
}

func TestWriteList(t *testing.T) {
	for _, list := range [][]lookup.Named{{}, {{UID: "app:1", Name: "one"}}, {{UID: "app:1", Name: "one & <only>"}, {UID: "app:2", Name: "two"}}} {
		var text bytes.Buffer
		require.NoError(t, WriteList(&text, list))
		var back []lookup.Named
		require.NoError(t, json.Unmarshal(text.Bytes(), &back))
		require.Equal(t, list, back)
		require.NotContains(t, text.String(), `\u`)
	}
}
