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
	Token             string           // the personal access token that the server accepts; "": none
	Clients           []OAuthClient    // clients whose access tokens it accepts
	Seed              uint64           // each seed gives another history
	RequestsPerMinute int              // for the whole server, in simulated minutes; more get 429; 0: no limit
	Projects          []Project
	Organizations     []Organization
	Faults            []Fault // Fail adds more
	Older             bool    // as before June 2026: there are only billing accounts, no organizations
	Remembered        int     // maximum number of requests that Requests returns; 0: 10,000
}

// A Project is a project of Notehub with its devices.
type Project struct {
	UID, ProductUID string // either may stand in a request's path
	Name            string
	Devices         []Device
	Fleets          map[string]string        // names by UID; without a name, a fleet of [Fleet] has its own, any other has its UID
	FleetSettings   map[string]FleetSettings // by UID
	Routes          []string                 // UIDs; every event takes each route; none: one route
	RouteSettings   map[string]RouteSettings // by UID
	Incidents       []Incident
	Script          *Script // for the usage and state of devices; nil: the habits of their archetypes
}

// A Request is a request of a client, with the status of its answer.
type Request struct {
	At       time.Time // simulated
	Endpoint Endpoint  // "" if the path has none
	Project  string    // as in the path, or the UID of an organization
	Query    url.Values
	Status   int // without the effect of a fault
}

// An Endpoint is a simulated address.
type Endpoint string

// The endpoints, by the part of their paths after the project.
const (
	Data      Endpoint = "usage/data"
	Events    Endpoint = "usage/events"
	Sessions  Endpoint = "usage/sessions"
	RouteLogs Endpoint = "usage/route-logs"
	Devices   Endpoint = "devices"
	Fleets    Endpoint = "fleets"
	Routes    Endpoint = "routes"
)

// Projects is the endpoint that lists projects.
const Projects Endpoint = "projects"

// The endpoints of organizations, by their paths without a UID. Each gives the same answers at an older address.
const (
	Organizations   Endpoint = "organizations"
	OneOrganization Endpoint = "organizations/"
	BalanceHistory  Endpoint = "organizations/balance-history"

	BillingAccounts       Endpoint = "billing-accounts"
	OneBillingAccount     Endpoint = "billing-accounts/"
	BillingBalanceHistory Endpoint = "billing-accounts/balance-history"
)

// maxRequests is the default number of requests that the server keeps.
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
	tokens   map[string]time.Time // expiry of access tokens, by the value of the header
	issues   int                  // access tokens so far
}

// New returns a server. It panics if the configuration has no clock, a UID that is missing or used twice, an unknown archetype, or an
// incident or organization that names something unknown.
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

// Start serves on a free loopback port until stop is called. stop ends all answers at once.
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

// answer answers a valid request, unless a fault applies.
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

// body returns the answer to q, for encoding/json.
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

// organizationLines returns the organizations for a list. prefix is the beginning of roles such as org_admin.
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

// check returns the query of a request, or its refusal.
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

// exists reports whether an endpoint exists; p and o are the project and the organization with the UID in the path.
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

// ofProject reports whether the endpoint belongs to a project.
func (e Endpoint) ofProject() bool {
	return slices.Contains([]Endpoint{Data, Events, Sessions, RouteLogs, Devices, Fleets, Routes}, e)
}

// ofUsage reports whether the endpoint is about usage.
func (e Endpoint) ofUsage() bool { return strings.HasPrefix(string(e), "usage/") }

// takeSlot counts a request and returns 0, or the time until the client may send the next one. It uses a sliding window of a minute, so the
// limit does not depend on when a minute begins.
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

// endpointOf splits a path: /v1/projects/{project}/{endpoint}, or /v1/{collection}, /v1/{collection}/{organization} and the paths below it.
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
