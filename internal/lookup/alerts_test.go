package lookup_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/rules"
	"notewatch/rules/muting"
)

func TestAlerts(t *testing.T) {
	s := usual(t)
	s.alerts(alert("a1", cold, "dev:1", "one"), alert("a2", cold, "dev:2", "two"), over(alert("a3", cold, "dev:1", "one")))
	for _, c := range []struct {
		filter store.AlertFilter
		ids    []string
	}{
		{store.AlertFilter{}, []string{"a1", "a2", "a3"}},
		{store.AlertFilter{Open: true, Limit: 1}, []string{"a1"}},
		{store.AlertFilter{Match: muting.Match{Subject: "one"}}, []string{"a1", "a3"}},
		{store.AlertFilter{Match: muting.Match{Project: "nowhere"}}, nil},
	} {
		var ids []string
		require.NoError(t, s.reader().EachAlert(t.Context(), c.filter, func(a lookup.Alert) error {
			ids = append(ids, a.ID)
			return nil
		}))
		require.Equal(t, c.ids, ids)
	}
}

func TestAlert(t *testing.T) {
	s := usual(t)
	all := []rules.Alert{
		alert("abcdefghij", cold, "dev:1", "one"), over(alert("abcxyz2345", cold, "dev:2", "two")), alert("abc", cold, "dev:3", "three"),
	}
	for i := range 12 {
		all = append(all, alert(fmt.Sprintf("many%02d", i), cold, fmt.Sprintf("dev:%d", 10+i), ""))
	}
	s.alerts(all...)
	for text, want := range map[string]string{
		"abcdefghij":    "abcdefghij",
		" ABCD ":        "abcdefghij",
		"abcx":          "abcxyz2345", // is over
		"abc":           "abc",        // is one, though others begin with it
		"ab":            `alert "ab" may be abc, abcdefghij, abcxyz2345`,
		"many":          `alert "many" may be many00, many01, many02, many03, many04, many05, many06, many07, many08, many09 or one of 2 more`,
		"abcdefghik":    `unknown alert "abcdefghik"; did you mean "abcdefghij"?`,
		"":              `unknown alert ""`,
		"%":             `unknown alert "%"`,
		"מקפיא 7":       `unknown alert "מקפיא 7"`,
		"abcdefghijabc": `unknown alert "abcdefghijabc"; did you mean "abcdefghij"?`,
	} {
		a, err := s.reader().Alert(t.Context(), text)
		if err != nil {
			require.EqualError(t, err, want)
			continue
		}
		require.Equal(t, want, a.ID, text)
	}
	var ambiguous *lookup.AmbiguousIDError
	_, err := s.reader().Alert(t.Context(), "many")
	require.ErrorAs(t, err, &ambiguous)
	require.Len(t, ambiguous.IDs, 10)
	var unknown *lookup.UnknownError
	_, err = s.reader().Alert(t.Context(), "?")
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, []lookup.Kind{lookup.KindAlert}, unknown.Kinds)
}
