package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// Cause returns an error of net/http, or of a similar package, in a form that may be shown. It contains at most the host of the URL, and
// nothing that the other side wrote, because that might repeat our secrets. It wraps the errors of contexts.
func Cause(err error) error {
	if failed, ok := errors.AsType[*Error](err); ok {
		shown := *failed
		if shown.Err != nil {
			shown.Err = Cause(shown.Err)
		}
		return &shown
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("looking up %q: %s", dns.Name, dns.Err)
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("checking the certificate: %w", certificate.Err)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer in time: %w", context.DeadlineExceeded)
	case errors.Is(err, http.ErrSchemeMismatch):
		return errors.New("the server speaks http, not https")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection was cut")
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	return errors.New("no valid answer")
}

// Track returns a context for one request, and a function to call after the request failed. The function reports whether the target may
// have received the request: the request has begun to leave, and err is not the refusal of a proxy.
func Track(ctx context.Context) (tracked context.Context, left func(err error) bool) {
	var sent atomic.Bool
	tracked = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	return tracked, func(err error) bool {
		failed, ok := errors.AsType[*Error](err)
		return sent.Load() && !(ok && failed.Status != 0)
	}
}
