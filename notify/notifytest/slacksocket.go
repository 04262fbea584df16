package notifytest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// A connection is an open socket.
type connection struct {
	mu     sync.Mutex // of writing
	socket *websocket.Conn
}

func (c *connection) send(message any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socket.WriteJSON(message)
}

// An Envelope is a message over a socket.
type Envelope struct {
	ID      string          `json:"envelope_id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
	Accepts bool            `json:"accepts_response_payload"`
	Attempt int             `json:"retry_attempt,omitempty"`
}

// openConnection answers apps.connections.open with an address that can be used once.
func (s *Slack) openConnection(string, url.Values) (map[string]any, string) {
	var ticket string
	s.change(func(a *slackApp) {
		a.asked++
		ticket = strconv.Itoa(a.asked)
		a.tickets[ticket] = true
	})
	return map[string]any{"url": "ws" + strings.TrimPrefix(s.server.URL, "http") + "/link/" + ticket}, ""
}

// ShareApp makes Slack report that the app has others more connections.
func (s *Slack) ShareApp(others int) {
	s.change(func(a *slackApp) { a.others = others })
}

// pingEvery is the interval of pings.
const pingEvery = 10 * time.Second

// serveSocket holds a connection until either side closes it.
func (s *Slack) serveSocket(w http.ResponseWriter, r *http.Request) {
	var known bool
	s.change(func(a *slackApp) {
		known = a.tickets[r.PathValue("ticket")]
		delete(a.tickets, r.PathValue("ticket"))
	})
	if !known {
		http.Error(w, "unknown ticket", http.StatusForbidden)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	socket, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = socket.Close() }()
	c := &connection{socket: socket}
	if s.welcome(c) == nil {
		stop := c.ping()
		s.hear(c)
		stop()
	}
	s.change(func(a *slackApp) {
		a.connections = slices.DeleteFunc(a.connections, func(other *connection) bool { return other == c })
	})
}

// welcome adds a connection and says hello on it.
func (s *Slack) welcome(c *connection) error {
	var all int
	c.mu.Lock() // until hello has been sent
	defer c.mu.Unlock()
	s.change(func(a *slackApp) {
		a.connections = append(a.connections, c)
		a.connected++
		all = len(a.connections) + a.others
	})
	return c.socket.WriteJSON(map[string]any{
		"type": "hello", "num_connections": all, "connection_info": map[string]any{"app_id": App},
		"debug_info": map[string]any{"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060},
	})
}

// ping sends pings on a connection until it is stopped.
func (c *connection) ping() (stop func()) {
	ctx, stop := context.WithCancel(context.Background())
	ticker := time.NewTicker(pingEvery)
	context.AfterFunc(ctx, ticker.Stop)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				_ = c.socket.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(pingEvery))
			}
		}
	}()
	return stop
}

// hear records the acknowledgements on a connection until it is closed.
func (s *Slack) hear(c *connection) {
	for {
		var ack struct {
			ID string `json:"envelope_id"`
		}
		if c.socket.ReadJSON(&ack) != nil {
			return
		}
		s.change(func(a *slackApp) { a.acks[ack.ID]++ })
	}
}

// Envelope puts a request into a new envelope.
func (s *Slack) Envelope(asked Asked) Envelope {
	var id string
	s.change(func(a *slackApp) {
		a.asked++
		id = "envelope-" + strconv.Itoa(a.asked)
	})
	return Envelope{ID: id, Type: asked.Kind, Payload: asked.Payload, Accepts: true}
}

// Deliver sends an envelope on the newest connection. It waits until there is one.
func (s *Slack) Deliver(ctx context.Context, e Envelope) error {
	var newest *connection
	err := s.await(ctx, func(a *slackApp) bool {
		if len(a.connections) > 0 {
			newest = a.connections[len(a.connections)-1]
		}
		return newest != nil
	})
	if err != nil {
		return err
	}
	return newest.send(e)
}

// AwaitAck waits until an envelope was acknowledged.
func (s *Slack) AwaitAck(ctx context.Context, e Envelope) error {
	return s.await(ctx, func(a *slackApp) bool { return a.acks[e.ID] > 0 })
}

// AwaitConnection waits until the app has connected n times in all.
func (s *Slack) AwaitConnection(ctx context.Context, n int) error {
	return s.await(ctx, func(a *slackApp) bool { return a.connected >= n })
}

// Disconnect asks on all connections to close them, for a reason such as refresh_requested or too_many_websockets. It sends nothing more on
// them.
func (s *Slack) Disconnect(reason string) error {
	var problems []error
	for _, c := range s.forget() {
		problems = append(problems, c.send(map[string]any{"type": "disconnect", "reason": reason}))
	}
	return errors.Join(problems...)
}

// CutSockets cuts all connections.
func (s *Slack) CutSockets() {
	for _, c := range s.forget() {
		_ = c.socket.Close()
	}
}

// forget removes all connections from the list and returns them.
func (s *Slack) forget() (all []*connection) {
	s.change(func(a *slackApp) { all, a.connections = a.connections, nil })
	return all
}
