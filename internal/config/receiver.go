package config

import (
	"go.yaml.in/yaml/v4"

	"notewatch/internal/secret"
	"notewatch/rules"
)

func (v value) readReceivers() {
	taken := names{}
	v.some(func(v value) { v.file.Receivers = append(v.file.Receivers, v.receiver(taken)) })
}

func (d *decoder) receiverNames() []string {
	list := make([]string, 0, len(d.file.Receivers))
	for _, receiver := range d.file.Receivers {
		if receiver.Name != "" {
			list = append(list, receiver.Name)
		}
	}
	return list
}

func (v value) receiver(taken names) Receiver {
	v = v.in(v.titled("receiver", "name"))
	receiver := Receiver{From: rules.Info}
	before := len(v.problems)
	v.keys(
		key{name: "name", required: true, read: func(v value) { receiver.Name = v.claim("receiver", taken) }},
		key{name: "from", read: func(v value) { receiver.From = v.level() }},
		key{name: "terminal", empty: true, read: func(v value) { receiver.Terminal = v.terminal() }},
		key{name: "slack", read: func(v value) { receiver.Slack = v.slack() }},
		key{name: "webhook", read: func(v value) { receiver.Webhook = v.webhook() }},
	)
	v.exactlyOne("terminal", "slack", "webhook")
	if len(v.problems) == before {
		v.check(receiver)
	}
	return receiver
}

// check reports what the decoder's checks find wrong with a receiver, where its settings stand.
func (v value) check(receiver Receiver) {
	for _, kind := range []string{"slack", "webhook"} {
		if settings, ok := v.get(kind); ok {
			v.node = settings
		}
	}
	for _, check := range v.checks {
		for _, problem := range parts(check(receiver)) {
			v.report(problem.Error(), "")
		}
	}
}

// parts returns the errors that err joins, or else err itself if it is one. An error that wraps a joined one has words of
// its own and stays whole.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// exactlyOne reports a mapping that has none of several keys, or more than one.
func (v value) exactlyOne(names ...string) {
	if v.node.Kind != yaml.MappingNode {
		return
	}
	count := 0
	for _, name := range names {
		if v.has(name) {
			count++
		}
	}
	if count != 1 {
		v.report("want exactly one of "+oneOf(names), "")
	}
}

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
		key{name: "channel", read: func(v value) { slack.Channel = v.substituted() }},
		key{name: "url", read: func(v value) { slack.URL = v.address() }},
	)
	v.exactlyOne("channel", "url")
	return &slack
}

func (v value) webhook() *Webhook {
	var webhook Webhook
	v.keys(
		key{name: "url", required: true, read: func(v value) { webhook.URL = v.address() }},
		key{name: "secret", read: func(v value) { webhook.Secret = secret.New(v.substituted()) }},
		key{name: "allow_private", read: func(v value) { webhook.AllowPrivate = v.flag() }},
	)
	return &webhook
}
