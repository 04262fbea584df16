package check_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/check"
	"notewatch/internal/config"
	"notewatch/internal/config/environ"
	"notewatch/internal/secret"
)

func TestWarningsOfTokens(t *testing.T) {
	expires := time.Date(2027, 1, 14, 0, 0, 0, 0, time.UTC)
	const hint = "; hint: make a new one at notehub.io/api-access, and state when it expires"
	ofFile := &config.File{Path: "rules.yaml", Accounts: []config.Account{
		{Name: "acme", Token: secret.New("x"), TokenExpires: expires}, {Name: "other", ClientID: "y"},
	}}
	ofEnvironment := &config.File{Accounts: []config.Account{{Name: "default"}}}
	inUse := environ.Settings{NotehubToken: secret.New("x"), TokenExpires: expires}
	for _, test := range []struct {
		name        string
		file        *config.File
		environment environ.Settings
		now         time.Time
		want        string // "" is no warning
	}{
		{"long before", ofFile, environ.Settings{}, expires.Add(-14*24*time.Hour - 1), ""},
		{"two weeks before", ofFile, environ.Settings{}, expires.AddDate(0, 0, -14),
			`warning: account "acme": token: expires on 2027-01-14, as was stated` + hint},
		{"on the day", ofFile, environ.Settings{}, expires.Add(time.Hour),
			`warning: account "acme": token: has expired on 2027-01-14, as was stated` + hint},
		{"environment, long before", ofEnvironment, inUse, expires.AddDate(0, -1, 0), ""},
		{"environment, a day before", ofEnvironment, inUse, expires.AddDate(0, 0, -1),
			"warning: NOTEWATCH_NOTEHUB_TOKEN: expires on 2027-01-14, as was stated" + hint},
		{"not used", ofFile, inUse, expires.AddDate(0, -1, 0),
			"warning: NOTEWATCH_NOTEHUB_TOKEN: is not used: the accounts of the rules file have tokens or OAuth clients"},
		{"client not used", ofFile, environ.Settings{ClientID: "z"}, expires.AddDate(0, -1, 0),
			"warning: NOTEWATCH_NOTEHUB_CLIENT_ID: is not used: the accounts of the rules file have tokens or OAuth clients"},
		{"nothing stated", ofEnvironment, environ.Settings{NotehubToken: secret.New("x")}, expires, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			warnings := check.Warnings(test.file, test.environment, test.now)
			if test.want == "" {
				require.Empty(t, warnings)
				return
			}
			require.EqualError(t, warnings, test.want)
		})
	}
}
