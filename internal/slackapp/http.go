package slackapp

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"notewatch/internal/metrics"
)

const (
	// maxBody bounds a request in bytes. A command has at most some kilobytes; a press comes with the whole message, as JSON
	// in a form, where a character may take a dozen bytes.
	maxBody = 1 << 20
	// signatureWindow is for how long a signature is good, as Slack advises.
	signatureWindow = 5 * time.Minute
)

// Handler takes commands at POST /slack/commands and presses at POST /slack/interactions. It refuses everything unless
// there is a signing secret.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /slack/commands", a.receive(metrics.Command, a.commandInForm))
	mux.Handle("POST /slack/interactions", a.receive(metrics.Press, a.pressInForm))
	return mux
}

// receive takes requests that Slack has signed. It looks at nothing but the body and the headers: a query is not signed. Who
// is refused does not learn why.
func (a *App) receive(kind metrics.Ask, read func(url.Values) (request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
			refuse(w, http.StatusUnsupportedMediaType)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err == nil {
			err = a.verify(r.Header, body)
		}
		if err != nil {
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
	})
}

// accept takes what Slack has signed.
func (a *App) accept(w http.ResponseWriter, form url.Values, signature string, read func(url.Values) (request, error)) {
	asked, err := read(form)
	asked.id = cmp.Or(asked.id, signature)
	switch {
	case form.Get("ssl_check") == "1", errors.Is(err, errOther) && form.Has("payload"): // of other kinds we want nothing
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

// forged counts a request that is not known to be Slack's, and tells the log. Anybody can send such requests: after the
// first one, only those who want to know everything are told.
func (a *App) forged(kind metrics.Ask, err error) {
	a.Metrics.Asked(kind, metrics.Forged)
	if a.forgery.CompareAndSwap(false, true) {
		a.Log.Warn("refused a request that is not known to be Slack's; if Slack sent it, check NOTEWATCH_SLACK_SIGNING_SECRET "+
			"and the clock of this machine. Further ones are logged at level debug", "err", err)
		return
	}
	a.Log.Debug("refused a request that is not known to be Slack's", "err", err)
}

// The headers of a signature.
const (
	signatureHeader = "X-Slack-Signature"
	timestampHeader = "X-Slack-Request-Timestamp"
)

// verify returns an error unless Slack has signed the body, not long ago, and since the App was made: what was signed
// before may have been taken by a process that is gone. The clock is injected, which slack.SecretsVerifier does not allow.
func (a *App) verify(header http.Header, body []byte) error {
	if a.SigningSecret.IsZero() {
		return errors.New("there is no signing secret")
	}
	stamp := header.Get(timestampHeader)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errors.New("its time is missing or not valid")
	}
	mac := hmac.New(sha256.New, []byte(a.SigningSecret.Reveal()))
	_, _ = io.Copy(mac, io.MultiReader(bytes.NewReader([]byte("v0:"+stamp+":")), bytes.NewReader(body)))
	if want := "v0=" + hex.EncodeToString(mac.Sum(nil)); !hmac.Equal([]byte(want), []byte(header.Get(signatureHeader))) {
		return errors.New("its signature is not right")
	}
	signed, now := time.Unix(seconds, 0), a.Machine()
	switch {
	case signed.Before(now.Add(-signatureWindow)), signed.After(now.Add(signatureWindow)):
		return errors.New("its time is not about now")
	case signed.Before(a.made.Truncate(time.Second)):
		return errors.New("it was signed before this process began")
	}
	return nil
}
