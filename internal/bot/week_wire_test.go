package bot_test

import (
	"context"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A wire is the way of one process to its database. It can be cut.
type wire struct {
	url      string // of the database, by this way
	server   string // host and port
	listener net.Listener

	mu     sync.Mutex
	open   map[net.Conn]bool // both ends of each connection
	isCut  bool
	pieces int // of data that are passed on until it is cut; 0: it is not to be cut
}

// newWire makes a way to the database at place, of the process of a name.
func newWire(t *testing.T, place, name string) *wire {
	t.Helper()
	u, err := url.Parse(place)
	require.NoError(t, err)
	w := &wire{server: u.Host, open: map[net.Conn]bool{}}
	w.listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = w.listener.Close()
		w.cut()
	})
	u.Host = w.listener.Addr().String()
	query := u.Query()
	query.Set("application_name", name)
	u.RawQuery = query.Encode()
	w.url = u.String()
	go w.serve()
	return w
}

func (w *wire) serve() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", w.server)
		if err != nil || !w.join(client, server) {
			_ = client.Close()
			if err == nil {
				_ = server.Close()
			}
			continue
		}
		go w.pass(server, client)
		go w.pass(client, server)
	}
}

// join notes the ends of a connection, unless the wire is cut.
func (w *wire) join(ends ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range ends {
		w.open[end] = !w.isCut
	}
	return !w.isCut
}

// pass hands on what comes from one end of a connection to the other, until either is closed.
func (w *wire) pass(to, from net.Conn) {
	defer func() {
		_ = to.Close()
		_ = from.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open, to)
		delete(w.open, from)
	}()
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if err != nil || w.ends() {
			return
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}

// ends reports whether the wire is cut before a piece of data is passed on, and cuts it if this is the one.
func (w *wire) ends() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pieces > 0 {
		if w.pieces--; w.pieces == 0 {
			w.cutLocked()
		}
	}
	return w.isCut
}

// doom has the wire cut before it passes on so many pieces of data more. 0 is not at all.
func (w *wire) doom(pieces int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pieces = pieces
}

// cut ends all connections and lets none begin until mend.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cutLocked()
}

func (w *wire) cutLocked() {
	w.isCut, w.pieces = true, 0
	for end := range w.open {
		_ = end.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = false
}

func (w *wire) broken() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.isCut
}
