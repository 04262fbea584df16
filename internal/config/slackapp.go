package config

import (
	"slices"

	"notewatch/internal/config/content"
)

// Where keys belong that two mappings of the name slack have between them.
const (
	ofSlackApp      = "it goes under slack: at the top level of the file, beside receivers:"
	ofSlackReceiver = "it goes with a receiver, as in receivers: [{name: team, slack: {channel: C0123456789}}]"
)

// readSlackApp reads how people ask in Slack.
func (v value) readSlackApp() {
	app := &v.file.Slack
	v.keys(
		key{name: "command", read: func(v value) { app.Command = v.slashCommand() }},
		key{name: "allow", read: func(v value) { app.Allow = v.allow() }},
		key{name: "channel", elsewhere: ofSlackReceiver},
		key{name: "url", elsewhere: ofSlackReceiver},
		key{name: "mention", elsewhere: ofSlackReceiver},
	)
}

func (v value) slashCommand() string { return v.formed(v.text(), content.CheckSlashCommand) }

func (v value) allow() Allow {
	var allow Allow
	v.keys(
		key{name: "look", read: func(v value) { allow.Look = v.slackIDs() }},
		key{name: "change", read: func(v value) { allow.Change = v.slackIDs() }},
	)
	return allow
}

// slackIDs reads IDs of users, user groups and channels.
func (v value) slackIDs() (ids []string) {
	v.oneOrSome(func(v value) {
		id := v.formed(v.text(), content.CheckSlackID)
		if id != "" && slices.Contains(ids, id) {
			v.report("named twice", "")
		}
		ids = append(ids, id)
	})
	return ids
}
