package limits_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/limits"
)

var errNotConstant = errors.New("must be constant")

// compute knows one expression.
func compute(text string) (float64, error) {
	if text == "2 * mb(3)" {
		return 6e6, nil
	}
	return 0, errNotConstant
}

func TestValue(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "60000000": 6e7, "0.5": 0.5, "mb(120)": 1.2e8, "kb( 1.5 )": 1500, " gib(2) ": 2 << 30,
	} {
		value, ok := limits.Value(text)
		require.True(t, ok, text)
		require.InDelta(t, want, value, 1e-9, text)
	}
	for _, text := range []string{"", "mb", "mb(", "mb()", "mb(1", "1)", "tb(1)", "-1", "1e9", "2 * mb(3)", "NaN", "0x10", "1_000", "mb(1))", "gb(999999999999)"} {
		_, ok := limits.Value(text)
		require.False(t, ok, text)
	}
}

func TestRead(t *testing.T) {
	good := limits.Line{Number: 2, Rule: "data-budget", Subject: "dev:1", Value: 1.2e8}
	for name, c := range map[string]struct {
		text     string
		lines    []limits.Line
		problems []string
	}{
		"plain":        {"rule,subject,limit\ndata-budget,dev:1,mb(120)\n", []limits.Line{good}, nil},
		"windows":      {"\ufeffrule,subject,limit\r\ndata-budget,dev:1,mb(120)\r\n", []limits.Line{good}, nil},
		"no last end":  {"rule,subject,limit\ndata-budget,dev:1,mb(120)", []limits.Line{good}, nil},
		"quoted":       {"rule,subject,limit\n\"data-budget\",dev:1,\"mb(120)\"\n", []limits.Line{good}, nil},
		"expression":   {"rule,subject,limit\na,b,2 * mb(3)\n", []limits.Line{{2, "a", "b", 6e6}}, nil},
		"name with ,":  {"rule,subject,limit\na,\"Pump, north \"\"1\"\"\",5\n", []limits.Line{{2, "a", `Pump, north "1"`, 5}}, nil},
		"blank lines":  {"rule,subject,limit\n\na,b,5\n\n", []limits.Line{{3, "a", "b", 5}}, nil},
		"only a head":  {"rule,subject,limit\n", nil, nil},
		"empty":        {"", nil, []string{"1:1: the first line must be rule,subject,limit"}},
		"no head":      {"data-budget,dev:1,mb(120)\n", nil, []string{"1:1: the first line must be rule,subject,limit"}},
		"other head":   {"rule;subject;limit\n", nil, []string{"1:1: the first line must be rule,subject,limit"}},
		"not text":     {"\x00\x01\x02\xff\n\xfe", nil, []string{"1:1: the first line must be rule,subject,limit"}},
		"all at once":  {"rule,subject,limit\na,b\n,b,x\na, b,5\na,\xff,5\na,b\x07,5\na,c,7\n", []limits.Line{{7, "a", "c", 7}}, []string{"2:1: has 2 fields, not 3", "3:1: the rule is empty", "3:4: limit: must be constant", "4:3: the subject has white space around it", "5:3: the subject is not UTF-8", "6:3: the subject holds characters that cannot be seen"}},
		"broken quote": {"rule,subject,limit\na,b\"c,5\na,b,5\n", []limits.Line{{3, "a", "b", 5}}, []string{`2:4: bare " in non-quoted-field`}},
		"open quote":   {"rule,subject,limit\na,\"b,5\na,b,5\n", nil, []string{`3:7: extraneous or missing " in quoted-field`}},
		"long name":    {"rule,subject,limit\na," + strings.Repeat("b", 201) + ",5\n", nil, []string{"2:3: the subject has more than 200 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			lines, problems := limits.Read([]byte(c.text), compute)
			require.Equal(t, c.lines, lines)
			var texts []string
			for _, p := range problems {
				texts = append(texts, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message))
			}
			require.Equal(t, c.problems, texts)
		})
	}
}

// A file may have 200,000 limits and not one more, and what is wrong with each of its lines is not kept.
func TestBoundsOfAFile(t *testing.T) {
	var text strings.Builder
	text.WriteString("rule,subject,limit\n")
	for i := range limits.MaxLines {
		fmt.Fprintf(&text, "data-budget,dev:%d,mb(%d)\n", i, i)
	}
	lines, problems := limits.Read([]byte(text.String()), compute)
	require.Empty(t, problems)
	require.Len(t, lines, limits.MaxLines)
	require.Equal(t, limits.Line{Number: 200_001, Rule: "data-budget", Subject: "dev:199999", Value: 199_999e6}, lines[limits.MaxLines-1])

	text.WriteString("data-budget,dev:more,5\n")
	_, problems = limits.Read([]byte(text.String()), compute)
	require.Equal(t, []limits.Problem{{200_002, 1, "more than 200000 limits", "give fleets a limit in place of their devices"}}, problems)

	_, problems = limits.Read([]byte("rule,subject,limit\n"+strings.Repeat("nonsense\n", limits.MaxLines)), compute)
	require.Len(t, problems, 1000)
}

func TestTable(t *testing.T) {
	table := limits.Table{}
	require.Empty(t, table.Add("a", "b", limits.Limit{Value: 5, Place: "line 3"}))
	require.Equal(t, "line 3", table.Add("a", "b", limits.Limit{Value: 7, Place: "line 4"}))
	require.Equal(t, map[string]float64{"b": 5}, table.Of("a"))
	require.Nil(t, table.Of("b"))
}

// Whatever a file holds, reading it ends with limits that are data and problems that have a place.
func FuzzRead(f *testing.F) {
	f.Add([]byte("\ufeffrule,subject,limit\r\na,\"b\"\"\",mb(1)\r\n,,\r\n"))
	f.Add([]byte("rule,subject,limit\na,\"b"))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, problems := limits.Read(text, compute)
		for _, l := range lines {
			require.NotEmpty(t, l.Rule)
			require.NotEmpty(t, l.Subject)
			require.GreaterOrEqual(t, l.Value, 0.0)
			require.Less(t, l.Value, 1e25)
			require.Positive(t, l.Number)
		}
		for _, p := range problems {
			require.Positive(t, p.Line)
			require.Positive(t, p.Column)
			require.NotEmpty(t, p.Message)
		}
	})
}
