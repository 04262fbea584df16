package notehub

import (
	"strings"
	"testing"

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
	require.Len(t, d.strings, 1)
}
