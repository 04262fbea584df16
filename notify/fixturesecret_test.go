package notify_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// mark stands in every secret of these tests. Like a token it has not the form of a Slack error code.
const mark = "hunter-2"

// echoes answer with what they were sent: the worst that the other side can do to our secrets.
var echoes = map[string]http.HandlerFunc{
	"status":    func(w http.ResponseWriter, r *http.Request) { echo(w, r, http.StatusBadRequest, "%s") },
	"forbidden": func(w http.ResponseWriter, r *http.Request) { echo(w, r, http.StatusForbidden, "%s") },
	"gone":      func(w http.ResponseWriter, r *http.Request) { echo(w, r, http.StatusGone, "%s") },
	"limited":   func(w http.ResponseWriter, r *http.Request) { echo(w, r, http.StatusTooManyRequests, "%s") },
	"broken":    func(w http.ResponseWriter, r *http.Request) { echo(w, r, http.StatusInternalServerError, "%s") },
	"not ok":    func(w http.ResponseWriter, r *http.Request) { echo(w, r, http.StatusOK, `{"ok":false,"error":%q}`) },
	"details": func(w http.ResponseWriter, r *http.Request) {
		echo(w, r, http.StatusOK, `{"ok":false,"error":"missing_scope","needed":%q,"errors":[{"odd":"hunter-2"}]}`)
	},
	"not JSON":  func(w http.ResponseWriter, r *http.Request) { echo(w, r, http.StatusOK, "%s") },
	"redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/"+mark, http.StatusFound) },
	"cut":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"not HTTP":  func(w http.ResponseWriter, _ *http.Request) { hijack(w, mark+" "+mark+"\r\n\r\n") },
	"bad state": func(w http.ResponseWriter, _ *http.Request) { hijack(w, "HTTP/1.1 "+mark+" no\r\n\r\n") },
	"bad field": func(w http.ResponseWriter, _ *http.Request) { hijack(w, "HTTP/1.1 200 OK\r\n"+mark+"\r\n\r\n") },
	"slow": func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	},
}

func echo(w http.ResponseWriter, r *http.Request, status int, format string) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Retry-After", mark)
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, format, mark)
}

func hijack(w http.ResponseWriter, answer string) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(connection, answer)
	_ = connection.Close()
}

// requireNoMark checks err and all that it wraps, printed in every way.
func requireNoMark(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	for ; err != nil; err = errors.Unwrap(err) {
		for _, format := range []string{"%v", "%+v", "%#v", "%q", "%s"} {
			require.NotContains(t, fmt.Sprintf(format, err), "hunter")
		}
	}
}

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
