package notehub

import (
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestLongTextsAreNotRemembered(t *testing.T) {
	zeros := strings.Repeat("0", 100)
	d := newDecoder(strings.NewReader(`{"data":[{"period":"2026-03-01T00:00:00.`+zeros+`Z","device":"`+zeros+`"},`+
		`{"period":"2026-03-01T00:00:00Z","device":"dev:1"}]}`), 2)
	d.usage("data", false, func(d *decoder) { d.eventsRow() })
	d.finish()
	require.Empty(t, d.problem)
	require.Len(t, d.periods, 1)
	require.Equal(t, []string{"dev:1"}, d.uids.texts)
}

func TestTextsThatComeAgainInOrderShareMemory(t *testing.T) {
	for name, test := range map[string]struct {
		texts  string // of one byte each, with white space between days
		shared int    // of those of the last day
	}{
		"the same order":          {"abcdefgh abcdefgh", 8},
		"day after day":           {"abcdefgh abcdefgh abcdefgh", 8},
		"one device at a time":    {"aaa bbb aaa", 3},
		"some are missing":        {"abcdefgh bcfgh", 5},
		"the first are missing":   {"abcdefgh defgh", 5},
		"many are missing":        {"abcdefgh agh", 1},
		"one is new":              {"abcdefgh abxcdefgh", 8},
		"one is new at the start": {"abcdefgh xabcdefgh", 8},
		"backwards":               {"abcdefgh hgfedcba", 5},
	} {
		t.Run(name, func(t *testing.T) {
			var s sequence
			known, shared := map[*byte]bool{}, 0
			for day := range strings.FieldsSeq(test.texts) {
				shared = 0
				for i := range len(day) {
					text := s.share([]byte(strings.Repeat(day[i:i+1], 20)))
					require.Equal(t, strings.Repeat(day[i:i+1], 20), text)
					if known[unsafe.StringData(text)] {
						shared++
					}
					known[unsafe.StringData(text)] = true
				}
			}
			require.Equal(t, test.shared, shared)
		})
	}
}

func TestASequenceRemembersSoManyTexts(t *testing.T) {
	var s sequence
	for i := range maxUIDs + 10 {
		text := strconv.Itoa(i)
		require.Equal(t, text, s.share([]byte(text)))
	}
	require.Len(t, s.texts, maxUIDs)
}
