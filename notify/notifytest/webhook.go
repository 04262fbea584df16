package notifytest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log" //nolint:depguard // net/http wants one to say nothing with
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// A Webhook is a receiver of webhooks. It accepts every request, except after Fail.
type Webhook struct {
	script

	URL string // for posting

	server   *httptest.Server
	mu       sync.Mutex
	requests []Request
}

// A Request is one received request, whether it was accepted or not.
type Request struct {
	Method string // of HTTP
	Path   string
	Header http.Header
	Body   []byte
	Taken  bool
}

// NewWebhook starts a receiver. Close it at the end.
func NewWebhook() *Webhook {
	w := new(Webhook)
	w.server = httptest.NewServer(http.HandlerFunc(w.serve))
	w.URL = w.server.URL + "/hook"
	return w
}

// NewTLSWebhook starts a receiver that speaks HTTPS with a certificate of an unknown authority.
func NewTLSWebhook() *Webhook {
	w := new(Webhook)
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0) // would log every failed handshake
	w.server.StartTLS()
	w.URL = w.server.URL + "/hook"
	return w
}

// NoHostURL is a URL whose host never exists.
const NoHostURL = "https://notewatch.invalid/hook"

// Close cuts open requests and stops the server: from then on connections are refused.
func (w *Webhook) Close() {
	w.server.CloseClientConnections()
	w.server.Close()
}

// Reopen starts a closed server again at the same URL.
func (w *Webhook) Reopen() error {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", w.server.Listener.Addr().String())
	if err != nil {
		return fmt.Errorf("listening again: %w", err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	w.server = server
	return nil
}

// Requests returns the requests received so far, oldest first.
func (w *Webhook) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests)
}

func (w *Webhook) serve(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		cut(rw, r)
	}
	fault := w.next()
	w.mu.Lock()
	w.requests = append(w.requests, Request{
		Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header, Body: body, Taken: fault.takes() || fault.status/100 == 2,
	})
	w.mu.Unlock()
	if !fault.answer(rw, r) {
		rw.WriteHeader(http.StatusNoContent)
	}
}

// Verify checks that there is a signature for each of the secrets, and at least one, as the library of Standard Webhooks does. It does not
// check the age, because tests drive their own clock. A secret is written as in a configuration: base64, with or without whsec_.
func (r Request) Verify(secrets ...string) error {
	if len(secrets) == 0 {
		return errors.New("there is no secret to check with")
	}
	for i, secret := range secrets {
		verifier, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return fmt.Errorf("reading secret %d: %w", i+1, err)
		}
		if err := verifier.VerifyIgnoringTimestamp(r.Body, r.Header); err != nil {
			return fmt.Errorf("checking the signature of secret %d: %w", i+1, err)
		}
	}
	return nil
}

// Decode reads the JSON body into v and rejects fields that v does not have.
func (r Request) Decode(v any) error {
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("decoding the body: %w", err)
	}
	return nil
}
