package content

import (
	"regexp"
	"strings"
)

// slashCommand matches what Slack takes as the name of a command.
var slashCommand = regexp.MustCompile(`^/[a-z0-9_-]{1,31}$`)

// CheckSlashCommand returns what is wrong with the name of a command of Slack; nil if nothing is.
func CheckSlashCommand(text string) *FormError {
	if slashCommand.MatchString(text) {
		return nil
	}
	return &FormError{"not a command of Slack", "such as /notewatch: a slash, then at most 31 lower-case letters, digits, - and _"}
}

// The problem with the name of a channel, and the hint where its ID stands.
const (
	nameOfChannel  = "a name of a channel, not its ID"
	whereChannelID = "it stands at the bottom of the channel's details in Slack, such as C0123456789"
)

// channelID matches the ID of a channel (C, G), a conversation (D) or a user (U, W).
var channelID = regexp.MustCompile(`^[CGDUW][A-Z0-9]+$`)

// CheckSlackChannel returns what is wrong with the ID of a channel or, for direct messages, of a user; nil if nothing is. Slack takes a name for
// some calls only.
func CheckSlackChannel(id string) *FormError {
	switch {
	case channelID.MatchString(id):
		return nil
	case strings.HasPrefix(id, "#"):
		return &FormError{nameOfChannel, whereChannelID}
	}
	return &FormError{"not the ID of a channel", whereChannelID}
}

// slackID matches the ID of a user (U, W), user group (S) or channel (C, G).
var slackID = regexp.MustCompile(`^[UWSCG][A-Z0-9]{2,30}$`)

// CheckSlackID returns what is wrong with the ID of a user, user group or channel; nil if nothing is.
func CheckSlackID(text string) *FormError {
	switch {
	case slackID.MatchString(text):
		return nil
	case strings.HasPrefix(text, "#"):
		return &FormError{nameOfChannel, whereChannelID}
	case strings.HasPrefix(text, "@"):
		return &FormError{"a name, not an ID", "Copy member ID in the menu of a profile in Slack gives it, such as U0123456789; " +
			"Copy group ID in that of a user group, such as S0123456789"}
	case strings.HasPrefix(text, "<"):
		return &FormError{"a mention, not an ID", "write the ID alone, without <, @, !subteam^, # and >, such as U0123456789"}
	}
	return &FormError{"not an ID of Slack",
		"want that of a user (U… or W…), a user group (S…) or a channel (C… or G…), such as U0123456789"}
}
