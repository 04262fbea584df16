package terminal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/export"
	"notewatch/internal/lookup"
	"notewatch/rules"
)

// exported returns rows as a writer prints them.
func exported(t *testing.T, w exportWriter, out *bufio.Writer, text *bytes.Buffer, rows ...export.Row) string {
	t.Helper()
	require.NoError(t, w.begin())
	for _, row := range rows {
		require.NoError(t, w.row(row))
	}
	require.NoError(t, w.end())
	require.NoError(t, out.Flush())
	return text.String()
}

// Names are foreign text: none is a formula or a line of its own in CSV, and JSON holds them as they are.
func TestExportOfHostileNames(t *testing.T) {
	figures := []rules.Figure{rules.Bytes, rules.Events}
	var rows []export.Row
	names := []string{`=HYPERLINK("http://x";"y")`, "+1", "-1", "@sum", "\t=1", " \r\n=1", "＝1", `a "b", c`, "two\nlines", "\x1b[31mred\x00", "a=b", ""}
	for _, name := range names {
		rows = append(rows, export.Row{
			Project: lookup.Named{UID: "app:1", Name: "-plant"}, UID: "dev:1", Name: name, Day: rules.DayOf(noon), Values: []float64{1e15, math.NaN()},
		})
	}
	var text bytes.Buffer
	out := bufio.NewWriter(&text)
	const row = ",2026-06-15,1000000000000000,\n"
	require.Equal(t, "project,device,name,day,bytes,events\n"+
		`'-plant,dev:1,"'=HYPERLINK(""http://x"";""y"")"`+row+"'-plant,dev:1,'+1"+row+"'-plant,dev:1,'-1"+row+"'-plant,dev:1,'@sum"+row+
		"'-plant,dev:1,'=1"+row+"'-plant,dev:1,'=1"+row+"'-plant,dev:1,'＝1"+row+`'-plant,dev:1,"a ""b"", c"`+row+
		"'-plant,dev:1,two lines"+row+"'-plant,dev:1,\\x1b[31mred\\x00"+row+"'-plant,dev:1,a=b"+row+"'-plant,dev:1,"+row,
		exported(t, newCSVExport(out, figures), out, &text, rows...))

	text.Reset()
	var all []struct {
		Project, Device, Name, Day string
		Bytes, Events              *float64
	}
	require.NoError(t, json.Unmarshal([]byte(exported(t, &jsonExport{out: out, figures: figures}, out, &text, rows...)), &all))
	require.Len(t, all, len(rows))
	for i, name := range names {
		require.Equal(t, name, all[i].Name)
		require.InDelta(t, 1e15, *all[i].Bytes, 0)
		require.Nil(t, all[i].Events)
	}
}

// How far it is, is shown on a terminal alone, and is gone at the end.
func TestExportProgress(t *testing.T) {
	var text strings.Builder
	p := exportProgress{screen: Screen{W: &text, Width: 80}}
	for i := range 2500 {
		for range 3 {
			p.count(export.Row{UID: string(rune(0x4e00 + i))})
		}
	}
	p.end()
	require.Equal(t, "\r1,000 devices\r2,000 devices\r\x1b[K", text.String())
}
