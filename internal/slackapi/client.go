package slackapi

import (
	"io"
	"net/http"
	"strings"

	"github.com/slack-go/slack"

	"notewatch/internal/proxy"
	"notewatch/internal/secret"
)

// maxAnswer bounds an answer of Slack, in bytes. An answer may repeat the message.
const maxAnswer = 1 << 20

// A Doer makes HTTP requests.
type Doer func(*http.Request) (*http.Response, error)

// Do implements the HTTP client interface of slack-go.
func (d Doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

// NewDoer returns a Doer for Slack that uses a client. nil means one that uses the proxy of the environment and keeps no connections,
// because a POST on a stale connection may or may not have arrived. It follows no redirects, which could lead a token or an answer
// elsewhere, and bounds what it reads.
func NewDoer(given *http.Client) Doer {
	client := new(http.Client)
	if given != nil {
		*client = *given
	}
	if client.Transport == nil {
		client.Transport = proxy.Transport(&http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true})
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
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
		return resp, nil
	}
}

// Address returns the base address of Slack's API, which ends in a slash. If given is "", it is that of Slack itself.
func Address(given string) string {
	if given == "" {
		return slack.APIURL
	}
	return strings.TrimRight(given, "/") + "/"
}

// New returns a client of Slack's API at an address, with the token of a bot and, for Socket Mode, the token of the app.
func New(address string, bot, app secret.Text, do Doer) *slack.Client {
	return slack.New(bot.Reveal(), slack.OptionAppLevelToken(app.Reveal()), slack.OptionHTTPClient(do),
		slack.OptionAPIURL(Address(address)))
}
