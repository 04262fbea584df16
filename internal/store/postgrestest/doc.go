// Package postgrestest gives tests databases of PostgreSQL. It starts a server from the installed binaries, once in a test binary,
// or uses the one whose URL is in NOTEWATCH_TEST_POSTGRES and whose user may create databases. A test is skipped where there is
// neither, and fails instead if NOTEWATCH_TEST_POSTGRES is "required".
package postgrestest
