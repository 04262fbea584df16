package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"notewatch/internal/words"
)

// A Health reports whether notewatch does its work. The error is the reason why it does not; note is an additional line, or "".
type Health func(ctx context.Context) (note string, err error)

// A Server answers requests on one address. It serves only what was added with Handle, nothing of [http.DefaultServeMux].
type Server struct {
	listener net.Listener
	mux      *http.ServeMux
	server   http.Server
}

// Listen listens on the address. The error names the address if it is in use or not available. The server answers GET /livez, which is
// about the process, and GET /readyz, which is about its work.
func Listen(ctx context.Context, address string, ready Health) (*Server, error) {
	s, err := listen(ctx, net.ListenConfig{}, address)
	if err != nil {
		return nil, fmt.Errorf("%w; set NOTEWATCH_LISTEN to a free address", err)
	}
	s.Handle("GET /livez", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, "", nil) }))
	s.Handle("GET /readyz", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note, err := ready(r.Context())
		answer(w, note, err)
	}))
	return s, nil
}

// listen listens on the address for a server without handlers.
func listen(ctx context.Context, config net.ListenConfig, address string) (*Server, error) {
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", address, cause(err))
	}
	mux := http.NewServeMux()
	return &Server{listener: listener, mux: mux, server: http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}}, nil
}

// cause removes the address, which net repeats, from an error.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

func answer(w http.ResponseWriter, note string, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	said := "ok"
	if err != nil {
		said = err.Error()
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = fmt.Fprintln(w, words.Printable(said))
	if note != "" {
		_, _ = fmt.Fprintln(w, words.Printable(note))
	}
}

// Handle adds a handler for a pattern of [http.ServeMux], such as "GET /metrics".
func (s *Server) Handle(pattern string, handler http.Handler) { s.mux.Handle(pattern, handler) }

// Address returns the address of the listener, such as 127.0.0.1:8080.
func (s *Server) Address() string { return s.listener.Addr().String() }

// closeTime is how long requests may take to finish after ctx of Serve is done.
const closeTime = 5 * time.Second

// Serve answers until ctx is done and the requests of that moment are answered.
func (s *Server) Serve(ctx context.Context) error {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		if err := s.server.Shutdown(closing); err != nil {
			_ = s.server.Close()
		}
	})
	if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serving HTTP: %w", err)
	}
	<-closed
	return nil
}
