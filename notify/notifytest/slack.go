package notifytest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
)

// IncomingChannel is where messages to the incoming-webhook URL are found.
const IncomingChannel = "incoming"

// A Slack answers chat.postMessage, chat.update and an incoming webhook. It keeps the messages as a channel would show
// them, and refuses what Slack refuses: no token, nothing to show, and what is over the limits of messages and blocks.
type Slack struct {
	script

	URL        string // of the API
	WebhookURL string // the incoming webhook

	server   *httptest.Server
	mu       sync.Mutex
	messages []Message
	posted   int
	calls    []Call
}

// A Message is what a channel shows.
type Message struct {
	Channel     string
	TS          string
	Text        string
	Blocks      json.RawMessage // null if none
	Attachments json.RawMessage
	Edits       int // how often it was updated
}

// A Call is one request that the server received, whether it took it or not.
type Call struct {
	Method string // chat.postMessage, chat.update or incoming
	Form   url.Values
	Body   []byte // of the incoming webhook
	Taken  bool
}

// NewSlack starts a server. Close it at the end.
func NewSlack() *Slack {
	s := new(Slack)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/{method}", s.serveAPI)
	mux.HandleFunc("POST /services/T0/B0/incoming", s.serveIncoming)
	s.server = httptest.NewServer(mux)
	s.URL = s.server.URL + "/api/"
	s.WebhookURL = s.server.URL + "/services/T0/B0/incoming"
	return s
}

// Close cuts what is still going on and stops the server.
func (s *Slack) Close() {
	s.server.CloseClientConnections()
	s.server.Close()
}

// Messages returns what a channel shows, oldest first.
func (s *Slack) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.messages), func(m Message) bool { return m.Channel != channel })
}

// Delete deletes a message, as a member of the channel may.
func (s *Slack) Delete(channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = slices.DeleteFunc(s.messages, func(m Message) bool { return m.Channel == channel && m.TS == ts })
}

// Calls returns what was received so far, oldest first.
func (s *Slack) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *Slack) serveAPI(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		cut(w, r)
	}
	fault := s.next()
	message := Message{
		Channel: r.PostForm.Get("channel"), TS: r.PostForm.Get("ts"), Text: r.PostForm.Get("text"),
		Blocks: rawJSON(r.PostForm.Get("blocks")), Attachments: rawJSON(r.PostForm.Get("attachments")),
	}
	call := Call{Method: r.PathValue("method"), Form: r.PostForm}
	code := fault.code
	if fault.takes() {
		message, code = s.take(call.Method, r.PostForm.Get("token"), message)
	}
	call.Taken = fault.takes() && code == ""
	s.record(call)
	if fault.answer(w, r) {
		return
	}
	answer := map[string]any{"ok": true, "channel": message.Channel, "ts": message.TS, "text": message.Text}
	if code != "" {
		answer = map[string]any{"ok": false, "error": code}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *Slack) serveIncoming(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		cut(w, r)
	}
	fault := s.next()
	code := fault.code
	if fault.takes() {
		code = "invalid_payload"
		var message Message
		if json.Unmarshal(body, &message) == nil {
			message.Channel = IncomingChannel
			_, code = s.take("chat.postMessage", IncomingChannel, message)
		}
	}
	s.record(Call{Method: "incoming", Body: body, Taken: fault.takes() && code == ""})
	if fault.answer(w, r) {
		return
	}
	if code != "" {
		w.WriteHeader(http.StatusBadRequest)
	}
	_, _ = io.WriteString(w, cmp.Or(code, "ok"))
}

func (s *Slack) record(call Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

// take applies a call to the channel. It returns the message as it then is, or an error code.
func (s *Slack) take(method, token string, m Message) (Message, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token == "" {
		return m, "not_authed"
	}
	if m.Channel == "" {
		return m, "channel_not_found"
	}
	if code := m.Check(method); code != "" {
		return m, code
	}
	switch method {
	case "chat.postMessage":
		s.posted++
		m.TS = fmt.Sprintf("1768226700.%06d", s.posted)
		s.messages = append(s.messages, m)
		return m, ""
	case "chat.update":
		at := slices.IndexFunc(s.messages, func(old Message) bool { return old.Channel == m.Channel && old.TS == m.TS })
		if at < 0 {
			return m, "message_not_found"
		}
		m.Edits = s.messages[at].Edits + 1
		s.messages[at] = m
		return m, ""
	}
	return m, "unknown_method"
}

func rawJSON(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(bytes.TrimSpace([]byte(text)))
}
