package notehub_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

const (
	clientID     = "d37ae69a-c739-44e9-9722-81a4cb7aeb67"
	clientSecret = "2a40832d-marked-SECRET-028a3e24a717f023"
)

var credentials = notehub.Credentials{ID: clientID, Secret: secret.New(clientSecret)}

// inMemory hands requests to a handler, without a network between, so that a test may drive the clock.
func inMemory(handler http.Handler) *http.Client {
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		recorder := httptest.NewRecorder()
		if r.Body == nil {
			r.Body = http.NoBody
		}
		handler.ServeHTTP(recorder, r)
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return recorder.Result(), nil
	})}
}

// simulateOAuth returns a simulated Notehub on the clock of the test, and a client of it with credentials.
func simulateOAuth(t *testing.T, known notehubtest.OAuthClient) (*notehubtest.Server, *notehub.Client) {
	t.Helper()
	known.ID = clientID
	if known.Secret == "" {
		known.Secret = clientSecret
	}
	server := notehubtest.New(notehubtest.Config{
		Now: time.Now, Clients: []notehubtest.OAuthClient{known}, Projects: []notehubtest.Project{{UID: project}},
	})
	return server, newClient(t, notehub.Config{Credentials: credentials, HTTP: inMemory(server)})
}

// asked returns how many requests for tokens there were, and how many others.
func asked(server *notehubtest.Server) (tokens, others int) {
	for _, r := range server.Requests() {
		if r.Endpoint == notehubtest.Token {
			tokens++
		} else {
			others++
		}
	}
	return tokens, others
}

func TestAccessTokensAreRenewedBeforeTheyExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := simulateOAuth(t, notehubtest.OAuthClient{})
		for _, test := range []struct {
			after time.Duration
			want  int // tokens so far
		}{
			{0, 1}, {time.Minute, 1}, {24*time.Minute + 49*time.Second, 1}, {25 * time.Minute, 2}, {49 * time.Minute, 2}, {51 * time.Minute, 3},
			{24 * time.Hour, 4},
		} {
			began := server.Requests()
			if len(began) > 0 {
				<-time.After(test.after - time.Since(began[0].At)) // on the clock of the bubble
			}
			require.NoError(t, fleets(t, client))
			tokens, _ := asked(server)
			require.Equal(t, test.want, tokens, test.after)
		}
		_, others := asked(server)
		require.Equal(t, 7, others)
	})
}

func TestRequestsAtTheSameTimeShareOneToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := simulateOAuth(t, notehubtest.OAuthClient{})
		release := make(chan struct{})
		server.Fail(notehubtest.Fault{Kind: notehubtest.Slow, Endpoint: notehubtest.Token, Release: release})
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				if err := fleets(t, client); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // one of them is asking
		ctx, cancel := context.WithCancelCause(t.Context())
		left, impatient := errors.New("left"), make(chan error)
		go func() { impatient <- client.Fleets(ctx, project, nil) }()
		synctest.Wait()
		cancel(left)
		require.ErrorIs(t, <-impatient, left, "who waits for the token of another may leave")
		close(release)
		wait.Wait()
		tokens, others := asked(server)
		require.Equal(t, []int{1, 20}, []int{tokens, others})
	})
}

func TestARefusedTokenIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := simulateOAuth(t, notehubtest.OAuthClient{})
		require.NoError(t, fleets(t, client))
		server.RevokeTokens()
		require.ErrorIs(t, fleets(t, client), notehub.ErrUnauthorized)
		require.NoError(t, fleets(t, client), "the next request has another token")
		tokens, others := asked(server)
		require.Equal(t, []int{2, 3}, []int{tokens, others})
	})
}

func TestATokenThatExpiresEarlierThanItSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := simulateOAuth(t, notehubtest.OAuthClient{Lifetime: time.Minute, Said: time.Hour})
		require.NoError(t, fleets(t, client))
		<-time.After(2 * time.Minute)
		require.ErrorIs(t, fleets(t, client), notehub.ErrUnauthorized)
		require.NoError(t, fleets(t, client))
	})
}

func TestUnknownOAuthClientsAreAskedForOnce(t *testing.T) {
	server, client := simulateOAuth(t, notehubtest.OAuthClient{Secret: "another-secret"})
	err := fleets(t, client)
	require.ErrorIs(t, err, notehub.ErrUnauthorized)
	require.ErrorContains(t, err, `reading fleets of project "`+project+
		`": getting an access token: Notehub answers 401 Unauthorized: Client authentication failed (invalid_client)`)
	tokens, others := asked(server)
	require.Equal(t, []int{1, 0}, []int{tokens, others})
}

// tokenAnswers returns a client with credentials of a server that answers requests for tokens, and nothing else, with handler.
func tokenAnswers(t *testing.T, handler http.HandlerFunc) *notehub.Client {
	t.Helper()
	server := httptest.NewServer(http.StripPrefix("/proxy", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/oauth2/token" {
			t.Errorf("%s was asked without a token", r.URL)
		}
		handler(w, r)
	})))
	t.Cleanup(server.Close)
	return newClient(t, notehub.Config{BaseURL: server.URL + "/proxy/", Credentials: credentials})
}

func TestRequestsForTokensAreForms(t *testing.T) {
	var form url.Values
	client := tokenAnswers(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form = r.PostForm
		if _, _, basic := r.BasicAuth(); basic || r.Method != http.MethodPost || r.URL.RawQuery != "" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	require.Error(t, fleets(t, client))
	require.Equal(t, url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {clientSecret}}, form)
}

func TestRefusalsOfTokensAreTyped(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   error
		text   string
	}{
		{"client", 400, `{"error":"invalid_client","error_description":"unknown"}`, notehub.ErrUnauthorized, "400 Bad Request: unknown (invalid_client)"},
		{"secret", 401, `{"error":"invalid_client"}`, notehub.ErrUnauthorized, "401 Unauthorized (invalid_client)"},
		{"not for it", 400, `{"error":"unauthorized_client"}`, notehub.ErrUnauthorized, "400 Bad Request (unauthorized_client)"},
		{"scope", 403, `{"error":"invalid_scope","error_description":"x"}`, notehub.ErrForbidden, "403 Forbidden: x (invalid_scope)"},
		{"suspended", 403, `{"err":"this billing account is suspended","code":403,"status":"Forbidden"}`, notehub.ErrSuspended, "suspended"},
		{"rate", 429, `{"err":"slow down"}`, notehub.ErrRateLimited, "429 Too Many Requests: slow down"},
		{"path", 404, `<html>`, notehub.ErrNotFound, "404 Not Found"},
		{"gateway", 504, `<html>`, notehub.ErrTookTooLong, "504 Gateway Timeout"},
		{"an error as success", 200, `{"error":"invalid_client"}`, notehub.ErrInvalidAnswer, "it has no access token"},
		{"nothing in it", 200, `{}`, notehub.ErrInvalidAnswer, "server response missing access_token"},
		{"web page", 200, `<html>`, notehub.ErrInvalidAnswer, "cannot parse json"},
		{"half an answer", 200, `{"access_token":"abc"`, notehub.ErrInvalidAnswer, "cannot parse json"},
		{"another type", 200, `{"access_token":"abc","token_type":"mac","expires_in":9}`, notehub.ErrInvalidAnswer, "not of type bearer"},
		{"line break", 200, `{"access_token":"abc\r\nX: y","expires_in":9}`, notehub.ErrInvalidAnswer, "a character that none has"},
		{"a number", 200, `{"access_token":12345,"expires_in":9}`, notehub.ErrInvalidAnswer, "cannot parse json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := tokenAnswers(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			err := fleets(t, client)
			require.ErrorIs(t, err, test.want)
			require.ErrorContains(t, err, "getting an access token: ")
			require.ErrorContains(t, err, test.text)
			if refusal, ok := errors.AsType[*notehub.Error](err); ok {
				require.Equal(t, 7*time.Second, refusal.RetryAfter)
				require.Equal(t, test.status, refusal.Status)
			}
		})
	}
}

func TestNoErrorHoldsTheClientSecretOrTheAccessToken(t *testing.T) {
	const access = "7VEVIiNVr_Q_marked-ACCESS_3BUMglZC"
	ways := map[string]func(hidden string) http.HandlerFunc{
		"envelope": func(hidden string) http.HandlerFunc {
			return say(401, `{"error":"`+hidden+`","error_description":"unknown `+hidden+`"}`)
		},
		"text":     func(hidden string) http.HandlerFunc { return say(500, "no "+hidden) },
		"success":  func(hidden string) http.HandlerFunc { return say(200, `{"access_token":{"`+hidden+`":1}}`) },
		"not JSON": func(hidden string) http.HandlerFunc { return say(200, hidden) },
		"base64": func(hidden string) http.HandlerFunc {
			return say(401, `{"err":"`+base64.StdEncoding.EncodeToString([]byte(clientID+":"+hidden))+`"}`)
		},
		"escaped": func(hidden string) http.HandlerFunc { return say(401, `{"err":"`+url.QueryEscape("a="+hidden)+`"}`) },
		"redirect": func(hidden string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://%zz/"+hidden, http.StatusFound)
			}
		},
		"hang up": func(string) http.HandlerFunc {
			return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			requireNone(t, fleets(t, tokenAnswers(t, way(clientSecret))), clientSecret[8:20])

			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/oauth2/token" {
					say(200, `{"access_token":"`+access+`","token_type":"bearer","expires_in":1800}`)(w, r)
					return
				}
				way(access+" "+clientSecret)(w, r)
			}))
			defer server.Close()
			err := fleets(t, newClient(t, notehub.Config{BaseURL: server.URL, Credentials: credentials}))
			requireNone(t, err, access[12:20])
			requireNone(t, err, clientSecret[8:20])
		})
	}
}

// say answers with a status and a body.
func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// requireNone requires an error without a piece of a secret, as it is or in base64.
func requireNone(t *testing.T, err error, piece string) {
	t.Helper()
	require.Error(t, err)
	require.NotContains(t, strings.ToLower(err.Error()), strings.ToLower(piece))
	require.NotContains(t, err.Error(), base64.StdEncoding.EncodeToString([]byte(clientID + ":" + clientSecret))[48:64])
}

func TestRedirectsOfTokensAreNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was followed") }))
	defer elsewhere.Close()
	client := tokenAnswers(t, http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect).ServeHTTP)
	require.ErrorContains(t, fleets(t, client), "307 Temporary Redirect: redirects are not followed; check the base URL")
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := simulateOAuth(t, notehubtest.OAuthClient{})
	require.NoError(t, fleets(t, client))
	for _, format := range []string{"%v", "%+v", "%#v"} {
		require.NotContains(t, fmt.Sprintf(format, client), clientSecret)
		require.NotContains(t, fmt.Sprintf(format, *client), clientSecret)
		require.NotContains(t, fmt.Sprintf(format, notehub.Config{Credentials: credentials}), clientSecret)
	}
}

func TestNewChecksCredentials(t *testing.T) {
	for want, config := range map[string]notehub.Config{
		"use one of them":                                    {Token: secret.New(token), Credentials: credentials},
		"the client ID for Notehub is empty":                 {Credentials: notehub.Credentials{Secret: secret.New(clientSecret)}},
		"the client secret for Notehub is empty":             {Credentials: notehub.Credentials{ID: clientID}},
		"the client ID for Notehub holds a space, a line":    {Credentials: notehub.Credentials{ID: "a b", Secret: secret.New("c")}},
		"the client secret for Notehub holds a space, a lin": {Credentials: notehub.Credentials{ID: "a", Secret: secret.New("c\n")}},
	} {
		_, err := notehub.New(config)
		require.ErrorContains(t, err, want)
	}
}
