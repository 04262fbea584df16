package config

import (
	"go.yaml.in/yaml/v4"

	"notewatch/rules"
)

func (v value) readReceivers() {
	taken := names{}
	var fallbacks []link
	v.defaults.at = v
	v.some(func(v value) {
		v = v.in(v.titled("receiver", "name"))
		v.receiversAt = append(v.receiversAt, v)
		v.file.Receivers = append(v.file.Receivers, v.receiver(taken, &fallbacks))
	})
	checkLinks("receiver", fallbacks, v.receiverNames())
}

func (d *decoder) receiverNames() []string {
	return namesOf(d.file.Receivers, func(r Receiver) string { return r.Name })
}

// kinds are the keys that say how a receiver is reached.
var kinds = []string{"terminal", "slack", "pagerduty", "webhook", "email"}

func (v value) receiver(taken names, fallbacks *[]link) Receiver {
	receiver := Receiver{From: rules.Info}
	var fallback value
	before := len(v.problems)
	v.keys(
		key{name: "name", required: true, read: func(v value) { receiver.Name = v.claim("receiver", taken) }},
		key{name: "from", read: func(v value) { receiver.From = v.level() }},
		key{name: "hours", read: func(v value) { receiver.Hours = v.hours() }},
		key{name: "fallback", read: func(v value) { fallback, receiver.Fallback = v, v.name() }},
		key{name: "terminal", empty: true, read: func(v value) { receiver.Terminal = v.terminal() }},
		key{name: "slack", read: func(v value) { receiver.Slack = v.slack() }},
		key{name: "pagerduty", read: func(v value) { receiver.PagerDuty = v.pagerDuty() }},
		key{name: "webhook", read: func(v value) { receiver.Webhook = v.webhook() }},
		key{name: "email", read: func(v value) { receiver.Email = v.email() }},
	)
	v.exactlyOne(kinds...)
	v.checkMentions(receiver)
	receiver.Missing = v.takeMissing()
	if len(v.problems) == before && receiver.Missing == nil {
		v.check(receiver)
	}
	if receiver.Fallback != "" {
		*fallbacks = append(*fallbacks, link{fallback, receiver.Name, receiver.Fallback})
	}
	return receiver
}

// check reports what the decoder's checks find wrong with a receiver, where its settings stand.
func (v value) check(receiver Receiver) {
	for _, kind := range kinds {
		if settings, ok := v.get(kind); ok && settings.Kind == yaml.MappingNode {
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
