package config

import (
	"regexp"
	"slices"
	"strings"
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

// slashCommand matches what Slack takes as the name of a command.
var slashCommand = regexp.MustCompile(`^/[a-z0-9_-]{1,31}$`)

func (v value) slashCommand() string {
	text := v.text()
	if text != "" && !slashCommand.MatchString(text) {
		v.report("not a command of Slack",
			"such as /notewatch: a slash, then at most 31 lower-case letters, digits, - and _")
	}
	return text
}

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
		id := v.slackID()
		if id != "" && slices.Contains(ids, id) {
			v.report("named twice", "")
		}
		ids = append(ids, id)
	})
	return ids
}

// The problem and the hint for the name of a channel.
const (
	nameOfChannel  = "a name of a channel, not its ID"
	whereChannelID = "it stands at the bottom of the channel's details in Slack, such as C0123456789"
)

// slackID matches the ID of a user (U, W), user group (S) or channel (C, G).
var slackID = regexp.MustCompile(`^[UWSCG][A-Z0-9]{2,30}$`)

func (v value) slackID() string {
	text := v.text()
	if text == "" || slackID.MatchString(text) {
		return text
	}
	switch {
	case strings.HasPrefix(text, "#"):
		v.report(nameOfChannel, whereChannelID)
	case strings.HasPrefix(text, "@"):
		v.report("a name, not an ID", "Copy member ID in the menu of a profile in Slack gives it, such as U0123456789; "+
			"Copy group ID in that of a user group, such as S0123456789")
	case strings.HasPrefix(text, "<"):
		v.report("a mention, not an ID", "write the ID alone, without <, @, !subteam^, # and >, such as U0123456789")
	default:
		v.report("not an ID of Slack",
			"want that of a user (U… or W…), a user group (S…) or a channel (C… or G…), such as U0123456789")
	}
	return ""
}
