package webhook

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"notewatch/internal/secret"
)

// A Header is an HTTP header that is sent with every request, such as Authorization. Its value is secret.
type Header struct {
	Name  string
	Value secret.Text
}

// ownHeaders are the headers about how a request is sent, which the user must not set.
var ownHeaders = []string{
	"Host", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Keep-Alive", "Te", "Trailer", "Upgrade", "Expect",
}

// checkHeaders returns all problems of headers, joined. It does not quote values.
func checkHeaders(headers []Header) error {
	var problems []error
	seen := make(map[string]bool)
	for _, h := range headers {
		name := http.CanonicalHeaderKey(h.Name)
		if seen[name] {
			problems = append(problems, fmt.Errorf("header %q: it is there twice", h.Name))
		}
		seen[name] = true
		if err := h.check(name); err != nil {
			problems = append(problems, fmt.Errorf("header %q: %w", h.Name, err))
		}
	}
	return errors.Join(problems...)
}

// check returns the problem of h, whose name in canonical form is name.
func (h Header) check(name string) error {
	value := h.Value.Reveal()
	switch {
	case name == "" || strings.ContainsFunc(name, notToken):
		return errors.New("the name is not one of letters, digits and hyphens")
	case slices.Contains(ownHeaders, name) || strings.HasPrefix(name, "Proxy-"):
		return errors.New("it cannot be set")
	case strings.HasPrefix(name, "Webhook-"):
		return errors.New("it belongs to the signature")
	case value == "":
		return errors.New("the value is missing")
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("the value has a line break or another control character")
	case name == "Content-Type" && !jsonType(value):
		return errors.New("the body is JSON: want application/json or a type that ends in +json")
	}
	return nil
}

// notToken reports whether r cannot be part of a token of RFC 9110.
func notToken(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func jsonType(value string) bool {
	media, _, err := mime.ParseMediaType(value)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}
