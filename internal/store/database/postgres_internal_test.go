package database

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// A URL that cannot work is refused before anything is connected to, and no error shows its password.
func TestURLs(t *testing.T) {
	const password = "pass%word"
	for place, want := range map[string]string{
		"postgres://amy:" + password + "@db/notewatch":                      "this is not a URL: write postgres://user:password@host:5432/database, with %40 for @",
		"postgres://amy:pass/word@db/notewatch":                             "this is not a URL",
		"postgres://amy:pass@word@db:port/notewatch":                        "this is not a URL",
		"postgres://amy:secret@db/notewatch?sslmode=on":                     `sslmode is "on": want disable, allow, prefer, require, verify-ca, verify-full`,
		"postgres://amy:secret@db/notewatch?sslrootcert=/none":              "reading the URL: ",
		"postgres://amy:secret@db/notewatch?search_path=a,b":                `search_path is "a,b": name one schema`,
		"postgres://amy:secret@db/notewatch?pool_max_conns=0":               `pool_max_conns is "0": want a number from 1 to 100`,
		"postgres://amy:secret@db/notewatch?pool_max_conns=many":            `pool_max_conns is "many": want a number from 1 to 100`,
		"postgres://amy:secret@db/notewatch?default_query_exec_mode=exec":   `default_query_exec_mode is "exec"`,
		"postgresql://amy:secret@db/notewatch?default_query_exec_mode=what": "reading the URL: ",
	} {
		_, err := Open(t.Context(), place, Creating)
		require.ErrorContains(t, err, want, place)
		for _, secret := range []string{password, "pass", "secret"} {
			require.NotContains(t, strings.ReplaceAll(err.Error(), "user:password@", ""), secret+"@", place)
			require.NotContains(t, strings.ReplaceAll(err.Error(), "password", ""), secret, place)
		}
	}
}

func TestURLSettings(t *testing.T) {
	s, err := parseURL("postgres://amy:secret@db:5433/notewatch?search_path=fleet&pool_max_conns=9&sslmode=disable")
	require.NoError(t, err)
	require.Equal(t, "postgres://amy@db:5433/notewatch", s.name)
	require.Equal(t, "fleet", s.schema)
	require.Equal(t, 9, s.pool)
	require.Equal(t, "secret", s.config.Password)
	require.Equal(t, map[string]string{"application_name": "notewatch"}, s.config.RuntimeParams, "a pooler refuses others")
	require.Equal(t, connectTime, s.config.ConnectTimeout)
	require.Nil(t, s.config.TLSConfig)

	s, err = parseURL("postgres://db/notewatch?application_name=mine&connect_timeout=3")
	require.NoError(t, err)
	require.Equal(t, defaultSchema, s.schema)
	require.Equal(t, defaultPool, s.pool)
	require.Equal(t, map[string]string{"application_name": "mine"}, s.config.RuntimeParams)
	require.Equal(t, "3s", s.config.ConnectTimeout.String())
}

func TestVersionsOfServers(t *testing.T) {
	require.NoError(t, supported(150_000, "15.0"))
	require.NoError(t, supported(180_001, "18.1"))
	require.EqualError(t, supported(140_012, "14.12 (Debian)"), "the server is PostgreSQL 14.12 (Debian): use version 15 or later")
}

// What the server says becomes a cause with a next step, or is an error of our own.
func TestCausesOfServerErrors(t *testing.T) {
	said := func(code string) error {
		return fmt.Errorf("x: %w", &pgconn.PgError{Code: code, Message: "what it says"})
	}
	for code, want := range map[string]OutageCause{
		"53100": Full, "25006": Standby, "42501": Unprivileged, "58030": Failing, "XX001": Damaged, "40001": Busy, "40P01": Busy, "55P03": Busy,
		"57014": Busy, "53300": Busy, "28P01": Refused, "28000": Refused, "3D000": Refused, "08006": NoServer, "57P01": NoServer, "57P03": NoServer,
		"25P03": NoServer, "23505": "", "42P01": "", "22P02": "",
	} {
		err := explainedByServer(said(code))
		require.Equal(t, want != "", Unavailable(err), code)
		if want != "" {
			require.EqualError(t, err, fmt.Sprintf("%s (what it says (SQLSTATE %s)): %s", want, code, want.Advice()))
		}
	}
	require.True(t, Unavailable(explainedByServer(io.ErrUnexpectedEOF)))
	require.True(t, Unavailable(explainedByServer(pgconn.ErrConnClosed)))
	require.NoError(t, explainedByServer(nil))
	require.ErrorIs(t, explainedByServer(context.Canceled), context.Canceled)
}

// A Tx is run once more only if it left nothing behind for sure.
func TestStartsOver(t *testing.T) {
	said := func(code string) error { return &pgconn.PgError{Code: code} }
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"deadlock":                    {said("40P01"), true},
		"serialization":               {said("40001"), true},
		"serialization at its end":    {&endError{said("40001")}, true},
		"locked too late":             {ErrStartOver, true},
		"connection lost":             {io.ErrUnexpectedEOF, true},
		"server shut down":            {said("57P01"), true},
		"connection found closed":     {pgconn.ErrConnClosed, true},
		"connection lost at its end":  {&endError{io.ErrUnexpectedEOF}, false},
		"server shut down at its end": {&endError{said("57P01")}, false},
		"statement took too long":     {said("57014"), false},
		"full disk":                   {said("53100"), false},
		"error of our own":            {ErrLocked, false},
		"stored":                      {nil, false},
		"wrong query":                 {said("42601"), false},
		"unique":                      {said("23505"), false},
	} {
		require.Equal(t, c.want, startsOver(c.err), name)
	}
}
