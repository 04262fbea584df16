package lookup_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/rules/muting"
)

func TestSilence(t *testing.T) {
	s := usual(t)
	silence := func(id string, end time.Time) {
		require.NoError(t, s.Store.AddSilence(t.Context(), muting.Silence{
			ID: id, Match: muting.Match{Rule: "busy"}, Start: now.Add(-2 * time.Hour), End: end, By: "amy", Because: "maintenance",
		}, now))
	}
	later := now.Add(time.Hour)
	silence("s-abcdefgh", later)
	silence("s-abc", later)
	silence("s-abxyz234", now)
	for i := range 12 {
		silence(fmt.Sprintf("s-many%02d", i), later)
	}
	for text, want := range map[string]string{
		"s-abcdefgh":  "s-abcdefgh",
		" S-ABCD ":    "s-abcdefgh",
		"s-abxyz234":  "s-abxyz234",                  // is over
		"s-abxyz23":   `unknown silence "s-abxyz23"`, // begins only one that is over
		"s-abc":       "s-abc",                       // is one, though another begins with it
		"s-ab":        `silence "s-ab" may be s-abc, s-abcdefgh`,
		"s-m":         `silence "s-m" may be s-many00, s-many01, s-many02, s-many03, s-many04, s-many05, s-many06, s-many07, s-many08, s-many09 or one of 2 more`,
		"s-abcdefghi": `unknown silence "s-abcdefghi"; did you mean "s-abcdefgh"?`,
		"":            `unknown silence ""`,
	} {
		found, err := s.reader().Silence(t.Context(), text)
		if err != nil {
			require.EqualError(t, err, want)
			continue
		}
		require.Equal(t, want, found.ID, text)
	}
	var unknown *lookup.UnknownError
	_, err := s.reader().Silence(t.Context(), "?")
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, []lookup.Kind{lookup.KindSilence}, unknown.Kinds)
}
