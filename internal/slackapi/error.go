package slackapi

import (
	"regexp"
	"strings"
)

// A Kind says what an error code of Slack means for us.
type Kind int

// The kinds of error codes.
const (
	Unknown    Kind = iota // nobody knows
	Wait                   // it may work later
	Uncertain              // it may work later, and may have worked now
	Credential             // the token or URL is no good
	Target                 // the channel is no good
	Payload                // the message is no good
	Lost                   // the message to update can no longer be
)

// Passes reports whether what failed may work later.
func (k Kind) Passes() bool { return k == Wait || k == Uncertain }

// kinds are the error codes of chat.postMessage, chat.update and incoming webhooks.
var kinds = map[string]Kind{
	"rate_limited":               Wait,
	"ratelimited":                Wait,
	"message_limit_exceeded":     Wait,
	"team_added_to_org":          Wait,
	"org_login_required":         Wait, // the workspace moves to an organization
	"external_channel_migrating": Wait,

	"internal_error":      Uncertain,
	"fatal_error":         Uncertain,
	"request_timeout":     Uncertain,
	"service_unavailable": Uncertain,
	"update_failed":       Uncertain,

	"invalid_auth":              Credential,
	"not_authed":                Credential,
	"account_inactive":          Credential,
	"token_revoked":             Credential,
	"token_expired":             Credential,
	"no_permission":             Credential,
	"missing_scope":             Credential,
	"not_allowed_token_type":    Credential,
	"access_denied":             Credential,
	"team_access_not_granted":   Credential,
	"enterprise_is_restricted":  Credential,
	"two_factor_setup_required": Credential,
	"invalid_token":             Credential,
	"no_service":                Credential,
	"no_service_id":             Credential,
	"no_active_hooks":           Credential,
	"no_team":                   Credential,
	"team_disabled":             Credential,
	"action_prohibited":         Credential,

	"channel_not_found":                 Target,
	"not_in_channel":                    Target,
	"is_archived":                       Target,
	"channel_is_archived":               Target,
	"messages_tab_disabled":             Target,
	"ekm_access_denied":                 Target,
	"user_not_found":                    Target,
	"posting_to_general_channel_denied": Target,

	"msg_too_long":                      Payload,
	"msg_blocks_too_long":               Payload,
	"too_many_attachments":              Payload,
	"attachment_payload_limit_exceeded": Payload,
	"no_text":                           Payload,
	"metadata_too_large":                Payload,

	"message_not_found":   Lost,
	"cant_update_message": Lost,
	"edit_window_closed":  Lost,
	"is_inactive":         Lost,
}

// kindOf returns what code means.
func kindOf(code string) Kind {
	kind, ok := kinds[code]
	switch {
	case ok:
		return kind
	case strings.HasPrefix(code, "restricted_action"):
		return Target
	case strings.HasPrefix(code, "invalid_"): // invalid_blocks, invalid_payload, invalid_attachments …
		return Payload
	}
	return Unknown
}

// hints say what an operator may do about a code.
var hints = map[string]string{
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

// A Error is an error code of Slack.
type Error struct {
	Code string
	Kind Kind
}

// codeForm is the form of Slack's error codes. What is not in this form is not repeated.
var codeForm = regexp.MustCompile(`^[a-z][a-z_]{0,60}$`)

// NewError returns the error of a code. What is not in the form of a code is not repeated: it may hold anything.
func NewError(code string) *Error {
	code = strings.TrimSpace(code)
	if !codeForm.MatchString(code) {
		return &Error{Code: "an error without a code", Kind: Unknown}
	}
	return &Error{Code: code, Kind: kindOf(code)}
}

// Error returns the code, and what to do about it if we know.
func (r *Error) Error() string {
	if hint := hints[r.Code]; hint != "" {
		return r.Code + ": " + hint
	}
	return r.Code
}
