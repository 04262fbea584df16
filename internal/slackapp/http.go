package slackapp

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"notewatch/internal/metrics"
)

const (
	// maxBody is the maximum number of bytes of a request. A command has at most some kilobytes; a press contains the whole message, as
	// JSON in a form, where a character may take a dozen bytes.
	maxBody = 1 << 20
	// maxBodies is the maximum number of bodies in memory. Anyone can send requests that look like Slack's.
	maxBodies = 16
	// bodyTime is the time for both the wait for one of maxBodies places and the body itself. Slack waits three seconds for an answer.
	bodyTime = 3 * time.Second
	// signatureWindow is how long a signature is valid, as Slack recommends.
	signatureWindow = 5 * time.Minute
)

// Handler accepts commands at POST /slack/commands and presses at POST /slack/interactions. It refuses everything unless there is a signing
// secret. It holds at most 16 bodies of at most 1 MiB at a time.
func (a *App) Handler() http.Handler {
	places := make(chan struct{}, maxBodies)
	route := func(kind metrics.Ask, read func(url.Values) (request, error)) http.Handler {
		return a.checked(kind, a.bounded(kind, places, a.receive(kind, read)))
	}
	mux := http.NewServeMux()
	mux.Handle("POST /slack/commands", route(metrics.Command, a.commandInForm))
	mux.Handle("POST /slack/interactions", route(metrics.Press, a.pressInForm))
	return mux
}

// checked refuses requests whose headers show that they are not from Slack or are too large.
func (a *App) checked(kind metrics.Ask, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
			refuse(w, http.StatusUnsupportedMediaType)
			return
		}
		if err := a.checkHeaders(r.Header); err != nil {
			a.forged(kind, err)
			refuse(w, http.StatusUnauthorized)
			return
		}
		if r.ContentLength > maxBody {
			a.unreadable(w, kind, &http.MaxBytesError{Limit: maxBody})
			return
		}
		next(w, r)
	}
}

// bounded gives each request one of places until next has handled it, and bodyTime for the wait and the body together.
func (a *App) bounded(kind metrics.Ask, places chan struct{}, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), bodyTime)
		defer cancel()
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		case <-ctx.Done():
			refuse(w, http.StatusServiceUnavailable)
			a.config.Metrics.Asked(kind, metrics.Busy)
			a.warnOnce("too many are being read", "Slack does not send so many: look at what else calls this address", ctx.Err())
			return
		}
		deadline, _ := ctx.Deadline()
		if err := http.NewResponseController(w).SetReadDeadline(deadline); err != nil {
			a.unreadable(w, kind, err)
			return
		}
		next(w, r)
	}
}

// receive accepts requests that Slack has signed. It reads only the headers and the body, because a query is not signed. The answer to a
// forged request gives no reason.
func (a *App) receive(kind metrics.Ask, read func(url.Values) (request, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			a.unreadable(w, kind, err)
			return
		}
		if err := a.checkSignature(r.Header, body); err != nil {
			a.forged(kind, err)
			refuse(w, http.StatusUnauthorized)
			return
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			refuse(w, http.StatusBadRequest)
			return
		}
		a.accept(w, form, r.Header.Get(signatureHeader), read)
	}
}

// statusOf returns the status for a request whose body could not be read.
func statusOf(err error) int {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return http.StatusRequestTimeout
	}
	return http.StatusBadRequest
}

// accept handles a signed request.
func (a *App) accept(w http.ResponseWriter, form url.Values, signature string, read func(url.Values) (request, error)) {
	asked, err := read(form)
	asked.id = cmp.Or(asked.id, signature)
	switch {
	case form.Get("ssl_check") == "1", errors.Is(err, errOther) && form.Has("payload"): // other kinds are ignored
		w.WriteHeader(http.StatusOK)
	case err != nil:
		refuse(w, http.StatusBadRequest)
	case !a.take(asked):
		refuse(w, http.StatusServiceUnavailable)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

func refuse(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }

// forged counts and logs a request without a valid signature.
func (a *App) forged(kind metrics.Ask, err error) {
	a.config.Metrics.Asked(kind, metrics.Forged)
	a.warnOnce("it is not known to be Slack's", "if Slack sent it, check NOTEWATCH_SLACK_SIGNING_SECRET and the clock of this machine", err)
}

// unreadable refuses, counts and logs a request whose body is too large or did not arrive.
func (a *App) unreadable(w http.ResponseWriter, kind metrics.Ask, err error) {
	refuse(w, statusOf(err))
	a.config.Metrics.Asked(kind, metrics.Unreadable)
	a.warnOnce("its body could not be read", "if Slack sent it, check the proxy in front of notewatch", err)
}

// warnOnce logs the first refusal for a reason as a warning with a hint, and later ones at level debug, because anyone can send such
// requests.
func (a *App) warnOnce(reason, hint string, err error) {
	if _, before := a.warned.LoadOrStore(reason, true); !before {
		a.config.Log.Warn("refused a request; further ones like it are logged at level debug", "reason", reason, "err", err, "hint", hint)
		return
	}
	a.config.Log.Debug("refused a request", "reason", reason, "err", err)
}

// The headers of a signature.
const (
	signatureHeader = "X-Slack-Signature"
	timestampHeader = "X-Slack-Request-Timestamp"
)

// signatureForm matches a signature.
var signatureForm = regexp.MustCompile(`^v0=[0-9a-f]{64}$`)

// checkHeaders returns an error unless the headers may belong to a request that Slack has signed recently, and after the App was made: an
// earlier request may have been handled by an earlier process.
func (a *App) checkHeaders(header http.Header) error {
	if a.config.SigningSecret.IsZero() {
		return errors.New("there is no signing secret")
	}
	seconds, err := strconv.ParseInt(header.Get(timestampHeader), 10, 64)
	if err != nil {
		return errors.New("its time is missing or not valid")
	}
	if !signatureForm.MatchString(header.Get(signatureHeader)) {
		return errors.New("its signature is missing or not valid")
	}
	signed, now := time.Unix(seconds, 0), a.config.Machine()
	made := now.Add(-now.Sub(a.made)) // by the present clock, which may have been set back since
	switch {
	case signed.Before(now.Add(-signatureWindow)), signed.After(now.Add(signatureWindow)):
		return errors.New("the timestamp is more than 5 minutes off")
	case signed.Before(made.Truncate(time.Second)):
		return errors.New("it was signed before this process started")
	}
	return nil
}

// checkSignature returns an error unless Slack has signed the body at the time in the header. [slack.SecretsVerifier] would also check that
// time, but with a clock that cannot be injected.
func (a *App) checkSignature(header http.Header, body []byte) error {
	mac := hmac.New(sha256.New, []byte(a.config.SigningSecret.Reveal()))
	_, _ = io.Copy(mac, io.MultiReader(strings.NewReader("v0:"+header.Get(timestampHeader)+":"), bytes.NewReader(body)))
	if want := "v0=" + hex.EncodeToString(mac.Sum(nil)); !hmac.Equal([]byte(want), []byte(header.Get(signatureHeader))) {
		return errors.New("its signature is not right")
	}
	return nil
}
