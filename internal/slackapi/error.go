package notify

import (
	"regexp"
	"strings"
)

// A slackKind says what an error code of Slack means for us.
type slackKind int

const (
	slackUnknown    slackKind = iota // nobody knows
	slackWait                        // it may work later
	slackUncertain                   // it may work later, and may have worked now
	slackCredential                  // the token or URL is no good
	slackTarget                      // the channel is no good
	slackPayload                     // the message is no good
	slackLost                        // the message to update can no longer be
)

// passes reports whether what failed may work later.
func (k slackKind) passes() bool { return k == slackWait || k == slackUncertain }

// slackKinds are the error codes of chat.postMessage, chat.update and incoming webhooks.
var slackKinds = map[string]slackKind{
	"rate_limited":               slackWait,
	"ratelimited":                slackWait,
	"message_limit_exceeded":     slackWait,
	"team_added_to_org":          slackWait,
	"org_login_required":         slackWait, // the workspace moves to an organization
	"external_channel_migrating": slackWait,

	"internal_error":      slackUncertain,
	"fatal_error":         slackUncertain,
	"request_timeout":     slackUncertain,
	"service_unavailable": slackUncertain,
	"update_failed":       slackUncertain,

	"invalid_auth":              slackCredential,
	"not_authed":                slackCredential,
	"account_inactive":          slackCredential,
	"token_revoked":             slackCredential,
	"token_expired":             slackCredential,
	"no_permission":             slackCredential,
	"missing_scope":             slackCredential,
	"not_allowed_token_type":    slackCredential,
	"access_denied":             slackCredential,
	"team_access_not_granted":   slackCredential,
	"enterprise_is_restricted":  slackCredential,
	"two_factor_setup_required": slackCredential,
	"invalid_token":             slackCredential,
	"no_service":                slackCredential,
	"no_service_id":             slackCredential,
	"no_active_hooks":           slackCredential,
	"no_team":                   slackCredential,
	"team_disabled":             slackCredential,
	"action_prohibited":         slackCredential,

	"channel_not_found":                 slackTarget,
	"not_in_channel":                    slackTarget,
	"is_archived":                       slackTarget,
	"channel_is_archived":               slackTarget,
	"messages_tab_disabled":             slackTarget,
	"ekm_access_denied":                 slackTarget,
	"user_not_found":                    slackTarget,
	"posting_to_general_channel_denied": slackTarget,

	"msg_too_long":                      slackPayload,
	"msg_blocks_too_long":               slackPayload,
	"too_many_attachments":              slackPayload,
	"attachment_payload_limit_exceeded": slackPayload,
	"no_text":                           slackPayload,
	"metadata_too_large":                slackPayload,

	"message_not_found":   slackLost,
	"cant_update_message": slackLost,
	"edit_window_closed":  slackLost,
	"is_inactive":         slackLost,
}

// slackKindOf returns what code means.
func slackKindOf(code string) slackKind {
	kind, ok := slackKinds[code]
	switch {
	case ok:
		return kind
	case strings.HasPrefix(code, "restricted_action"):
		return slackTarget
	case strings.HasPrefix(code, "invalid_"): // invalid_blocks, invalid_payload, invalid_attachments …
		return slackPayload
	}
	return slackUnknown
}

// slackHints say what an operator may do about a code.
var slackHints = map[string]string{
	"invalid_auth":      "check the bot token",
	"not_authed":        "check the bot token",
	"account_inactive":  "the bot was removed: install it again",
	"token_revoked":     "install the bot again and give its new token",
	"token_expired":     "install the bot again and give its new token",
	"missing_scope":     "add the scope chat:write to the app and install it again",
	"channel_not_found": "check the channel ID, and invite the bot if the channel is private",
	"not_in_channel":    "invite the bot to the channel",
	"is_archived":       "the channel is archived: give another one",

	"no_service":          "the webhook was removed: make a new one",
	"no_active_hooks":     "the webhook was switched off: make a new one",
	"invalid_token":       "check the webhook's URL",
	"channel_is_archived": "the channel is archived: give another one",
	"action_prohibited":   "an administrator has restricted this webhook",
}

// A slackError is an error code of Slack.
type slackError struct {
	code string
	kind slackKind
}

// slackCode is the form of Slack's error codes. What is not in this form is not repeated.
var slackCode = regexp.MustCompile(`^[a-z][a-z_]{0,60}$`)

func newSlackError(code string) *slackError {
	code = strings.TrimSpace(code)
	if !slackCode.MatchString(code) {
		return &slackError{code: "an error without a code", kind: slackUnknown}
	}
	return &slackError{code: code, kind: slackKindOf(code)}
}

// Error returns the code, and what to do about it if we know.
func (r *slackError) Error() string {
	if hint := slackHints[r.code]; hint != "" {
		return r.code + ": " + hint
	}
	return r.code
}
