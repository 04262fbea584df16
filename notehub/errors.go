package notehub

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Reasons for which Notehub may refuse a request; errors.Is finds them in an [*Error]. An error has at most one of them.
var (
	ErrUnauthorized = errors.New("the token is not valid")                        // 401, or an unknown OAuth client
	ErrForbidden    = errors.New("the token lacks rights")                        // 403, unless suspended
	ErrSuspended    = errors.New("the billing account is suspended")              // 403 with that reason
	ErrNotFound     = errors.New("no such project or address")                    // 404
	ErrRateLimited  = errors.New("too many requests for this billing account")    // 429; see Error.RetryAfter
	ErrTookTooLong  = errors.New("the query took too long; ask for less at once") // 504, or a text with that reason
)

// ErrInvalidAnswer says that Notehub's address answered with success, but not in Notehub's format: a web page, truncated or mistyped JSON,
// an answer without rows.
var ErrInvalidAnswer = errors.New("not an answer of Notehub")

// An Error is a refusal of Notehub: an answer with any status but 200.
type Error struct {
	Status     int           // of HTTP
	Code       string        // short text for programs from Notehub or OAuth; "" if there is none
	Message    string        // text for people, shortened; "" if there is none
	RetryAfter time.Duration // how long Notehub asks to wait; 0 if it does not ask
	Proxy      string        // the proxy that may have answered instead of Notehub; "" if Notehub answered
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s answers %d", e.who(), e.Status)
	if status := http.StatusText(e.Status); status != "" {
		text += " " + status
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Code != "" && !strings.EqualFold(e.Code, http.StatusText(e.Status)) {
		text += " (" + e.Code + ")"
	}
	return text
}

// who names the party that answered.
func (e *Error) who() string {
	switch {
	case e.Status == http.StatusProxyAuthRequired:
		return "a proxy on the way"
	case e.Proxy != "":
		return "Notehub or proxy " + e.Proxy
	}
	return "Notehub"
}

// Is reports whether target is the sentinel for this refusal.
func (e *Error) Is(target error) bool { return target == e.kind() }

func (e *Error) kind() error {
	said := strings.ToLower(e.Message + " " + e.Code)
	switch {
	case e.Status == http.StatusGatewayTimeout, strings.Contains(said, "took too long"):
		return ErrTookTooLong
	case e.Status == http.StatusUnauthorized, e.Code == "invalid_client", e.Code == "unauthorized_client": // the last two are of OAuth
		return ErrUnauthorized
	case e.Status == http.StatusForbidden && strings.Contains(said, "suspended"):
		return ErrSuspended
	case e.Status == http.StatusForbidden && e.Proxy == "":
		return ErrForbidden
	case e.Status == http.StatusNotFound:
		return ErrNotFound
	case e.Status == http.StatusTooManyRequests:
		return ErrRateLimited
	}
	return nil
}

// errorOf reads a refusal of a server at base. Unreadable parts are left out, because the status is what matters.
func errorOf(base string, response *http.Response, hidden secrets) *Error {
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorAnswer))
	code, message := parseError(body)
	if response.StatusCode/100 == 3 && message == "" {
		message = "redirects are not followed; check the base URL"
	}
	e := &Error{
		Status:     response.StatusCode,
		Code:       hidden.quotable(code),
		Message:    hidden.quotable(message),
		RetryAfter: retryAfter(response.Header),
	}
	if code == "" && strings.HasPrefix(base, "http://") {
		e.Proxy = proxyFor(base) // over http the proxy may have answered, unless the answer has Notehub's form
	}
	return e
}

// parseError reads Notehub's error envelope {err, status}, that of OAuth {error, error_description}, or plain text. Web pages contain
// nothing worth repeating.
func parseError(body []byte) (code, message string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		text := strings.TrimSpace(string(body))
		if strings.HasPrefix(text, "<") || strings.HasPrefix(text, "{") {
			return "", ""
		}
		return "", text
	}
	text := func(names ...string) string {
		for _, name := range names {
			var text string
			if json.Unmarshal(fields[name], &text) == nil && text != "" {
				return text
			}
		}
		return ""
	}
	return text("status", "error"), text("err", "error_description")
}

// retryAfter reads the header Retry-After: seconds, or a date, which is compared with the answer's own date. Anything else is 0. The result
// is at most a day, the period of Notehub's largest allowance.
func retryAfter(header http.Header) time.Duration {
	const most = 24 * time.Hour
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(most/time.Second))) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(until.Sub(now), 0), most)
}
