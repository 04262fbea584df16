package notehub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"notewatch/internal/secret"
)

// Credentials are those of an OAuth client of Notehub. Access tokens are valid for half an hour.
type Credentials struct {
	ID     string
	Secret secret.Text
}

// An access provides the token of each request: a personal one, or that of an OAuth client, which is renewed before it expires.
type access struct {
	personal    secret.Text
	credentials Credentials
	base        string // prefix of the addresses of Notehub
	http        *http.Client

	turn   chan struct{} // full while one caller asks for a token; the others wait for it, or give up
	mu     sync.Mutex
	newest *oauth2.Token // of the OAuth client; nil if there is none
}

// newAccess checks what the configuration says about access.
func newAccess(config Config, base string, client *http.Client) (*access, error) {
	credentials := config.Credentials
	if credentials == (Credentials{}) {
		return &access{personal: config.Token}, checkToken("Notehub token", config.Token.Reveal())
	}
	if !config.Token.IsZero() {
		return nil, errors.New("there are both a Notehub token and credentials of an OAuth client: use one of them")
	}
	if err := checkToken("client ID for Notehub", credentials.ID); err != nil {
		return nil, err
	}
	if err := checkToken("client secret for Notehub", credentials.Secret.Reveal()); err != nil {
		return nil, err
	}
	return &access{credentials: credentials, base: base, http: client, turn: make(chan struct{}, 1)}, nil
}

// checkToken checks a text that is sent with requests.
func checkToken(name, token string) error {
	if token == "" {
		return fmt.Errorf("the %s is empty", name)
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' }) {
		return fmt.Errorf("the %s holds a space, a line break or another character that none has", name)
	}
	return nil
}

// token returns the token for a request. If a new one is needed, only one caller asks for it.
func (a *access) token(ctx context.Context) (secret.Text, error) {
	if !a.personal.IsZero() {
		return a.personal, nil
	}
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return secret.Text{}, context.Cause(ctx)
	}
	if token := a.known(); token.Valid() {
		return secret.New(token.AccessToken), nil
	}
	token, err := a.ask(ctx)
	if err != nil {
		return secret.Text{}, err
	}
	a.know(token)
	return secret.New(token.AccessToken), nil
}

func (a *access) known() *oauth2.Token {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.newest
}

func (a *access) know(token *oauth2.Token) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.newest = token
}

// refused forgets a token that Notehub refused, so that the next request asks for another one.
func (a *access) refused(token secret.Text) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.newest != nil && a.newest.AccessToken == token.Reveal() {
		a.newest = nil
	}
}

// ask asks for a token, which is used for five sixths of its lifetime.
func (a *access) ask(ctx context.Context) (*oauth2.Token, error) {
	client := clientcredentials.Config{
		ClientID: a.credentials.ID, ClientSecret: a.credentials.Secret.Reveal(), TokenURL: a.base + "/oauth2/token",
		AuthStyle: oauth2.AuthStyleInParams, // otherwise each refused request is sent twice, once in either style
	}
	token, err := client.Token(context.WithValue(ctx, oauth2.HTTPClient, a.http)) // the package offers no other way
	if err != nil {
		return nil, a.problem(err)
	}
	if !strings.EqualFold(token.Type(), "Bearer") {
		return nil, fmt.Errorf("%w: the token is not of type bearer", ErrInvalidAnswer)
	}
	if checkToken("token", token.AccessToken) != nil {
		return nil, fmt.Errorf("%w: the token holds a character that none has", ErrInvalidAnswer)
	}
	if lifetime, err := strconv.ParseFloat(fmt.Sprint(token.Extra("expires_in")), 64); err == nil { // clientcredentials leaves ExpiresIn 0
		token.Expiry = token.Expiry.Add(-time.Duration(lifetime / 6 * float64(time.Second)))
	}
	return token, nil
}

// problem returns an error of package oauth2 without the parts of the answer that it repeats, which may contain anything.
func (a *access) problem(err error) error {
	hidden := a.secrets(secret.Text{})
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if refusal.Response.StatusCode == http.StatusOK {
			return fmt.Errorf("%w: it has no access token", ErrInvalidAnswer)
		}
		refusal.Response.Body = io.NopCloser(bytes.NewReader(refusal.Body))
		return errorOf(a.base, refusal.Response, hidden)
	}
	if sending := withoutURL(err); sending != err { //nolint:errorlint // a different error
		return hidden.failure(sending)
	}
	return fmt.Errorf("%w: %s", ErrInvalidAnswer, hidden.quotable(strings.TrimPrefix(err.Error(), "oauth2: ")))
}

// secrets returns the texts that no error about a request with a token may repeat.
func (a *access) secrets(token secret.Text) secrets {
	return secrets{token, a.credentials.Secret}
}

// secrets are texts that no error may repeat. Unset ones are found nowhere.
type secrets []secret.Text

func (s secrets) in(text string) bool {
	for _, hidden := range s {
		if hidden.In(text) {
			return true
		}
	}
	return false
}

// failure returns an error of package http without the address of the request, and without the invalid answer or redirect that it quotes,
// if that repeats a secret.
func (s secrets) failure(err error) error {
	err = withoutURL(err)
	if s.in(err.Error()) {
		return errors.New("the answer cannot be read, and repeats a secret")
	}
	return err
}

// quotable makes text from outside fit for an error: short, and without secrets, which an answer may repeat.
func (s secrets) quotable(text string) string {
	const most = 300 // bytes
	for _, hidden := range s {
		if !hidden.IsZero() {
			text = strings.ReplaceAll(text, hidden.Reveal(), hidden.String())
		}
	}
	if s.in(text) { // a secret in another form
		return secret.Text{}.String()
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	if len(text) <= most {
		return text
	}
	end := most
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
