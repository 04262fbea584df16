package notifytest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
	"unicode/utf8"
)

// The limits of PagerDuty's events.
const (
	routingKeyLength = 32
	maxDedupKey      = 255
	maxSummaryLength = 1024
	maxEventBytes    = 512 << 10
)

// A PagerDuty accepts events like the Events API v2. It opens, acknowledges and resolves incidents by routing key and dedup_key, and
// rejects what PagerDuty rejects: wrong keys, required fields and severities, and values that are too long.
type PagerDuty struct {
	script

	URL string // for posting events

	server    *httptest.Server
	mu        sync.Mutex
	events    []Event
	incidents []Incident
}

// The states of an [Incident].
const (
	Triggered    = "triggered"
	Acknowledged = "acknowledged"
	Resolved     = "resolved"
)

// An Incident is an opened incident. A trigger while it is open, acknowledged or not, is only added to its log: it neither opens it again
// nor alarms anyone. A trigger after it was resolved opens a new one.
type Incident struct {
	RoutingKey string
	DedupKey   string
	State      string
	Summary    string // of the trigger that opened it
	Severity   string
	Log        []Event // oldest first, with the trigger that opened it
}

// An Event is one request, whether it was accepted or not.
type Event struct {
	RoutingKey string          `json:"routing_key"`
	Action     string          `json:"event_action"` // trigger, acknowledge or resolve
	DedupKey   string          `json:"dedup_key"`
	Payload    *EventPayload   `json:"payload"`
	Links      []EventLink     `json:"links"`
	Body       json.RawMessage `json:"-"` // all of it
	Taken      bool            `json:"-"`
}

// An EventPayload describes a trigger.
type EventPayload struct {
	Summary   string `json:"summary"`
	Source    string `json:"source"`
	Severity  string `json:"severity"`
	Timestamp string `json:"timestamp"`
}

// An EventLink is shown with the incident.
type EventLink struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

// NewPagerDuty starts a server. Close it at the end.
func NewPagerDuty() *PagerDuty {
	p := new(PagerDuty)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v2/enqueue", p.serve)
	p.server = httptest.NewServer(mux)
	p.URL = p.server.URL + "/v2/enqueue"
	return p
}

// Close cuts open requests and stops the server.
func (p *PagerDuty) Close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// Incidents returns all incidents, oldest first.
func (p *PagerDuty) Incidents() []Incident {
	p.mu.Lock()
	defer p.mu.Unlock()
	incidents := slices.Clone(p.incidents)
	for i := range incidents {
		incidents[i].Log = slices.Clone(incidents[i].Log)
	}
	return incidents
}

// Events returns the requests received so far, oldest first.
func (p *PagerDuty) Events() []Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events)
}

func (p *PagerDuty) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		cut(w, r)
	}
	fault := p.next()
	event := Event{Body: body}
	problem := "the body is not a JSON object"
	if json.Unmarshal(body, &event) == nil {
		problem = event.Check()
	}
	event.Taken = fault.takes() && problem == ""
	key := p.take(event)
	if fault.answer(w, r) {
		return
	}
	switch {
	case len(body) > maxEventBytes:
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
	case problem != "":
		answerPagerDuty(w, http.StatusBadRequest, map[string]any{
			"status": "invalid event", "message": "Event object is invalid", "errors": []string{problem},
		})
	default:
		answerPagerDuty(w, http.StatusAccepted, map[string]any{
			"status": "success", "message": "Event processed", "dedup_key": key,
		})
	}
}

func answerPagerDuty(w http.ResponseWriter, status int, answer map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

// Check returns why PagerDuty rejects e; "" if it does not.
func (e Event) Check() string {
	switch {
	case len(e.Body) > maxEventBytes:
		return "the event is too large"
	case len(e.RoutingKey) != routingKeyLength:
		return "Invalid routing key"
	case utf8.RuneCountInString(e.DedupKey) > maxDedupKey:
		return "'dedup_key' is too long (maximum is 255 characters)"
	case e.Action == "acknowledge" || e.Action == "resolve":
		if e.DedupKey == "" {
			return "'dedup_key' is missing or blank"
		}
		return ""
	case e.Action != "trigger":
		return "'event_action' is not one of trigger, acknowledge, resolve"
	case e.Payload == nil:
		return "'payload' is missing or blank"
	}
	return cmp.Or(e.Payload.check(), checkLinks(e.Links))
}

func (p EventPayload) check() string {
	_, err := time.Parse(time.RFC3339, p.Timestamp)
	switch {
	case p.Summary == "":
		return "'payload.summary' is missing or blank"
	case utf8.RuneCountInString(p.Summary) > maxSummaryLength:
		return "'payload.summary' is too long (maximum is 1024 characters)"
	case p.Source == "":
		return "'payload.source' is missing or blank"
	case !slices.Contains([]string{"critical", "error", "warning", "info"}, p.Severity):
		return "'payload.severity' is not one of critical, error, warning, info"
	case p.Timestamp != "" && err != nil:
		return "'payload.timestamp' is not a time as in ISO 8601"
	}
	return ""
}

func checkLinks(links []EventLink) string {
	if slices.ContainsFunc(links, func(l EventLink) bool { return l.Href == "" }) {
		return "'links.href' is missing or blank"
	}
	return ""
}

// take records an event and, if it is accepted, applies it to its incident. It returns the dedup_key, which PagerDuty generates if it is
// missing.
func (p *PagerDuty) take(e Event) (key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
	e.DedupKey = cmp.Or(e.DedupKey, fmt.Sprintf("made-up-%d", len(p.events)))
	if !e.Taken {
		return e.DedupKey
	}
	open := slices.IndexFunc(p.incidents, func(i Incident) bool {
		return i.RoutingKey == e.RoutingKey && i.DedupKey == e.DedupKey && i.State != Resolved
	})
	if open < 0 {
		if e.Action == "trigger" {
			p.incidents = append(p.incidents, Incident{
				RoutingKey: e.RoutingKey, DedupKey: e.DedupKey, State: Triggered,
				Summary: e.Payload.Summary, Severity: e.Payload.Severity, Log: []Event{e},
			})
		}
		return e.DedupKey // an event about no open incident is dropped
	}
	incident := &p.incidents[open]
	incident.Log = append(incident.Log, e)
	switch e.Action {
	case "acknowledge":
		incident.State = Acknowledged
	case "resolve":
		incident.State = Resolved
	}
	return e.DedupKey
}
