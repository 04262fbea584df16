package notifytest

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
)

// A Fault is one way to fail one request.
type Fault struct {
	status int
	header http.Header
	body   string
	code   string // of Slack: ok false with this error
	before func(http.ResponseWriter, *http.Request)
	after  func(http.ResponseWriter, *http.Request)
}

// Status answers with a status and a body, and accepts nothing.
func Status(status int, body string) Fault { return Fault{status: status, body: body} }

// With returns f with a header added to its answer.
func (f Fault) With(key, value string) Fault {
	f.header = f.header.Clone()
	if f.header == nil {
		f.header = make(http.Header)
	}
	f.header.Set(key, value)
	return f
}

// RateLimited answers 429. The empty retryAfter leaves the header out.
func RateLimited(retryAfter string) Fault {
	f := Status(http.StatusTooManyRequests, "")
	if retryAfter != "" {
		f = f.With("Retry-After", retryAfter)
	}
	return f
}

// Code answers as Slack does when it refuses a call: status 200, ok false and an error code. An incoming webhook answers status 400 with
// the code as its body.
func Code(code string) Fault { return Fault{code: code} }

// Hang does not answer, until the caller gives up or the server closes, and accepts nothing.
func Hang() Fault {
	return Fault{before: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}
}

// Cut cuts the connection and accepts nothing.
func Cut() Fault { return Fault{before: cut} }

// TakeAndCut accepts the message and cuts the connection instead of answering.
func TakeAndCut() Fault { return Fault{after: cut} }

// TakeAndHang accepts the message and then does not answer, until the caller gives up or the server closes.
func TakeAndHang() Fault {
	return Fault{after: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}
}

// CutAnswer accepts the message, starts to answer and cuts the connection before the end of the body.
func CutAnswer() Fault {
	return Fault{after: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, "{")
		_ = http.NewResponseController(w).Flush()
	}}
}

// EndlessAnswer accepts the message and answers with a body without end.
func EndlessAnswer() Fault {
	return Fault{after: func(w http.ResponseWriter, _ *http.Request) { writeOn(w) }}
}

// EndlessHeader accepts the message and answers with a header without end.
func EndlessHeader() Fault {
	return Fault{after: func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = connection.Close() }()
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nX: ")
		writeOn(connection)
	}}
}

// writeOn writes until the other side closes.
func writeOn(w io.Writer) {
	for piece := bytes.Repeat([]byte("x"), 4<<10); ; {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// cut ends the exchange without an answer: net/http closes the connection and logs nothing.
func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// takes reports whether the message counts as received.
func (f Fault) takes() bool {
	return f.after != nil || (f.before == nil && f.status == 0 && f.code == "")
}

// answer plays the fault, unless it has none to play.
func (f Fault) answer(w http.ResponseWriter, r *http.Request) bool {
	for _, act := range []func(http.ResponseWriter, *http.Request){f.before, f.after} {
		if act != nil {
			act(w, r)
			cut(w, r)
		}
	}
	if f.status == 0 {
		return false
	}
	maps.Copy(w.Header(), f.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(f.body)))
	w.WriteHeader(f.status)
	_, _ = w.Write([]byte(f.body))
	return true
}

// A script holds the faults that are still to be played, one for each request.
type script struct {
	mu     sync.Mutex
	faults []Fault
}

// Fail plays the faults on the next requests, in order. The zero Fault lets one pass.
func (s *script) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

func (s *script) next() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) == 0 {
		return Fault{}
	}
	f := s.faults[0]
	s.faults = s.faults[1:]
	return f
}
