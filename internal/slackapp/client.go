package slackapp

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"notewatch/internal/proxy"
)

// callTime is how long one call to Slack may take.
const callTime = 10 * time.Second

// maxCallAnswer bounds what Slack answers to a call, in bytes.
const maxCallAnswer = 4 << 20

// A doer makes HTTP requests.
type doer func(*http.Request) (*http.Response, error)

// Do implements what slack-go wants of an HTTP client.
func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

// newDoer returns one for Slack. It follows no redirects, which could lead a token or an answer elsewhere, and bounds what
// it reads.
func newDoer(given *http.Client) doer {
	client := &http.Client{Transport: newTransport()}
	if given != nil {
		*client = *given
	}
	if client.Timeout == 0 {
		client.Timeout = callTime
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return func(req *http.Request) (*http.Response, error) {
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxCallAnswer), resp.Body}
		return resp, nil
	}
}

// newTransport returns one that uses the proxy of the environment.
func newTransport() http.RoundTripper {
	return proxy.Transport(&http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: callTime, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
	})
}

// newAPI returns a client of Slack's API.
func newAPI(c Config, do doer) *slack.Client {
	address := slack.APIURL
	if c.APIURL != "" {
		address = strings.TrimRight(c.APIURL, "/") + "/"
	}
	return slack.New(c.BotToken.Reveal(), slack.OptionAppLevelToken(c.AppToken.Reveal()), slack.OptionHTTPClient(do),
		slack.OptionAPIURL(address))
}

// tokenHints say what an operator may do about an error code of Slack that is about a token: what it asks for is not there
// whenever one asks again.
var tokenHints = map[string]string{
	"invalid_auth":            "check the token",
	"not_authed":              "check the token",
	"account_inactive":        "the app was removed: install it again",
	"token_revoked":           "install the app again and give its new token",
	"token_expired":           "install the app again and give its new token",
	"not_allowed_token_type":  "check that the bot token is one of xoxb- and the app-level token one of xapp-",
	"missing_scope":           "add the scope to the app and install it again",
	"no_permission":           "ask an administrator of the workspace to allow the app",
	"access_denied":           "ask an administrator of the workspace to allow the app",
	"org_login_required":      "ask an administrator of the workspace to allow the app",
	"team_access_not_granted": "ask an administrator of the workspace to allow the app",
}

// channelHints say the same about those that are about a channel.
var channelHints = map[string]string{
	"not_in_channel":    "invite the bot to the channel",
	"channel_not_found": "invite the bot to the channel",
}

// errorCode is the form of Slack's error codes.
var errorCode = regexp.MustCompile(`^[a-z][a-z_]{0,60}$`)

// tame returns an error code of Slack. What is not in the form of one is not repeated: it may hold anything.
func tame(code string) string {
	if errorCode.MatchString(code) {
		return code
	}
	return "something else than an error code"
}

// explain makes an error of one of slack-go's or net/http's: what was wrong and what to do about it. It holds no URL, which
// may be a secret, and nothing else that the other side wrote but error codes.
func explain(err error) error {
	if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		said := fmt.Sprintf("Slack says %q", tame(refused.Err))
		if hint := cmp.Or(tokenHints[refused.Err], channelHints[refused.Err]); hint != "" {
			said += ": " + hint
		}
		return errors.New(said)
	}
	if answered, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return fmt.Errorf("status %d %s", answered.Code, http.StatusText(answered.Code))
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return fmt.Errorf("too many requests: Slack asks to wait for %s", limited.RetryAfter)
	}
	return proxy.Cause(err)
}
