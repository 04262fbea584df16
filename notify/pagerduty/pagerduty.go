package notify

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

	"notewatch/internal/proxy"
	"notewatch/internal/secret"
)

// pagerDutyURL takes the events of all accounts but those in the EU.
const pagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

// A PagerDutyConfig says where a [PagerDuty] sends events.
type PagerDutyConfig struct {
	Name         string      // of the receiver, for errors; may be ""
	RoutingKey   secret.Text // the integration key of a service, 32 characters
	URL          string      // "" is https://events.pagerduty.com/v2/enqueue; the EU has its own
	AllowPrivate bool        // http is allowed too: a proxy of one's own, or a test
}

// A PagerDuty keeps one incident a message in step with its alerts, by the Events API v2. The incident is triggered while
// an alert fires, acknowledged when somebody has taken on all that fire, and resolved when all have ended. Its dedup_key is
// the ID of the message, so that repeats are harmless. Reports are no incidents.
//
// A reference is {"dedup_key": …, "state": "triggered"}, or "acknowledged", or "resolved".
type PagerDuty struct {
	poster poster
	key    func() string // reveals the routing key; however a PagerDuty is printed, a func prints as an address
}

// Validate returns all that is wrong with c, joined. Its errors do not quote the routing key.
func (c PagerDutyConfig) Validate() error {
	_, _, err := c.parse()
	return err
}

// parse returns where c posts, and which part of that may be shown.
func (c PagerDutyConfig) parse() (u *url.URL, origin string, err error) {
	u, origin, err = parseURL(secret.New(cmp.Or(c.URL, pagerDutyURL)))
	if err == nil && u.Scheme != "https" && !c.AllowPrivate {
		err = errors.New("the URL does not begin with https://")
	}
	return u, origin, errors.Join(err, checkRoutingKey(c.RoutingKey.Reveal()))
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

// NewPagerDuty returns a receiver that sends events to the service of c.RoutingKey. Errors do not quote the key.
func NewPagerDuty(c PagerDutyConfig) (*PagerDuty, error) {
	u, origin, err := c.parse()
	if err != nil {
		return nil, fmt.Errorf("checking PagerDuty%s: %w", named(c.Name), err)
	}
	what := "PagerDuty" + named(c.Name) + " at " + origin
	return &PagerDuty{poster: poster{url: u, client: newClient(), what: what, via: proxy.Of(u)}, key: c.RoutingKey.Reveal}, nil
}

// A pagerDutyState is how an incident is: "" before it was triggered.
type pagerDutyState string

const (
	pagerDutyTriggered    pagerDutyState = "triggered"
	pagerDutyAcknowledged pagerDutyState = "acknowledged"
	pagerDutyResolved     pagerDutyState = "resolved"
)

// A pagerDutyRef is the incident of a message.
type pagerDutyRef struct {
	DedupKey string         `json:"dedup_key"`
	State    pagerDutyState `json:"state"`
}

// Proxy returns the host and port of the proxy on the way; "" if there is none.
func (p *PagerDuty) Proxy() string { return p.poster.via }

// Send brings the incident of n to the state of its alerts; ErrSkipped if it is there, or has nothing to open for. If n is
// quiet it only acknowledges or resolves, which wakes nobody.
func (p *PagerDuty) Send(ctx context.Context, n Notification, ref Ref) (Ref, error) {
	var have pagerDutyRef
	if len(ref) > 0 && json.Unmarshal(ref, &have) != nil {
		have = pagerDutyRef{} // not ours
	}
	alerts := withoutReports(n.Alerts)
	want, ok := pagerDutyWant(alerts)
	if n.Tried && have.State == "" {
		have.State = pagerDutyTriggered
	}
	actions := pagerDutyActions(have.State, want, n.Quiet)
	if !ok || len(actions) == 0 {
		return ref, ErrSkipped
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	for _, action := range actions {
		event := pagerDutyEvent{RoutingKey: p.key(), Action: action, DedupKey: n.ID}
		if action == "trigger" {
			event.describe(n, alerts)
		}
		if err := p.post(ctx, n, event); err != nil {
			return nil, err
		}
	}
	return json.Marshal(pagerDutyRef{DedupKey: n.ID, State: want})
}

// pagerDutyWant returns the state that an incident of these alerts should be in. Where they do not tell, ok is false, and it
// should stay as it is: there are only reports, or alerts that are muted and that nobody has taken on.
func pagerDutyWant(alerts []Alert) (want pagerDutyState, ok bool) {
	firing := onlyFiring(alerts)
	open := func(a Alert) bool { return a.Ack == "" }
	switch {
	case len(alerts) == 0:
		return "", false
	case len(firing) == 0:
		return pagerDutyResolved, true
	case slices.ContainsFunc(firing, needsSomebody):
		return pagerDutyTriggered, true
	case slices.ContainsFunc(firing, open):
		return "", false
	}
	return pagerDutyAcknowledged, true
}

// onlyFiring returns the alerts that are to be mended. One that was only revised is not, though it does not count as ended.
func onlyFiring(alerts []Alert) []Alert {
	return slices.DeleteFunc(slices.Clone(alerts), func(a Alert) bool { return a.State != "firing" })
}

// needsSomebody reports whether a firing alert waits for somebody to take it on. One that got worse is nobody's any more.
func needsSomebody(a Alert) bool { return a.Mute == "" && a.Ack == "" }

// pagerDutyActions returns the events that lead an incident from one state to another. There is none that disturbs anybody
// if that has to be quiet.
func pagerDutyActions(have, want pagerDutyState, quiet bool) []string {
	switch {
	case want == pagerDutyTriggered && quiet:
		return nil
	case want == pagerDutyTriggered && have == pagerDutyAcknowledged:
		// An acknowledged incident takes further triggers in silence.
		return []string{"resolve", "trigger"}
	case want == pagerDutyTriggered:
		return []string{"trigger"}
	case have != pagerDutyTriggered && have != pagerDutyAcknowledged, have == want:
		return nil
	case want == pagerDutyAcknowledged:
		return []string{"acknowledge"}
	}
	return []string{"resolve"}
}

func (p *PagerDuty) post(ctx context.Context, n Notification, event pagerDutyEvent) error {
	body, err := encode(event)
	if err != nil {
		return &Error{Class: Payload, Err: fmt.Errorf("encoding for %s: %w", p.poster.what, err)}
	}
	got, err := p.poster.post(ctx, make(http.Header), body)
	if err != nil {
		return err
	}
	if got = got.as(pagerDutyStatus(got.body)); got.ok() {
		return nil
	}
	doing := "posting to " + p.poster.what
	// The answer to a wrong key is that to a wrong event.
	if got.status == http.StatusBadRequest && bytes.Contains(bytes.ToLower(got.body), []byte("routing key")) {
		return &Error{
			Class: Permanent, Status: got.status,
			Err: fmt.Errorf("%s: status %d: the routing key is not known, check it", doing, got.status),
		}
	}
	return refusal(doing, got, n.Sent)
}

// pagerDutyStatus returns the HTTP status that the text of an answer stands for. It is 0 if the text is empty, says "success" or
// has no status.
func pagerDutyStatus(body []byte) int {
	var said struct{ Status string }
	switch err := json.Unmarshal(body, &said); {
	case isPage(body):
		return http.StatusBadGateway
	case err != nil || said.Status == "" || said.Status == "success":
		return 0
	case said.Status == "throttle exceeded":
		return http.StatusTooManyRequests
	}
	return http.StatusBadRequest
}
