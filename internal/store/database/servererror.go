package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"notewatch/internal/store/session"
)

// ErrStartOver says that a transaction found rows that it should have locked before.
var ErrStartOver = errors.New("something appeared that was to be locked first")

// startsOver reports whether a transaction left nothing behind and may succeed if it is run once more.
func startsOver(err error) bool {
	switch codeOf(err) {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	}
	_, atEnd := errors.AsType[*endError](err)
	return errors.Is(err, ErrStartOver) || lost(err) && !atEnd && !connecting(err)
}

// beforeRetry returns how long to wait before try is run once more: longer after each, and a random time so that processes do not collide
// again.
func beforeRetry(try int) time.Duration {
	return rand.N(5 * time.Millisecond << try) //nolint:gosec // not a secret
}

// codeOf returns the SQLSTATE of an error of the server; "" for any other error.
func codeOf(err error) string {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return failure.Code
	}
	return ""
}

// lost reports whether an error says that the connection to the server was lost or could not be made.
func lost(err error) bool {
	switch code := codeOf(err); {
	case strings.HasPrefix(code, "08"), code == "57P01", code == "57P02", code == "57P03", code == "25P03":
		return true
	case code != "":
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network || connecting(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, pgconn.ErrConnClosed)
}

// explainedByServer returns an error of PostgreSQL as an UnavailableError if the cause lies outside notewatch, and other errors unchanged.
func explainedByServer(err error) error {
	if err == nil || Unavailable(err) || errors.Is(err, context.Canceled) {
		return err
	}
	if cause := serverCause(err); cause != "" {
		return &UnavailableError{cause, &serverError{err}}
	}
	return err
}

// serverCause returns why the server failed; "" if the cause lies in notewatch.
func serverCause(err error) OutageCause {
	code := codeOf(err)
	switch {
	case code == "53100":
		return Full
	case code == "25006", code == "" && refusesRole(err):
		return Standby
	case errors.Is(err, session.ErrOtherServer):
		return Another
	case code == "42501":
		return Unprivileged
	case code == "58030":
		return Failing
	case code == "XX001", code == "XX002":
		return Damaged
	case code == "40001", code == "40P01", code == "55P03", code == "57014", strings.HasPrefix(code, "53"), errors.Is(err, ErrStartOver):
		return Busy
	case strings.HasPrefix(code, "28"), code == "3D000", code == "" && refusesTLS(err):
		return Refused
	case lost(err), connecting(err):
		return NoServer
	}
	return ""
}

// connecting reports whether an error happened while connecting.
func connecting(err error) bool {
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}

// refusesRole reports whether the server does not have the role that target_session_attrs requires; most often no host is the primary.
func refusesRole(err error) bool {
	return connecting(err) && strings.Contains(err.Error(), "ValidateConnect failed")
}

// refusesTLS reports whether no connection was made because the server does not accept TLS, or did not prove its identity.
func refusesTLS(err error) bool {
	if !connecting(err) {
		return false
	}
	text := newest(err).Error()
	return strings.Contains(text, "tls error") || strings.Contains(text, "tls: ") || strings.Contains(text, "x509: ")
}

// newest returns the last of several errors while connecting, and other errors unchanged. The earlier ones concern other addresses of the
// host, or TLS, which may be optional.
func newest(err error) error {
	failure, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok {
		return err
	}
	err = failure.Unwrap()
	if several, ok := err.(interface{ Unwrap() []error }); ok && len(several.Unwrap()) > 0 {
		all := several.Unwrap()
		err = all[len(all)-1]
	}
	return err
}

// A serverError is an error of the driver in one line.
type serverError struct{ err error }

// Error returns the message of the server, or else of the driver.
func (e *serverError) Error() string {
	if failure, ok := errors.AsType[*pgconn.PgError](e.err); ok {
		return failure.Message + " (SQLSTATE " + failure.Code + ")"
	}
	return strings.Join(strings.Fields(newest(e.err).Error()), " ")
}

// Unwrap returns the error of the driver.
func (e *serverError) Unwrap() error { return e.err }
