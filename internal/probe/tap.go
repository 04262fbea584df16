package probe

import (
	"bytes"
	"io"
	"net/http"
)

// maxKept is the maximum number of bytes of an answer that a Tap keeps. The answers in this package are far smaller.
const maxKept = 4 << 20

// A Tap keeps the last answer of Notehub to a GET. Its zero value is ready. It is not safe for concurrent requests.
type Tap struct {
	header http.Header
	body   bytes.Buffer
}

// Wrap returns a transport whose answers the tap keeps.
func (t *Tap) Wrap(next http.RoundTripper) http.RoundTripper { return tapped{t, next} }

// forget drops the last answer.
func (t *Tap) forget() {
	t.header = http.Header{}
	t.body.Reset()
}

type tapped struct {
	tap  *Tap
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t tapped) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(r)
	if err != nil || r.Method != http.MethodGet { // others are requests for access tokens
		return response, err
	}
	t.tap.forget()
	t.tap.header = response.Header.Clone()
	response.Body = keptBody{response.Body, t.tap}
	return response, nil
}

// A keptBody keeps the bytes that are read from a body.
type keptBody struct {
	io.ReadCloser
	tap *Tap
}

// Read implements io.Reader.
func (b keptBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.tap.body.Write(p[:min(n, maxKept-b.tap.body.Len())])
	return n, err
}
