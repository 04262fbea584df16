package slackapi

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/slack-go/slack"

	"notewatch/internal/proxy"
)

// A Kind is the meaning of an error code of Slack for us.
type Kind int

// The kinds of error codes.
const (
	Unknown    Kind = iota // not in our list
	Wait                   // it may work later
	Uncertain              // it may work later, and may have worked now
	Credential             // the token or URL is not valid
	Target                 // the channel is not valid
	Payload                // the message is not valid
	Lost                   // the message to update can no longer be updated
)

// Passes reports whether a call that failed may work later.
func (k Kind) Passes() bool { return k == Wait || k == Uncertain }

// A code is the meaning of an error code, and the next step for an operator; "" if it is not known.
type code struct {
	kind Kind
	hint string
}

// codes are the error codes of the methods that notewatch calls, and of incoming webhooks.
var codes = map[string]code{
	"rate_limited":               {kind: Wait},
	"ratelimited":                {kind: Wait},
	"message_limit_exceeded":     {kind: Wait},
	"team_added_to_org":          {kind: Wait},
	"org_login_required":         {kind: Wait, hint: "ask an administrator of the workspace to allow the app"}, // the workspace moves to an organization
	"external_channel_migrating": {kind: Wait},

	"internal_error":      {kind: Uncertain},
	"fatal_error":         {kind: Uncertain},
	"request_timeout":     {kind: Uncertain},
	"service_unavailable": {kind: Uncertain},
	"update_failed":       {kind: Uncertain},

	"invalid_auth":              {kind: Credential, hint: "check the token"},
	"not_authed":                {kind: Credential, hint: "check the token"},
	"account_inactive":          {kind: Credential, hint: "the app was removed: install it again"},
	"token_revoked":             {kind: Credential, hint: "install the app again and give its new token"},
	"token_expired":             {kind: Credential, hint: "install the app again and give its new token"},
	"no_permission":             {kind: Credential, hint: "ask an administrator of the workspace to allow the app"},
	"missing_scope":             {kind: Credential, hint: "add the scope to the app, chat:write to post, and install it again"},
	"not_allowed_token_type":    {kind: Credential, hint: "check that the bot token is one of xoxb- and the app-level token one of xapp-"},
	"access_denied":             {kind: Credential, hint: "ask an administrator of the workspace to allow the app"},
	"team_access_not_granted":   {kind: Credential, hint: "ask an administrator of the workspace to allow the app"},
	"enterprise_is_restricted":  {kind: Credential},
	"two_factor_setup_required": {kind: Credential},
	"invalid_token":             {kind: Credential, hint: "check the webhook's URL"},
	"no_service":                {kind: Credential, hint: "the webhook was removed: make a new one"},
	"no_service_id":             {kind: Credential},
	"no_active_hooks":           {kind: Credential, hint: "the webhook was switched off: make a new one"},
	"no_team":                   {kind: Credential},
	"team_disabled":             {kind: Credential},
	"action_prohibited":         {kind: Credential, hint: "an administrator has restricted this webhook"},

	"channel_not_found":                 {kind: Target, hint: "check the channel ID, and invite the bot to the channel if it is private"},
	"not_in_channel":                    {kind: Target, hint: "invite the bot to the channel"},
	"is_archived":                       {kind: Target, hint: "the channel is archived: give another one"},
	"channel_is_archived":               {kind: Target, hint: "the channel is archived: give another one"},
	"messages_tab_disabled":             {kind: Target},
	"ekm_access_denied":                 {kind: Target},
	"user_not_found":                    {kind: Target},
	"posting_to_general_channel_denied": {kind: Target},

	"msg_too_long":                      {kind: Payload},
	"msg_blocks_too_long":               {kind: Payload},
	"too_many_attachments":              {kind: Payload},
	"attachment_payload_limit_exceeded": {kind: Payload},
	"no_text":                           {kind: Payload},
	"metadata_too_large":                {kind: Payload},

	"message_not_found":   {kind: Lost},
	"cant_update_message": {kind: Lost},
	"edit_window_closed":  {kind: Lost},
	"is_inactive":         {kind: Lost},
}

// meaningOf returns the meaning of an error code.
func meaningOf(name string) code {
	known, ok := codes[name]
	switch {
	case ok:
		return known
	case strings.HasPrefix(name, "restricted_action"):
		return code{kind: Target}
	case strings.HasPrefix(name, "invalid_"): // invalid_blocks, invalid_payload, invalid_attachments …
		return code{kind: Payload}
	}
	return code{}
}

// An Error is an error code of Slack.
type Error struct {
	Code string
	Kind Kind
	hint string
}

// codeForm matches Slack's error codes.
var codeForm = regexp.MustCompile(`^[a-z][a-z_]{0,60}$`)

// NewError returns the error of a code. Text that does not have the form of a code is not repeated, because it may contain anything.
func NewError(name string) *Error {
	name = strings.TrimSpace(name)
	if !codeForm.MatchString(name) {
		return &Error{Code: "something else than an error code"}
	}
	meaning := meaningOf(name)
	return &Error{Code: name, Kind: meaning.kind, hint: meaning.hint}
}

// Error returns the code, and the next step if it is known.
func (e *Error) Error() string { return e.withHint(e.Code) }

func (e *Error) withHint(text string) string {
	if e.hint == "" {
		return text
	}
	return text + ": " + e.hint
}

// Explain converts an error of slack-go or net/http to one with the cause and the next step. It contains no URL, which may be a secret, and
// nothing else that the other side wrote except error codes.
func Explain(err error) error {
	if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		e := NewError(refused.Err)
		return errors.New(e.withHint(fmt.Sprintf("Slack says %q", e.Code)))
	}
	if answered, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return fmt.Errorf("status %d %s", answered.Code, http.StatusText(answered.Code))
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return fmt.Errorf("too many requests: Slack asks to wait for %s", limited.RetryAfter)
	}
	return proxy.Cause(err)
}
