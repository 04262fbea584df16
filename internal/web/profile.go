package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"syscall"
)

// ListenProfile listens on the address for GET /debug/pprof/. Anyone who can request profiles can see what the process does and slow it
// down, so the address must be a loopback one. Profiles contain stacks and counts, also of the heap: no content of memory, and the command
// line contains no secret.
func ListenProfile(ctx context.Context, address string) (*Server, error) {
	s, err := listen(ctx, net.ListenConfig{Control: refusePublic}, address)
	if err != nil {
		return nil, err
	}
	s.Handle("GET /debug/pprof/", http.HandlerFunc(pprof.Index))
	s.Handle("GET /debug/pprof/cmdline", http.HandlerFunc(pprof.Cmdline))
	s.Handle("GET /debug/pprof/profile", http.HandlerFunc(pprof.Profile))
	s.Handle("GET /debug/pprof/symbol", http.HandlerFunc(pprof.Symbol))
	s.Handle("GET /debug/pprof/trace", http.HandlerFunc(pprof.Trace))
	return s, nil
}

var errPublic = errors.New("profiles are served on a loopback address only, such as 127.0.0.1:6060")

// refusePublic is called after names have been resolved and before the server listens on the address.
func refusePublic(_, address string, _ syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().Unmap().IsLoopback() {
		return errPublic
	}
	return nil
}
