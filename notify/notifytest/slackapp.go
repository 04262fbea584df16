package notifytest

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The workspace that the bot belongs to, and the app.
const (
	Team = "T0123456789"
	App  = "A0123456789"
)

// A slackApp is the state between people and an app.
type slackApp struct {
	faults      map[string]*script // by method
	groups      map[string][]string
	asked       int
	responses   map[string]*responseURL // by the end of the URL
	answers     []Answer
	tickets     map[string]bool
	connections []*connection
	connected   int // number of connections so far
	others      int
	acks        map[string]int // by envelope
	changed     chan struct{}  // closed when any of this changes
}

func newSlackApp() slackApp {
	return slackApp{
		faults: map[string]*script{}, groups: map[string][]string{}, responses: map[string]*responseURL{},
		tickets: map[string]bool{}, acks: map[string]int{}, changed: make(chan struct{}),
	}
}

// change changes the app and wakes those who wait for a change.
func (s *Slack) change(do func(*slackApp)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(&s.app)
	close(s.app.changed)
	s.app.changed = make(chan struct{})
}

// await waits until wanted is true for the app.
func (s *Slack) await(ctx context.Context, wanted func(*slackApp) bool) error {
	for {
		s.mu.Lock()
		ok, changed := wanted(&s.app), s.app.changed
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// SetGroup makes a user group of these users.
func (s *Slack) SetGroup(id string, users ...string) {
	s.change(func(a *slackApp) { a.groups[id] = users })
}

// FailMethod plays the faults on the next calls of a method that is not about messages: auth.test, apps.connections.open,
// chat.postEphemeral, usergroups.users.list, or response_url for answers.
func (s *Slack) FailMethod(method string, faults ...Fault) { s.faultsOf(method).Fail(faults...) }

func (s *Slack) faultsOf(method string) *script {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.app.faults[method] == nil {
		s.app.faults[method] = new(script)
	}
	return s.app.faults[method]
}

// An appMethod answers a call of the API with the fields besides ok, or with an error code.
type appMethod func(token string, form url.Values) (answer map[string]any, code string)

// appMethod returns the method with that name, or nil if there is none.
func (s *Slack) appMethod(name string) appMethod {
	switch name {
	case "auth.test":
		return func(string, url.Values) (map[string]any, string) {
			return map[string]any{"team_id": Team, "team": "Cold Chain", "user_id": "U0000000BOT", "bot_id": "B0123456789"}, ""
		}
	case "apps.connections.open":
		return s.openConnection
	case "chat.postEphemeral":
		return s.postEphemeral
	case "usergroups.users.list":
		return s.listGroup
	}
	return nil
}

// serveApp answers a call to a method that is not about messages.
func (s *Slack) serveApp(w http.ResponseWriter, r *http.Request, method appMethod) {
	name := r.PathValue("method")
	fault := s.faultsOf(name).next()
	answer, code := map[string]any{}, fault.code
	if fault.takes() {
		token := cmp.Or(r.PostForm.Get("token"), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		answer, code = authorized(name, token, r.PostForm, method)
	}
	s.record(Call{Method: name, Form: r.PostForm, Taken: fault.takes() && code == ""})
	if fault.answer(w, r) {
		return
	}
	if code != "" {
		answer = map[string]any{"error": code}
	}
	answer["ok"] = code == ""
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// authorized calls the method if the token has the right kind.
func authorized(name, token string, form url.Values, method appMethod) (map[string]any, string) {
	switch {
	case token == "":
		return nil, "not_authed"
	case strings.HasPrefix(token, "xapp-") != (name == "apps.connections.open"):
		return nil, "not_allowed_token_type"
	}
	return method(token, form)
}

func (s *Slack) listGroup(_ string, form url.Values) (map[string]any, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	users, ok := s.app.groups[form.Get("usergroup")]
	if !ok {
		return nil, "no_such_subteam"
	}
	return map[string]any{"users": slices.Clone(users)}, ""
}

func (s *Slack) postEphemeral(_ string, form url.Values) (map[string]any, string) {
	m := Message{Text: form.Get("text"), Blocks: rawJSON(form.Get("blocks"))}
	if code := m.Check("chat.postMessage"); code != "" {
		return nil, code
	}
	s.change(func(a *slackApp) {
		a.answers = append(a.answers, Answer{
			Channel: form.Get("channel"), User: form.Get("user"), Text: m.Text, Blocks: m.Blocks,
		})
	})
	return map[string]any{"message_ts": "1768226700.000000"}, ""
}
