package notifytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// A Webhook is a receiver of webhooks. It takes every request, unless told to Fail.
type Webhook struct {
	script

	URL string // where to post to

	server   *httptest.Server
	mu       sync.Mutex
	requests []Request
}

// A Request is one that a server received, whether it took it or not.
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

// Close cuts what is still going on and stops the server.
func (w *Webhook) Close() {
	w.server.CloseClientConnections()
	w.server.Close()
}

// Requests returns what was received so far, oldest first.
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

// Verify checks the signature as the library of Standard Webhooks does, but not the age: tests drive their own clock.
// The secret is written as in a configuration: whsec_ and base64, or raw.
func (r Request) Verify(secret string) error {
	verifier, err := standardwebhooks.NewWebhookRaw([]byte(secret))
	if strings.HasPrefix(secret, "whsec_") {
		verifier, err = standardwebhooks.NewWebhook(secret)
	}
	if err != nil {
		return fmt.Errorf("reading the secret: %w", err)
	}
	return verifier.VerifyIgnoringTimestamp(r.Body, r.Header)
}

// Decode reads the JSON body into v and refuses fields that v does not have.
func (r Request) Decode(v any) error {
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("decoding the body: %w", err)
	}
	return nil
}
