package notehubtest

import (
	"fmt"
	"net/http"
	"time"

	"notewatch/notehub/notehubtest/wire"
)

// An OAuthClient can request access tokens.
type OAuthClient struct {
	ID, Secret string
	Lifetime   time.Duration // of a token, on the simulated clock; 0 is half an hour
	Said       time.Duration // lifetime in the answer; 0 is Lifetime
}

// Token is the endpoint of access tokens. Its requests do not count for RequestsPerMinute.
const Token Endpoint = "oauth2/token"

const defaultLifetime = 30 * time.Minute

// RevokeTokens makes all access tokens invalid.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// authorizes reports whether a request has the personal token, or an access token that is still valid.
func (s *Server) authorizes(r *http.Request, now time.Time) bool {
	header := r.Header.Get("Authorization")
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config.Token != "" && header == "Bearer "+s.config.Token || s.tokens[header].After(now)
}

// issue answers a request for an access token.
func (s *Server) issue(w http.ResponseWriter, r *http.Request, now time.Time) {
	answer, refused := s.issued(r, now)
	status := http.StatusOK
	if refused != nil {
		status = refused.status
	}
	s.record(Request{At: now, Endpoint: Token, Query: r.URL.Query(), Status: status})
	w.Header().Set("Content-Type", "application/json")
	if refused != nil {
		w.WriteHeader(status)
		_, _ = w.Write(wire.Encode(wire.OAuthError{Code: refused.code, Text: refused.text}))
		return
	}
	fault, due := s.nextFault(Token, "", s.config.Now())
	if due && fault.Kind == Slow && !wait(r.Context(), fault.Release) {
		return
	}
	if due && fault.breaks() {
		fault.write(w, r, wire.Encode(answer))
		return
	}
	_, _ = w.Write(wire.Encode(answer))
}

// issued makes an access token, or returns why it is refused.
func (s *Server) issued(r *http.Request, now time.Time) (answer wire.OAuthToken, refused *refusal) {
	invalid := func(text string) *refusal {
		return &refusal{status: http.StatusBadRequest, code: "invalid_request", text: text}
	}
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		return answer, invalid("POST a form")
	}
	if r.PostForm.Get("grant_type") != "client_credentials" {
		return answer, &refusal{status: http.StatusBadRequest, code: "unsupported_grant_type", text: "Unsupported grant type"}
	}
	for _, name := range []string{"client_id", "client_secret"} {
		if r.PostForm.Get(name) == "" {
			return answer, invalid("Missing parameter: " + name)
		}
	}
	for _, client := range s.config.Clients {
		if client.ID == r.PostForm.Get("client_id") && client.Secret == r.PostForm.Get("client_secret") {
			return s.newToken(client, now), nil
		}
	}
	return answer, &refusal{status: http.StatusUnauthorized, code: "invalid_client", text: "Client authentication failed"}
}

func (s *Server) newToken(client OAuthClient, now time.Time) wire.OAuthToken {
	lifetime := client.Lifetime
	if lifetime == 0 {
		lifetime = defaultLifetime
	}
	said := client.Said
	if said == 0 {
		said = lifetime
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issues++
	token := fmt.Sprintf("%016x_%016x", hash(client.ID), hash(fmt.Sprint(client.Secret, s.config.Seed, s.issues)))
	s.tokens["Bearer "+token] = now.Add(lifetime)
	return wire.OAuthToken{Token: token, Type: "bearer", Scope: "openid", ExpiresIn: int64(said / time.Second)}
}
