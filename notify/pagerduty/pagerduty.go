package pagerduty

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/message"
	"notewatch/notify/internal/post"
)

// defaultURL accepts the events of all accounts except those in the EU.
const defaultURL = "https://events.pagerduty.com/v2/enqueue"

// A Config configures a [Receiver].
type Config struct {
	Name         string      // of the receiver, for errors; may be ""
	RoutingKey   secret.Text // the integration key of a service, 32 characters
	URL          string      // "" means https://events.pagerduty.com/v2/enqueue; the EU has its own
	AllowPrivate bool        // http is allowed too: for an own proxy, or a test
}

// A Receiver keeps one incident for each message in step with its alerts, by the Events API v2. The incident is triggered while an alert is
// firing, acknowledged when all firing alerts are acknowledged, and resolved when all have ended. Its dedup_key is the ID of the message,
// so repeats are harmless. Reports make no incidents.
//
// A reference is {"dedup_key": …, "state": "triggered"}, or "acknowledged", or "resolved".
type Receiver struct {
	poster post.Poster
	key    func() string // reveals the routing key; a func, because fmt prints it as an address however the Receiver is printed
}

// Validate returns all problems of c, joined. Its errors do not quote the routing key.
func (c Config) Validate() error {
	_, err := c.parse()
	return err
}

// parse returns the URL that c posts to.
func (c Config) parse() (*url.URL, error) {
	u, err := post.ParseURL(secret.New(cmp.Or(c.URL, defaultURL)))
	if err == nil && u.Scheme != "https" && !c.AllowPrivate {
		err = errors.New("the URL does not begin with https://")
	}
	return u, errors.Join(err, checkRoutingKey(c.RoutingKey.Reveal()))
}

func checkRoutingKey(key string) error {
	const length = 32
	outside := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case key == "":
		return errors.New("the routing key is missing")
	case strings.ContainsFunc(key, outside) || len(key) != length:
		return fmt.Errorf("the routing key is not one of %d characters: give the integration key of Events API v2", length)
	}
	return nil
}

// New returns a receiver that sends events to the service of c.RoutingKey. Errors do not quote the key.
func New(c Config) (*Receiver, error) {
	u, err := c.parse()
	if err != nil {
		return nil, fmt.Errorf("checking PagerDuty%s: %w", post.Quoted(c.Name), err)
	}
	return &Receiver{poster: post.New(u, "PagerDuty", c.Name), key: c.RoutingKey.Reveal}, nil
}

// A state is the state of an incident: "" before it was triggered.
type state string

const (
	triggered    state = "triggered"
	acknowledged state = "acknowledged"
	resolved     state = "resolved"
)

// A handle is the incident of a message.
type handle struct {
	DedupKey string `json:"dedup_key"`
	State    state  `json:"state"`
}

// Proxy returns the host and port of the proxy on the way; "" if there is none.
func (p *Receiver) Proxy() string { return p.poster.Via }

// Send brings the incident of n to the state of its alerts. It returns ErrSkipped if that is its state already, or if there is no incident
// to open. If n is quiet, it only acknowledges or resolves, which alarms no one.
func (p *Receiver) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	var have handle
	if len(ref) > 0 && json.Unmarshal(ref, &have) != nil {
		have = handle{} // not ours
	}
	alerts := message.WithoutReports(n.Alerts)
	want, ok := wanted(alerts)
	if n.Tried && have.State == "" {
		have.State = triggered
	}
	actions := actionsTo(have.State, want, n.Quiet)
	if !ok || len(actions) == 0 {
		return ref, notify.ErrSkipped
	}
	ctx, cancel := context.WithTimeout(ctx, post.Timeout)
	defer cancel()
	for _, action := range actions {
		event := event{RoutingKey: p.key(), Action: action, DedupKey: n.ID}
		if action == "trigger" {
			event.describe(n, alerts)
		}
		if err := p.post(ctx, n, event); err != nil {
			return nil, err
		}
	}
	return json.Marshal(handle{DedupKey: n.ID, State: want})
}

// wanted returns the state that an incident of these alerts should have. ok is false if it should stay unchanged: there are only reports,
// or all firing alerts that are not acknowledged are muted.
func wanted(alerts []notify.Alert) (want state, ok bool) {
	firing := onlyFiring(alerts)
	open := func(a notify.Alert) bool { return a.Ack == "" }
	switch {
	case len(alerts) == 0:
		return "", false
	case len(firing) == 0:
		return resolved, true
	case slices.ContainsFunc(firing, unhandled):
		return triggered, true
	case slices.ContainsFunc(firing, open):
		return "", false
	}
	return acknowledged, true
}

// onlyFiring returns the firing alerts. A revised alert is not among them, although it does not count as ended.
func onlyFiring(alerts []notify.Alert) []notify.Alert {
	return slices.DeleteFunc(slices.Clone(alerts), func(a notify.Alert) bool { return a.State != "firing" })
}

// unhandled reports whether a firing alert is neither muted nor acknowledged. An alert that escalates is no longer acknowledged.
func unhandled(a notify.Alert) bool { return a.Mute == "" && a.Ack == "" }

// actionsTo returns the events that lead an incident from one state to another. If quiet is set, none of them alarms anyone.
func actionsTo(have, want state, quiet bool) []string {
	switch {
	case want == triggered && quiet:
		return nil
	case want == triggered && have == acknowledged:
		// An acknowledged incident accepts further triggers silently.
		return []string{"resolve", "trigger"}
	case want == triggered:
		return []string{"trigger"}
	case have != triggered && have != acknowledged, have == want:
		return nil
	case want == acknowledged:
		return []string{"acknowledge"}
	}
	return []string{"resolve"}
}

func (p *Receiver) post(ctx context.Context, n notify.Notification, event event) error {
	got, err := p.poster.PostJSON(ctx, event)
	if err != nil {
		return err
	}
	if got = got.As(statusOf(got.Body)); got.OK() {
		return nil
	}
	doing := "posting to " + p.poster.What
	// PagerDuty gives the same answer to a wrong key and to a wrong event.
	if got.Status == http.StatusBadRequest && bytes.Contains(bytes.ToLower(got.Body), []byte("routing key")) {
		return &notify.Error{
			Class: notify.Permanent, Status: got.Status,
			Err: fmt.Errorf("%s: status %d: the routing key is not known, check it", doing, got.Status),
		}
	}
	return post.Refusal(doing, got, n.Sent)
}

// statusOf returns the HTTP status that the text of an answer means. It is 0 if the text is empty, says "success" or has no status.
func statusOf(body []byte) int {
	var said struct{ Status string }
	switch err := json.Unmarshal(body, &said); {
	case post.IsPage(body):
		return http.StatusBadGateway
	case err != nil || said.Status == "" || said.Status == "success":
		return 0
	case said.Status == "throttle exceeded":
		return http.StatusTooManyRequests
	}
	return http.StatusBadRequest
}
