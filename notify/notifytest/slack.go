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
	"time"
)

// IncomingChannel is the channel of messages to the incoming-webhook URL.
const IncomingChannel = "incoming"

// A Slack answers chat.postMessage, chat.update and an incoming webhook. It keeps the messages as a channel would show them, with their
// threads, and rejects what Slack rejects: calls without a token, without content, and beyond the limits of messages and blocks. It is also
// the other side of an app: people type commands and press buttons, which are sent over Socket Mode or as signed requests, and the answers
// are kept.
type Slack struct {
	script

	URL        string // of the API
	WebhookURL string // the incoming webhook

	server   *httptest.Server
	mu       sync.Mutex
	messages []Message
	posted   int
	calls    []Call
	noCharts bool
	now      func() time.Time // nil: posts may follow each other at once
	newest   map[string]time.Time
	app      slackApp
}

// A Message is what a channel shows.
type Message struct {
	Channel     string
	TS          string
	Text        string
	Blocks      json.RawMessage // null if none
	Attachments json.RawMessage
	ThreadTS    string // of the message that it replies to; "" if it is not a reply
	Broadcast   bool   // a reply that the channel shows too
	Edits       int    // how often it was updated
}

// A Call is one request that the server received, whether it was accepted or not.
type Call struct {
	Method string // such as chat.postMessage; or incoming
	Form   url.Values
	Body   []byte // of the incoming webhook
	Taken  bool
	Code   string // of the error in the answer, if there is one
}

// NewSlack starts a server. Close it at the end.
func NewSlack() *Slack {
	s := &Slack{app: newSlackApp()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/{method}", s.serveAPI)
	mux.HandleFunc("POST /services/T0/B0/incoming", s.serveIncoming)
	mux.HandleFunc("POST "+answerPath+"{id}", s.serveAnswer)
	mux.HandleFunc("GET /link/{ticket}", s.serveSocket)
	s.server = httptest.NewServer(mux)
	s.URL = s.server.URL + "/api/"
	s.WebhookURL = s.server.URL + "/services/T0/B0/incoming"
	return s
}

// Close cuts open requests and stops the server.
func (s *Slack) Close() {
	s.CutSockets()
	s.server.CloseClientConnections()
	s.server.Close()
}

// RefuseCharts makes the server reject the block data_visualization.
func (s *Slack) RefuseCharts() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noCharts = true
}

// Pace makes the server reject posts to a channel within a second after the last one, with status 429.
func (s *Slack) Pace(now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.newest = now, make(map[string]time.Time)
}

// Messages returns what a channel shows, oldest first, without the threads.
func (s *Slack) Messages(channel string) []Message {
	return s.find(func(m Message) bool { return m.Channel == channel && m.ThreadTS == "" })
}

// Replies returns what the thread of a message shows, oldest first.
func (s *Slack) Replies(channel, ts string) []Message {
	return s.find(func(m Message) bool { return m.Channel == channel && m.ThreadTS == ts })
}

func (s *Slack) find(wanted func(Message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.messages), func(m Message) bool { return !wanted(m) })
}

// Delete deletes a message, as a member of the channel may.
func (s *Slack) Delete(channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = slices.DeleteFunc(s.messages, func(m Message) bool { return m.Channel == channel && m.TS == ts })
}

// Calls returns the requests received so far, oldest first.
func (s *Slack) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *Slack) serveAPI(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		cut(w, r)
	}
	if serve := s.appMethod(r.PathValue("method")); serve != nil {
		s.serveApp(w, r, serve)
		return
	}
	message := Message{
		Channel: r.PostForm.Get("channel"), TS: r.PostForm.Get("ts"), Text: r.PostForm.Get("text"),
		Blocks: rawJSON(r.PostForm.Get("blocks")), Attachments: rawJSON(r.PostForm.Get("attachments")),
		ThreadTS: r.PostForm.Get("thread_ts"), Broadcast: r.PostForm.Get("reply_broadcast") == "true",
	}
	call := Call{Method: r.PathValue("method"), Form: r.PostForm}
	fault := s.paced(call.Method, message.Channel, s.next())
	code := fault.code
	if fault.takes() {
		message, code = s.take(call.Method, r.PostForm.Get("token"), message)
	}
	call.Taken, call.Code = fault.takes() && code == "", code
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
	fault := s.paced("chat.postMessage", IncomingChannel, s.next())
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

// paced returns f, or a 429 if there was a post to the channel within the last second.
func (s *Slack) paced(method, channel string, f Fault) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil || method != "chat.postMessage" || !f.takes() {
		return f
	}
	now := s.now()
	if last, ok := s.newest[channel]; ok && now.Sub(last) < time.Second {
		return RateLimited("1")
	}
	s.newest[channel] = now
	return f
}

func (s *Slack) record(call Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

// take applies a call to the channel. It returns the resulting message, or an error code.
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
	if s.noCharts && m.HasChart() {
		return m, "invalid_blocks"
	}
	at := s.index(m.Channel, m.TS)
	switch method {
	case "chat.postMessage":
		s.posted++
		if s.index(m.Channel, m.ThreadTS) < 0 {
			m.ThreadTS = "" // a reply to a deleted message is shown in the channel
		}
		m.TS = fmt.Sprintf("1768226700.%06d", s.posted)
		s.messages = append(s.messages, m)
		return m, ""
	case "chat.update":
		if at < 0 {
			return m, "message_not_found"
		}
		old := s.messages[at]
		m.Edits, m.ThreadTS, m.Broadcast = old.Edits+1, old.ThreadTS, old.Broadcast
		s.messages[at] = m
		return m, ""
	}
	return m, "unknown_method"
}

// index returns the index of the message; negative if there is none.
func (s *Slack) index(channel, ts string) int {
	return slices.IndexFunc(s.messages, func(m Message) bool { return m.Channel == channel && m.TS == ts })
}

func rawJSON(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(bytes.TrimSpace([]byte(text)))
}
