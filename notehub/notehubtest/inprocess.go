package notehubtest

import (
	"bytes"
	"io"
	"net/http"
)

// Client returns an HTTP client whose requests the server answers without a network, whatever their host.
func (s *Server) Client() *http.Client { return &http.Client{Transport: inProcess{s}} }

// inProcess answers requests with a handler.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	a := &answered{header: http.Header{}, status: http.StatusOK}
	broken := a.serve(p.handler, r)
	var body io.Reader = &a.body
	if broken {
		body = io.MultiReader(body, brokenReader{})
	}
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header,
		Body: io.NopCloser(body), ContentLength: -1, Request: r,
	}, nil
}

// An answered is an http.ResponseWriter that stores an answer.
type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// serve calls a handler, and reports whether it broke the connection.
func (a *answered) serve(handler http.Handler, r *http.Request) (broken bool) {
	defer func() {
		if problem := recover(); problem == http.ErrAbortHandler { //nolint:errorlint // this very value is what package http defines
			broken = true
		} else if problem != nil {
			panic(problem)
		}
	}()
	handler.ServeHTTP(a, r)
	return false
}

// Header implements http.ResponseWriter.
func (a *answered) Header() http.Header { return a.header }

// Write implements http.ResponseWriter.
func (a *answered) Write(p []byte) (int, error) { return a.body.Write(p) }

// WriteHeader implements http.ResponseWriter.
func (a *answered) WriteHeader(status int) { a.status = status }

// A brokenReader fails like a connection that breaks.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
