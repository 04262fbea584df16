package post

import (
	"net/http"
	"strconv"
	"time"

	"notewatch/notify"
)

// classOf returns the class of an HTTP status other than 2xx. Redirects, and that a page or method does not exist, may come from a proxy
// while the server behind it restarts. 407 always comes from a proxy, not from the receiver.
func classOf(status int) notify.Class {
	if status < 400 || status >= 500 {
		return notify.Temporary
	}
	switch status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusTooEarly,
		http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired:
		return notify.Temporary
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusGone:
		return notify.Permanent
	}
	return notify.Payload
}

// maxRetryAfter is the longest time that a receiver can make us wait.
const maxRetryAfter = time.Hour

// RetryAfter returns how long the header Retry-After asks to wait, at most an hour. It is a number of seconds, or a date, which is compared
// with the header Date or, without one, with sent. A value that makes no sense counts as 0.
func RetryAfter(header http.Header, sent time.Time) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), int64(maxRetryAfter/time.Second))) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		sent = date
	}
	if sent.IsZero() {
		return 0
	}
	return min(max(until.Sub(sent), 0), maxRetryAfter)
}
