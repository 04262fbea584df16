package catalogue_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/internal/ruletest"
	"notewatch/internal/ruletest/testfile"
	"notewatch/rules/catalogue"
)

// usable returns the names of the rules that work with the settings of parse.
func usable(t *testing.T) (names []string) {
	t.Helper()
	for _, name := range catalogue.Names() {
		if _, err := parse("include: [catalogue/" + name + "]\n"); err == nil {
			names = append(names, name)
		}
	}
	require.Len(t, names, len(catalogue.Names()))
	return names
}

func parse(rules string) (*config.File, error) {
	text := "projects: [{uid: 'app:test', name: test}]\nreceivers: [{name: team, terminal: {}}]\n" +
		"prices: {currency: USD, event: 0.01, free_events: 5000}\n" + rules
	return config.Parse("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
}

// Each rule fires in its test, is false for something that is healthy, and no data for what is not known.
func TestRulesAreTested(t *testing.T) {
	t.Parallel()
	var files []*testfile.File
	for _, name := range usable(t) {
		file, err := testfile.Load(name + testfile.Suffix)
		require.NoError(t, err)
		files = append(files, file)
		account := slices.Contains(ofAccounts, name) && name != "sat-70"                     // whose results cannot be expected, only its alerts
		fires, healthy, unknown := false, account, account || name == catalogue.WatcherBlind // whose failures are always known
		for _, test := range file.Tests {
			fires = fires || slices.ContainsFunc(test.Expect.Alerts, func(a testfile.Alert) bool { return a.Rule == name })
			for _, r := range test.Expect.Results {
				healthy = healthy || r.Rule == name && r.Is == testfile.False
				unknown = unknown || r.Rule == name && r.Is == testfile.NoData
			}
		}
		require.True(t, fires && healthy && unknown, "%s: fires %t, is false %t, is no data %t", name, fires, healthy, unknown)
	}
	require.NoError(t, ruletest.RunAll(t.Context(), files, nil, func(r ruletest.Result) error {
		require.True(t, r.Passed, "%s:%d: %s: notewatch test rules/catalogue", r.File, r.Line, r.Test)
		return nil
	}))
}
