package notehubtest

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// A FaultKind is a way for an answer to go wrong.
type FaultKind string

// The kinds of faults. With Unauthorized to NotFound, Notehub, or a proxy in front of it, refuses a request. The others break an answer
// that would have been good.
const (
	Unauthorized FaultKind = "unauthorized"  // 401
	Forbidden    FaultKind = "forbidden"     // 403
	Suspended    FaultKind = "suspended"     // 403: the billing account is suspended
	RateLimited  FaultKind = "rate limited"  // 429, with Retry-After if the fault has one
	ServerError  FaultKind = "server error"  // 500
	BadGateway   FaultKind = "bad gateway"   // 502, with a web page
	TookTooLong  FaultKind = "took too long" // 504
	NotFound     FaultKind = "not found"     // 404
	Cut          FaultKind = "cut"           // the connection breaks in the middle of the answer
	Slow         FaultKind = "slow"          // no answer until Release is closed or the client leaves
	InvalidJSON  FaultKind = "invalid JSON"  // half an answer, as if it were whole
	WebPage      FaultKind = "web page"      // HTML with status 200
	Truncated    FaultKind = "truncated"     // half the rows of usage, with truncated true; other answers are left whole
	Late         FaultKind = "late"          // a good answer with the data of an earlier time, by Lag
)

// A Fault breaks answers to requests that are valid.
type Fault struct {
	Kind       FaultKind
	Endpoint   Endpoint        // "" is all of them
	Project    string          // UID of a project or organization; "" is all of them
	Times      int             // how many answers; 0: all until ClearFaults
	RetryAfter time.Duration   // of RateLimited; 0: none is sent
	Lag        time.Duration   // of Late
	Release    <-chan struct{} // of Slow; the answer is good once it is closed
	From, To   time.Time       // simulated times between which it breaks answers; zero: always
}

// Fail breaks answers from now on. If several faults match, the first one added counts.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// ClearFaults ends all faults. It does not release answers that are held back.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// nextFault returns the fault for an answer, and counts the answer.
func (s *Server) nextFault(endpoint Endpoint, project string, now time.Time) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Endpoint != "" && f.Endpoint != endpoint || f.Project != "" && f.Project != project ||
			now.Before(f.From) || !f.To.IsZero() && !now.Before(f.To) {
			continue
		}
		if f.Times == 1 {
			s.faults = slices.Delete(s.faults, i, i+1)
		} else if f.Times > 1 {
			s.faults[i].Times--
		}
		return f, true
	}
	return Fault{}, false
}

// breaks reports whether the fault replaces the good answer.
func (f Fault) breaks() bool { return f.Kind != Slow && f.Kind != Truncated && f.Kind != Late }

// write writes the answer of the fault; good is the answer without it.
func (f Fault) write(w http.ResponseWriter, r *http.Request, good []byte) {
	const page = "<!DOCTYPE html><html><head><title>Gateway</title></head><body>Something went wrong.</body></html>\n"
	refused := refusal{}
	switch f.Kind {
	case Unauthorized:
		refused = refusal{status: http.StatusUnauthorized, text: "could not be authorized"}
	case Forbidden:
		refused = refusal{status: http.StatusForbidden, text: "you do not have access to this project"}
	case Suspended:
		refused = refusal{status: http.StatusForbidden, text: "this billing account is suspended"}
	case NotFound:
		refused = refusal{status: http.StatusNotFound, text: "no such project or path"}
	case RateLimited:
		refused = refusal{status: http.StatusTooManyRequests, text: "too many requests", retryAfter: f.RetryAfter}
	case TookTooLong:
		refused = refusal{status: http.StatusGatewayTimeout, code: "Took too long", text: "the query took too long to complete"}
	case BadGateway:
		writePage(w, http.StatusBadGateway, page)
		return
	case WebPage:
		writePage(w, http.StatusOK, page)
		return
	case InvalidJSON:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(good[:len(good)/2])
		return
	case Cut:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(good)))
		_, _ = w.Write(good[:len(good)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // makes package http break a connection
	default:
		refused = refusal{status: http.StatusInternalServerError, text: "something went wrong"}
	}
	refused.write(w, r)
}

func writePage(w http.ResponseWriter, status int, page string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, page)
}

// wait reports whether release was closed before the client left.
func wait(ctx context.Context, release <-chan struct{}) bool {
	select {
	case <-release:
		return true
	case <-ctx.Done():
		return false
	}
}
