package transfer

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rows of the next batch are as many as take about as much memory as a batch may.
func TestLimit(t *testing.T) {
	of := func(rows, size int) *batch { return &batch{rows: make([]row, rows), size: rows * size} }
	require.Equal(t, firstRows, of(0, 0).limit())
	require.Equal(t, mostRows, of(100, 50).limit())
	require.Equal(t, 256, of(100, 16<<10).limit())
	require.Equal(t, 1, of(1, 64<<20).limit())
}

// A value that a column cannot have is an error, not a guess. Those that the databases keep in different ways are the same afterwards.
func TestPlain(t *testing.T) {
	clean := func(text string) string { return strings.ReplaceAll(text, "\x00", "?") }
	for _, c := range []struct {
		kind        kind
		value, want any
	}{
		{whole, int64(7), int64(7)}, {decimal, int64(7), 7.0}, {decimal, math.Copysign(0, -1), 0.0}, {decimal, math.NaN(), nil}, {truth, int64(1), true},
		{truth, false, false}, {text, "a\x00", "a?"}, {text, []byte("a"), "a"}, {blob, []byte(nil), []byte{}}, {blob, nil, nil},
	} {
		got, err := column{kind: c.kind}.plain(c.value, clean)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for kind, value := range map[kind]any{whole: 1.5, decimal: "x", truth: "x", text: int64(1), blob: "x"} {
		_, err := column{name: "a", declared: "b", kind: kind}.plain(value, clean)
		require.ErrorContains(t, err, "column a is of type b and holds a ")
	}
}

// A checksum depends on every value of every row, and not on the order of the rows.
func TestChecksum(t *testing.T) {
	sum := func(rows ...row) (c Checksum) {
		var buffer []byte
		for _, r := range rows {
			buffer = c.add(r, buffer)
		}
		return c
	}
	a, b := row{int64(1), "x", nil}, row{int64(2), "", []byte{1}}
	require.Equal(t, sum(a, b), sum(b, a))
	for _, other := range []row{{int64(2), "x", nil}, {int64(1), "y", nil}, {int64(1), "x", ""}, {1.0, "x", nil}, {true, "x", nil}, {int64(1), []byte("x"), nil}} {
		require.NotEqual(t, sum(a), sum(other))
	}
	require.NotEqual(t, sum(a), sum(a, a), "a row that is there twice")
	require.NotEqual(t, sum(row{"a", "b"}), sum(row{"ab", ""}))
	require.Len(t, sum(a).String(), 32)
}
