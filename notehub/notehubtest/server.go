// Package notehubtest is a simulated Notehub: an http.Handler that answers for usage, devices, fleets, routes, projects and organizations
// from a fleet which behaves like a real one. Tests use it, and the demo.
//
// Usage is a pure function of the seed, the device, the day and the simulated instant. There is nothing to advance: the clock may jump
// anywhere, and the same question gets the same answer. Data is as late as Notehub's: carriers report a part of a day's bytes up to two
// days later, session bytes are estimated until the next day, events are there at once. [Server.Truth] returns the final values of a day.
//
// Problems come in two forms: an [Incident] happens to devices, a [Fault] happens to answers.
package notehubtest

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"notewatch/notehub/notehubtest/wire"
)

// A Config describes the simulated Notehub.
type Config struct {
	Now               func() time.Time // the simulated clock; required; called by several goroutines
	Token             string           // the personal access token that is accepted; "": none is
	Clients           []OAuthClient    // whose access tokens are accepted
	Seed              uint64           // another seed is another history
	RequestsPerMinute int              // of the whole server, in simulated minutes; beyond it: 429; 0: no limit
	Projects          []Project
	Organizations     []Organization
	Faults            []Fault // more follow by Fail
	Older             bool    // from before June 2026: organizations are billing accounts alone
	Remembered        int     // requests that Requests returns at most; 0: 10,000
}

// A Project is a project of Notehub with its devices.
type Project struct {
	UID, ProductUID string // either may stand in a request's path
	Name            string
	Devices         []Device
	Fleets          map[string]string        // names by UID; without one, a fleet that [Fleet] made has its own, any other its UID
	FleetSettings   map[string]FleetSettings // by UID
	Routes          []string                 // UIDs; every event takes each route; none: one route
	RouteSettings   map[string]RouteSettings // by UID
	Incidents       []Incident
	Script          *Script // of devices whose archetypes do not matter; nil: they have those habits
}

// A Request is what a client asked, and the status it got.
type Request struct {
	At       time.Time // simulated
	Endpoint Endpoint  // "" if there is none at that path
	Project  string    // as it stood in the path; or the UID of an organization
	Query    url.Values
	Status   int // before a fault broke the answer
}

// An Endpoint is one of the addresses that are simulated.
type Endpoint string

// The endpoints, by what follows the project in their paths.
const (
	Data      Endpoint = "usage/data"
	Events    Endpoint = "usage/events"
	Sessions  Endpoint = "usage/sessions"
	RouteLogs Endpoint = "usage/route-logs"
	Devices   Endpoint = "devices"
	Fleets    Endpoint = "fleets"
	Routes    Endpoint = "routes"
)

// Projects is the endpoint that lists them.
const Projects Endpoint = "projects"

// The endpoints of organizations, by their paths without a UID. Each has the same answers at an older address.
const (
	Organizations   Endpoint = "organizations"
	OneOrganization Endpoint = "organizations/"
	BalanceHistory  Endpoint = "organizations/balance-history"

	BillingAccounts       Endpoint = "billing-accounts"
	OneBillingAccount     Endpoint = "billing-accounts/"
	BillingBalanceHistory Endpoint = "billing-accounts/balance-history"
)

// maxRequests is how many requests are remembered, unless the configuration says otherwise.
const maxRequests = 10_000

// A Server is a simulated Notehub. It is safe for use by several goroutines.
type Server struct {
	config        Config
	projects      []*project
	organizations []*organization

	mu       sync.Mutex
	faults   []Fault
	requests []Request
	minute   []time.Time          // when the requests of the last simulated minute came
	tokens   map[string]time.Time // when access tokens expire, by the header that has them
	issues   int                  // access tokens so far
}

// New returns a server. It panics if the configuration has no clock, a UID that is missing or comes twice, an archetype
// that does not exist, or an incident or organization of something that does not.
func New(config Config) *Server {
	if config.Now == nil {
		panic("notehubtest: the configuration has no clock")
	}
	config.Remembered = cmp.Or(config.Remembered, maxRequests)
	s := &Server{config: config, faults: slices.Clone(config.Faults), tokens: map[string]time.Time{}}
	for _, p := range config.Projects {
		if p.UID == "" || s.project(p.UID) != nil || p.ProductUID != "" && s.project(p.ProductUID) != nil {
			panic(fmt.Sprintf("notehubtest: the UID of project %q is missing or comes twice", p.UID))
		}
		s.projects = append(s.projects, newProject(config.Seed, p))
	}
	for _, o := range config.Organizations {
		s.organizations = append(s.organizations, s.newOrganization(o))
	}
	return s
}

// Start serves on a free loopback port until stop is called, which ends all answers at once.
func (s *Server) Start() (address string, stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listening for the simulated Notehub: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends with ErrServerClosed
	}()
	stop = func() {
		_ = server.Close()
		<-done
	}
	return "http://" + listener.Addr().String(), stop, nil
}

// Requests returns the last requests that are remembered, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests[max(0, len(s.requests)-s.config.Remembered):])
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := s.config.Now().UTC()
	w.Header().Set("Date", now.Format(http.TimeFormat))
	if r.URL.Path == "/"+string(Token) {
		s.issue(w, r, now)
		return
	}
	endpoint, uid := endpointOf(r.URL)
	q, refused := s.check(r, endpoint, uid, now)
	status := http.StatusOK
	if refused != nil {
		status = refused.status
	}
	s.record(Request{At: now, Endpoint: endpoint, Project: uid, Query: r.URL.Query(), Status: status})
	if refused != nil {
		refused.write(w, r)
		return
	}
	s.answer(w, r, q)
}

// answer answers a request that is in order, unless a fault is due.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, q query) {
	fault, due := s.nextFault(q.endpoint, q.uid(), q.now)
	if due && fault.Kind == Slow && !wait(r.Context(), fault.Release) {
		return
	}
	q.halved = due && fault.Kind == Truncated
	if due && fault.Kind == Late {
		q.now = q.now.Add(-fault.Lag)
	}
	if due && fault.breaks() {
		fault.write(w, r, wire.Encode(s.body(q)))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(wire.Encode(s.body(q))) // a client that has left misses nothing
}

// body returns what is answered to q, for encoding/json.
func (s *Server) body(q query) any {
	if q.project != nil && q.project.Script != nil {
		if body, ok := scriptedBody(q); ok {
			return body
		}
	}
	switch q.endpoint {
	case Data:
		return dataAnswer(q)
	case Events:
		return eventsAnswer(q)
	case Sessions:
		return sessionsAnswer(q)
	case RouteLogs:
		return routeLogsAnswer(q)
	case Fleets:
		return fleetsAnswer(q)
	case Routes:
		return routesAnswer(q)
	case Projects:
		return s.projectsAnswer()
	case Organizations:
		return wire.OrganizationsEnvelope{Organizations: s.organizationLines("org_")}
	case BillingAccounts:
		return wire.AccountsEnvelope{Accounts: s.organizationLines("billing_")}
	case OneOrganization, OneBillingAccount:
		return organizationAnswer(q)
	case BalanceHistory, BillingBalanceHistory:
		return balanceAnswer(q)
	default:
		return devicesAnswer(q)
	}
}

func (s *Server) projectsAnswer() wire.ProjectsEnvelope {
	answer := wire.ProjectsEnvelope{Projects: []wire.ProjectLine{}}
	for _, p := range s.projects {
		line := wire.ProjectLine{UID: p.UID, Label: cmp.Or(p.Name, p.UID), Created: p.beginning(), Role: "viewer"}
		answer.Projects = append(answer.Projects, line)
	}
	return answer
}

// organizationLines returns the organizations, as a list in which roles such as org_admin begin with prefix.
func (s *Server) organizationLines(prefix string) []wire.OrganizationLine {
	lines := []wire.OrganizationLine{}
	for _, o := range s.organizations {
		role := o.Role
		if name, ok := strings.CutPrefix(role, "org_"); ok {
			role = prefix + name
		}
		lines = append(lines, wire.OrganizationLine{UID: o.UID, Name: o.Name, Role: role})
	}
	return lines
}

// check returns the query of a request, or why it is refused.
func (s *Server) check(r *http.Request, endpoint Endpoint, uid string, now time.Time) (query, *refusal) {
	if r.Method != http.MethodGet {
		return query{}, &refusal{status: http.StatusMethodNotAllowed, text: "use GET"}
	}
	if !s.authorizes(r, now) {
		return query{}, &refusal{status: http.StatusUnauthorized, text: "could not be authorized"}
	}
	if wait := s.takeSlot(now); wait > 0 {
		return query{}, &refusal{status: http.StatusTooManyRequests, text: "too many requests", retryAfter: wait}
	}
	project, organization := s.project(uid), s.organization(uid)
	switch {
	case !s.exists(endpoint, project, organization):
		return query{}, &refusal{status: http.StatusNotFound, text: "no such project or path"}
	case endpoint.ofProject() && s.suspends(project, now):
		return query{}, &refusal{status: http.StatusForbidden, text: "this billing account is suspended"}
	}
	q, err := parseQuery(endpoint, r.URL.RawQuery, now)
	if err != nil {
		return query{}, &refusal{status: http.StatusBadRequest, text: err.Error()}
	}
	q.project, q.organization = project, organization
	return q, nil
}

// exists reports whether there is something at an endpoint; p and o are what has the UID in the path.
func (s *Server) exists(endpoint Endpoint, p *project, o *organization) bool {
	switch endpoint {
	case "":
		return false
	case Organizations:
		return !s.config.Older
	case BillingAccounts, Projects:
		return true
	case OneOrganization, BalanceHistory:
		return !s.config.Older && o != nil
	case OneBillingAccount, BillingBalanceHistory:
		return o != nil
	}
	return p != nil
}

// ofProject reports whether the endpoint is one of a project.
func (e Endpoint) ofProject() bool {
	return slices.Contains([]Endpoint{Data, Events, Sessions, RouteLogs, Devices, Fleets, Routes}, e)
}

// ofUsage reports whether the endpoint is one of usage.
func (e Endpoint) ofUsage() bool { return strings.HasPrefix(string(e), "usage/") }

// takeSlot counts a request and returns 0, or how long the client has to wait for the next. It is a window that slides
// over a minute, so what a client may do does not depend on when its minute begins.
func (s *Server) takeSlot(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.minute = slices.DeleteFunc(s.minute, func(at time.Time) bool {
		return !at.After(now.Add(-time.Minute)) || at.After(now) // the clock may jump back
	})
	limit := s.config.RequestsPerMinute
	if limit > 0 && len(s.minute) >= limit {
		return s.minute[len(s.minute)-limit].Add(time.Minute).Sub(now)
	}
	if limit > 0 {
		s.minute = append(s.minute, now)
	}
	return 0
}

func (s *Server) record(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) >= 2*s.config.Remembered { // not at each request: it moves them all
		s.requests = slices.Delete(s.requests, 0, s.config.Remembered)
	}
	s.requests = append(s.requests, r)
}

func (s *Server) project(uid string) *project {
	for _, p := range s.projects {
		if uid != "" && (p.UID == uid || p.ProductUID == uid) {
			return p
		}
	}
	return nil
}

// endpointOf takes a path apart: /v1/projects/{project}/{endpoint}, or /v1/{collection}, /v1/{collection}/{organization} and what
// is below it.
func endpointOf(u *url.URL) (endpoint Endpoint, uid string) {
	rest, ok := strings.CutPrefix(u.EscapedPath(), "/v1/")
	collection, below, deeper := strings.Cut(rest, "/")
	escaped, something, deep := strings.Cut(below, "/")
	uid, err := url.PathUnescape(escaped)
	if !ok || err != nil {
		return "", ""
	}
	switch {
	case collection == "projects" && deep:
		endpoint = Endpoint(something)
	case deep:
		endpoint = Endpoint(collection + "/" + something)
	case deeper:
		endpoint = Endpoint(collection + "/")
	default:
		endpoint = Endpoint(collection)
	}
	known := []Endpoint{
		Projects, Organizations, OneOrganization, BalanceHistory, BillingAccounts, OneBillingAccount, BillingBalanceHistory,
	}
	if !endpoint.ofProject() && !slices.Contains(known, endpoint) || endpoint.ofProject() && collection != "projects" {
		return "", uid
	}
	return endpoint, uid
}

// A refusal is an answer in Notehub's error envelope.
type refusal struct {
	status     int
	code       string // "" is that of the status
	text       string
	retryAfter time.Duration // 0: none
}

func (e *refusal) write(w http.ResponseWriter, r *http.Request) {
	code := e.code
	if code == "" {
		code = http.StatusText(e.status)
	}
	if e.retryAfter > 0 {
		seconds := (e.retryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	if e.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodGet)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.status)
	_, _ = w.Write(wire.Encode(wire.ErrorEnvelope{Err: e.text, Code: e.status, Status: code, Request: r.Method + " " + r.URL.Path}))
}
