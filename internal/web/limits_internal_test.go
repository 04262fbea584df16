package web

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hasty is how many times sooner than in earnest the servers of these tests lose patience.
const hasty = 50

// patience is far longer than a hasty server has.
const patience = time.Minute

// serve serves until the test ends, with the limits that hurry has changed.
func serve(t *testing.T, hurry func(*http.Server), pattern string, handler http.HandlerFunc) *Server {
	t.Helper()
	s, err := Listen(t.Context(), "127.0.0.1:0", func(context.Context) (string, error) { return "", nil })
	require.NoError(t, err)
	s.Handle(pattern, handler)
	hurry(&s.server)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-served)
	})
	return s
}

// dial connects to the server and sends text.
func dial(t *testing.T, s *Server, text string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Address())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, text)
	require.NoError(t, err)
	return conn
}

// answered returns all that the server sends until it hangs up.
func answered(t *testing.T, conn net.Conn) string {
	t.Helper()
	all, err := io.ReadAll(conn)
	require.NoError(t, err, "the server keeps the connection")
	return string(all)
}

func TestSlowRequestsAreCutOff(t *testing.T) {
	hurry := func(s *http.Server) {
		s.ReadHeaderTimeout /= hasty
		s.ReadTimeout /= hasty
	}
	s := serve(t, hurry, "POST /read", func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	})
	for name, sent := range map[string]string{
		"nothing":             "",
		"half a request line": "GET /liv",
		"header without end":  "GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ",
		"body without end":    "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
	} {
		t.Run(name, func(t *testing.T) { require.NotContains(t, answered(t, dial(t, s, sent)), "200 OK") })
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	s := serve(t, func(s *http.Server) { s.IdleTimeout /= hasty }, "GET /", http.NotFound)
	require.Contains(t, answered(t, dial(t, s, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")), "\r\n\r\nok\n")
}

// A client that does not read its answer keeps a handler no longer than the answer may take.
func TestAnswersHaveADeadline(t *testing.T) {
	ended := make(chan error, 1)
	s := serve(t, func(s *http.Server) { s.WriteTimeout /= hasty }, "GET /endless", func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				ended <- err
				return
			}
		}
	})
	dial(t, s, "GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case err := <-ended:
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	case <-time.After(patience):
		require.Fail(t, "the handler still writes")
	}
}

func TestHeaderSize(t *testing.T) {
	s := serve(t, func(*http.Server) {}, "GET /", http.NotFound)
	for size, want := range map[int]string{
		15 << 10: "HTTP/1.1 200 OK\r\n",
		32 << 10: "HTTP/1.1 431 Request Header Fields Too Large\r\n",
	} {
		conn := dial(t, s, "GET /livez HTTP/1.1\r\nHost: x\r\nX-A: "+strings.Repeat("a", size)+"\r\n\r\n")
		status := make([]byte, len(want))
		_, err := io.ReadFull(conn, status)
		require.NoError(t, err)
		require.Equal(t, want, string(status))
	}
}

func TestRefusePublic(t *testing.T) {
	for address, public := range map[string]bool{
		"127.0.0.1:6060":          false,
		"127.8.9.10:6060":         false,
		"[::1]:6060":              false,
		"[::1%lo]:6060":           false,
		"[::ffff:127.0.0.1]:6060": false,
		"[::ffff:10.0.0.1]:6060":  true,
		"[::]:6060":               true,
		"0.0.0.0:6060":            true,
		":6060":                   true,
		"169.254.169.254:6060":    true,
		"[fe80::1%eth0]:6060":     true,
		"localhost:6060":          true, // names are resolved before
	} {
		err := refusePublic("tcp", address, nil)
		if public {
			require.ErrorIs(t, err, errPublic, address)
		} else {
			require.NoError(t, err, address)
		}
	}
}
