package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"notewatch/internal/config/content"
	"notewatch/internal/config/document"
	"notewatch/internal/secret"
	"notewatch/rules"
)

// terminal reads the receiver that prints, which has no settings.
func (v value) terminal() bool {
	if !v.isNull() {
		v.keys()
	}
	return true
}

func (v value) slack() *Slack {
	var slack Slack
	v.keys(
		key{name: "channel", read: func(v value) { slack.Channel = v.formed(v.word(), content.CheckSlackChannel) }},
		key{name: "url", read: func(v value) { slack.URL = secret.New(v.address()) }},
		key{name: "mention", read: func(v value) { slack.Mention = v.mentions() }},
		key{name: "command", elsewhere: ofSlackApp},
		key{name: "allow", elsewhere: ofSlackApp},
	)
	v.exactlyOne("channel", "url")
	return &slack
}

// mentions reads who is called at which level.
func (v value) mentions() map[rules.Level]string {
	mentions := map[rules.Level]string{}
	v.byLevel(func(level rules.Level, v value) { mentions[level] = v.word() })
	return mentions
}

func (v value) pagerDuty() *PagerDuty {
	var pagerDuty PagerDuty
	v.keys(
		key{name: "routing_key", required: true, read: func(v value) { pagerDuty.RoutingKey = secret.New(v.word()) }},
		key{name: "url", read: func(v value) { pagerDuty.URL = secret.New(v.address()) }},
	)
	return &pagerDuty
}

func (v value) webhook() *Webhook {
	var webhook Webhook
	v.keys(
		key{name: "url", required: true, read: func(v value) { webhook.URL = secret.New(v.address()) }},
		key{name: "secret", read: func(v value) { webhook.Secrets = v.secrets() }},
		key{name: "format", read: func(v value) { webhook.Format = v.name() }},
		key{name: "template", read: func(v value) { webhook.Template = v.template() }},
		key{name: "headers", read: func(v value) { webhook.Headers = v.headers() }},
		key{name: "allow_private", read: func(v value) { webhook.AllowPrivate = v.flag() }},
	)
	if v.has("format") && v.has("template") {
		v.report("want format or template, not both", "")
	}
	return &webhook
}

// secrets reads what signs: one secret, or two while one takes the place of the other.
func (v value) secrets() (secrets []secret.Text) {
	v.oneOrSome(func(v value) { secrets = append(secrets, secret.New(v.word())) })
	if len(secrets) > 2 {
		v.report("want one secret or two", "the new one first, then the one that it replaces")
	}
	return secrets
}

// template reads the text of a file. Its path counts from where the rules file is.
func (v value) template() string {
	path := v.name()
	if path == "" {
		return ""
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(v.path), path)
	}
	v.refersTo(path)
	text, err := content.Read(path)
	switch {
	case err != nil:
		v.report(fmt.Sprintf("reading %q: %v", path, err), "")
	case len(text) == 0:
		v.report(fmt.Sprintf("the file %q is empty", path), "")
	case !document.IsText([]byte(text)):
		v.report(fmt.Sprintf("the file %q is not plain text in UTF-8", path), "")
	}
	return text
}

// headers reads headers by their names, which HTTP takes for the same whatever their case. What is no name may be a value
// that slipped into the place of one, and is not shown.
func (v value) headers() (headers []Header) {
	if v.node.Kind != yaml.MappingNode {
		v.wrongType("a mapping of names of headers to their values", "")
		return nil
	}
	lines := map[string]int{}
	for _, pair := range v.pairs() {
		name := strings.ToLower(pair.name)
		if !content.IsHeaderName(name) {
			pair.key.report("not the name of a header", "such as Authorization")
		} else if first, twice := lines[name]; twice {
			pair.key.report(fmt.Sprintf("given twice, first on line %d", first), "")
		}
		lines[name] = pair.key.node.Line
		headers = append(headers, Header{Name: pair.name, Value: secret.New(pair.value.line())})
	}
	return headers
}

func (v value) email() *Email {
	var email Email
	var tls value
	v.keys(
		key{name: "server", required: true, read: func(v value) { email.Server = v.word() }},
		key{name: "tls", read: func(v value) { tls, email.TLS = v, v.choice("starttls", "tls", "none") }},
		key{name: "user", read: func(v value) { email.User = secret.New(v.line()) }},
		key{name: "password", read: func(v value) { email.Password = secret.New(v.line()) }},
		key{name: "from", required: true, read: func(v value) { email.From = v.line() }},
		key{name: "to", required: true, read: func(v value) {
			v.oneOrSome(func(v value) { email.To = append(email.To, v.line()) })
		}},
	)
	v.together("user", "password")
	if email.TLS == "none" && v.has("password") {
		tls.report("the password would be sent for all to read", "want starttls or tls, or neither user nor password")
	}
	return &email
}
