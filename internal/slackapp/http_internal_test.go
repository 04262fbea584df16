package slackapp

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/metrics"
	"notewatch/internal/secret"
	"notewatch/notify/notifytest"
)

func overHTTP(c *Config) { c.AppToken = secret.Text{} }

func TestHTTPCommand(t *testing.T) {
	var got Command
	b := newBench(t, plan{config: overHTTP, command: func(_ context.Context, c Command) Reply {
		got = c
		return Reply{Text: "fine", Public: true}
	}})
	asked := b.slack.Type(ann, "/notewatch", "usage pump 7 & more")
	require.Equal(t, http.StatusOK, b.send(asked))
	answer, err := b.slack.AwaitAnswer(t.Context(), asked.ResponseURL)
	require.NoError(t, err)
	require.Equal(t, Command{Person{"U0000000ANN", "ann"}, "C0000000001", "usage pump 7 & more"}, got)
	require.True(t, answer.Public)
	require.Equal(t, "fine", answer.Text)
	b.stop()
	require.Equal(t, "1", b.count(`requests_total{kind="command",result="answered"}`))
	require.Equal(t, "none", b.count("socket_connected"), "there is no socket")
}

func TestHTTPPress(t *testing.T) {
	var got Press
	b := newBench(t, plan{config: overHTTP, press: func(_ context.Context, p Press) Reply {
		got = p
		return Reply{Text: "fine"}
	}})
	message := notifytest.Message{Channel: ann.Channel, TS: "1768226700.000001", Blocks: []byte(`[{"type":"actions","elements":[
		{"type":"static_select","action_id":"snooze","placeholder":{"type":"plain_text","text":"Snooze"},
		 "options":[{"text":{"type":"plain_text","text":"1 h"},"value":"1h M1"}]}]}]`)}
	for _, test := range []struct{ action, value string }{{"ack", "M1"}, {"snooze", "1h M1"}} {
		asked := b.slack.Press(ann, message, test.action, test.value)
		require.Equal(t, http.StatusOK, b.send(asked))
		require.Equal(t, "fine", b.answer(asked))
		require.Equal(t, Press{Person{"U0000000ANN", "ann"}, ann.Channel, message.TS, test.action, test.value}, got)
	}
}

// Whoever cannot prove to be Slack gets nothing done and learns nothing.
func TestHTTPRefusesForgeries(t *testing.T) {
	set := func(key, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(key, value) }
	}
	for name, forge := range map[string]func(*http.Request){
		"no signature":          func(r *http.Request) { r.Header.Del(signatureHeader) },
		"no time":               func(r *http.Request) { r.Header.Del(timestampHeader) },
		"wrong signature":       set(signatureHeader, "v0="+strings.Repeat("0", 64)),
		"other version":         func(r *http.Request) { r.Header.Set(signatureHeader, "v1"+r.Header.Get(signatureHeader)[2:]) },
		"upper case":            func(r *http.Request) { r.Header.Set(signatureHeader, strings.ToUpper(r.Header.Get(signatureHeader))) },
		"a time that is not":    set(timestampHeader, "noon"),
		"a time out of range":   set(timestampHeader, "9223372036854775807999"),
		"the end of time":       set(timestampHeader, "9223372036854775807"),
		"another time":          set(timestampHeader, strconv.FormatInt(morning.Unix()+1, 10)),
		"another body":          func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("text=status")); r.ContentLength = 11 },
		"signed by another app": func(r *http.Request) { *r = *signed(t, r, "another secret, of another app", morning) },
		"signed with nothing":   func(r *http.Request) { *r = *signed(t, r, "", morning) },
		"too old":               func(r *http.Request) { *r = *signed(t, r, signingSecret, morning.Add(-signatureWindow-time.Second)) },
		"too early":             func(r *http.Request) { *r = *signed(t, r, signingSecret, morning.Add(signatureWindow+time.Second)) },
		"before the process":    func(r *http.Request) { *r = *signed(t, r, signingSecret, morning.Add(-time.Second)) },
		"half a signature":      set(signatureHeader, "v0="+strings.Repeat("0", 63)),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, plan{config: overHTTP})
			require.Equal(t, http.StatusUnauthorized, b.send(b.slack.Type(ann, "/notewatch", "status"), forge))
			require.Contains(t, b.log.String(), "level=WARN msg=\"refused a request")
			require.Equal(t, "1", b.count(`requests_total{kind="command",result="forged"}`))
			b.stop()
			require.Empty(t, b.texts())
			require.NotContains(t, b.log.String(), signingSecret)
		})
	}
}

// signed returns r as if it were signed otherwise.
func signed(t *testing.T, r *http.Request, key string, at time.Time) *http.Request {
	body, err := r.GetBody()
	require.NoError(t, err)
	text, err := io.ReadAll(body)
	require.NoError(t, err)
	form, err := url.ParseQuery(string(text))
	require.NoError(t, err)
	again, err := notifytest.Asked{Kind: "slash_commands", Form: form}.Request(r.Context(), "http://"+r.URL.Host, key, at)
	require.NoError(t, err)
	return again
}

// large gives a request a body above the bound.
func large(r *http.Request) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(strings.Repeat("x", maxBody+1))), maxBody+1
}

// A request that is too large is no forgery: its signature was not looked at.
func TestHTTPRefusesLargeBodies(t *testing.T) {
	for name, forge := range map[string]func(*http.Request){
		"with a length": large,
		"in chunks":     func(r *http.Request) { large(r); r.ContentLength = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, plan{config: overHTTP})
			asked := b.slack.Type(ann, "/notewatch", "status")
			require.Equal(t, http.StatusRequestEntityTooLarge, b.send(asked, forge))
			require.Equal(t, http.StatusRequestEntityTooLarge, b.send(asked, forge))
			require.Equal(t, 1, strings.Count(b.log.String(), "level=WARN"), "only the first is loud")
			require.Contains(t, b.log.String(), "if Slack sent it, check the proxy in front of notewatch")
			require.Equal(t, "2", b.count(`requests_total{kind="command",result="unreadable"}`))
			require.Equal(t, "0", b.count(`requests_total{kind="command",result="forged"}`))
		})
	}
}

// An unreadBody fails the test when it is read.
type unreadBody struct{ t *testing.T }

func (u unreadBody) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

// What the headers show to be no request of Slack takes no memory for its body.
func TestHTTPChecksHeadersFirst(t *testing.T) {
	b := newBench(t, plan{config: overHTTP})
	for name, forge := range map[string]func(*http.Request){
		"no signature": func(r *http.Request) { r.Header.Del(signatureHeader) },
		"no time":      func(r *http.Request) { r.Header.Del(timestampHeader) },
		"too old":      func(r *http.Request) { r.Header.Set(timestampHeader, "1") },
		"too large":    func(r *http.Request) { r.ContentLength = maxBody + 1 },
		"no form":      func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		t.Run(name, func(t *testing.T) {
			req, err := b.slack.Type(ann, "/notewatch", "status").Request(t.Context(), b.web.URL, signingSecret, morning)
			require.NoError(t, err)
			forge(req)
			req.Body = io.NopCloser(unreadBody{t})
			response := httptest.NewRecorder()
			b.Handler().ServeHTTP(response, req)
			require.GreaterOrEqual(t, response.Code, 400)
		})
	}
}

// A deadlined is a recorder that takes deadlines, as a connection does.
type deadlined struct{ *httptest.ResponseRecorder }

func (deadlined) SetReadDeadline(time.Time) error { return nil }

// A request waits for a place among those that are being read, but no longer than Slack waits for an answer.
func TestHTTPBoundsBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := metrics.New("test")
		a := &App{config: Config{Metrics: m, Log: slog.New(slog.DiscardHandler)}}
		end, handled := make(chan bool), 0
		handler := a.bounded(metrics.Command, make(chan struct{}, 1), func(http.ResponseWriter, *http.Request) {
			handled++
			<-end
		})
		send := func() chan int {
			status := make(chan int, 1)
			go func() {
				w := deadlined{httptest.NewRecorder()}
				handler(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody))
				status <- w.Code
			}()
			synctest.Wait()
			return status
		}
		first, second := send(), send()
		require.Equal(t, 1, handled)
		end <- true
		require.Equal(t, http.StatusOK, <-first)
		synctest.Wait()
		require.Equal(t, 2, handled, "it has the place of the first")
		begun := time.Now()
		require.Equal(t, http.StatusServiceUnavailable, <-send())
		require.Equal(t, bodyTime, time.Since(begun))
		end <- true
		require.Equal(t, http.StatusOK, <-second)
	})
}

// A body that does not come is given up on.
func TestHTTPBodyDeadline(t *testing.T) {
	b := newBench(t, plan{config: overHTTP})
	hurried := b.checked(metrics.Command, func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).SetReadDeadline(time.Now()); err != nil {
			t.Error(err)
		}
		b.receive(metrics.Command, b.commandInForm)(w, r)
	})
	server := httptest.NewServer(hurried)
	defer server.Close()
	req, err := b.slack.Type(ann, "/notewatch", "status").Request(t.Context(), server.URL, signingSecret, morning)
	require.NoError(t, err)
	body, feed := io.Pipe()
	defer func() { _ = feed.Close() }()
	req.Body = body
	resp, err := server.Client().Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusRequestTimeout, resp.StatusCode)
	require.Equal(t, "1", b.count(`requests_total{kind="command",result="unreadable"}`))
}

// A refusal looks the same whatever was wrong, and only the first one is loud.
func TestHTTPRefusalSaysNothing(t *testing.T) {
	b := newBench(t, plan{config: overHTTP})
	body := func(forge func(*http.Request)) string {
		req, err := b.slack.Type(ann, "/notewatch", "status").Request(t.Context(), b.web.URL, signingSecret, morning)
		require.NoError(t, err)
		forge(req)
		response := httptest.NewRecorder()
		b.Handler().ServeHTTP(response, req)
		return response.Result().Status + response.Body.String()
	}
	require.Equal(t,
		body(func(r *http.Request) { r.Header.Set(signatureHeader, "v0=0") }),
		body(func(r *http.Request) { r.Header.Set(timestampHeader, "1") }))
	require.Equal(t, 1, strings.Count(b.log.String(), "level=WARN"))
}

func TestHTTPTakesNothingElse(t *testing.T) {
	b := newBench(t, plan{config: overHTTP})
	asked := b.slack.Type(ann, "/notewatch", "status")
	require.Equal(t, http.StatusMethodNotAllowed, b.send(asked, func(r *http.Request) { r.Method = http.MethodGet }))
	require.Equal(t, http.StatusMethodNotAllowed, b.send(asked, func(r *http.Request) { r.Method = http.MethodPut }))
	require.Equal(t, http.StatusUnsupportedMediaType, b.send(asked, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }))
	require.Equal(t, http.StatusUnsupportedMediaType, b.send(asked, func(r *http.Request) { r.Header.Del("Content-Type") }))
	require.Equal(t, http.StatusNotFound, b.send(asked, func(r *http.Request) { r.URL.Path = "/slack/events" }))
	b.stop()
	require.Empty(t, b.texts())
}

// What is signed but makes no sense is refused; what Slack sends besides commands and presses is taken and left alone.
func TestHTTPOddities(t *testing.T) {
	b := newBench(t, plan{config: overHTTP})
	for _, test := range []struct {
		kind string
		form url.Values
		want int
	}{
		{"slash_commands", url.Values{}, http.StatusBadRequest},
		{"slash_commands", url.Values{"user_id": {"U1"}}, http.StatusBadRequest},
		{"slash_commands", url.Values{"ssl_check": {"1"}}, http.StatusOK},
		{"interactive", url.Values{}, http.StatusBadRequest},
		{"interactive", url.Values{"payload": {`{"type":"view_submission"}`}}, http.StatusOK},
		{"interactive", url.Values{"payload": {`{`}}, http.StatusOK},
		{"interactive", url.Values{"payload": {`{"type":"block_actions","user":{"id":"U1"},"actions":[]}`}}, http.StatusOK},
		{"interactive", url.Values{"payload": {`{"type":"block_actions","user":7}`}}, http.StatusOK},
	} {
		require.Equal(t, test.want, b.send(notifytest.Asked{Kind: test.kind, Form: test.form}), "%v", test.form)
	}
	b.stop()
	require.Empty(t, b.texts())
}

// A query is not signed: what it says counts for nothing.
func TestHTTPReadsTheBodyOnly(t *testing.T) {
	b := newBench(t, plan{config: overHTTP})
	asked := b.slack.Type(ann, "/notewatch", "status")
	require.Equal(t, http.StatusOK, b.send(asked, func(r *http.Request) {
		r.URL.RawQuery = url.Values{"text": {"silence everything"}, "user_id": {"U0000000EVE"}, "payload": {"{}"}}.Encode()
	}))
	require.Equal(t, "you typed status", b.answer(asked))

	press := b.slack.Press(ann, notifytest.Message{}, "ack", "M1")
	require.Equal(t, http.StatusBadRequest, b.send(notifytest.Asked{Kind: "interactive"}, func(r *http.Request) {
		r.URL.RawQuery = press.Form.Encode()
	}))
}

// The same request again is answered as before and does nothing, however late within the time that its signature is good.
func TestHTTPReplay(t *testing.T) {
	b := newBench(t, plan{config: overHTTP})
	asked := b.slack.Type(ann, "/notewatch", "silence pump for 1h")
	b.clock.forward(2 * signatureWindow)
	ahead := b.clock.read().Add(signatureWindow) // the clock of who signs is ahead of ours
	again := func(r *http.Request) { *r = *signed(t, r, signingSecret, ahead) }
	require.Equal(t, http.StatusOK, b.send(asked, again))
	require.Equal(t, http.StatusOK, b.send(asked, again))
	b.clock.forward(2 * signatureWindow)
	require.Equal(t, http.StatusOK, b.send(asked, again))
	b.clock.forward(time.Second)
	require.Equal(t, http.StatusUnauthorized, b.send(asked, again))
	b.stop()
	require.Equal(t, []string{"you typed silence pump for 1h"}, b.texts())
	require.Equal(t, "2", b.count(`requests_total{kind="command",result="repeated"}`))
}

// A process that begins anew does not know what the one before has taken, so it takes nothing that was signed before.
func TestHTTPReplayAfterRestart(t *testing.T) {
	b := newBench(t, plan{config: overHTTP})
	asked := b.slack.Type(ann, "/notewatch", "silence pump for 1h")
	was := b.clock.read()
	require.Equal(t, http.StatusOK, b.send(asked))
	b.answer(asked)
	b.clock.forward(time.Minute)
	after := newBench(t, plan{config: func(c *Config) {
		overHTTP(c)
		c.Machine = b.clock.read
	}})
	require.Equal(t, http.StatusUnauthorized, after.send(asked, func(r *http.Request) { *r = *signed(t, r, signingSecret, was) }))
}

func TestHTTPWithoutSecret(t *testing.T) {
	b := newBench(t, plan{config: func(c *Config) { c.SigningSecret = secret.Text{} }})
	require.Equal(t, http.StatusUnauthorized, b.send(b.slack.Type(ann, "/notewatch", "status"), func(r *http.Request) {
		*r = *signed(t, r, "", morning)
	}))
}

func TestValidate(t *testing.T) {
	bot, app, signing := secret.New("xoxb-1"), secret.New("xapp-1"), secret.New(signingSecret)
	for _, test := range []struct {
		config Config
		want   string
	}{
		{Config{BotToken: bot, AppToken: app}, ""},
		{Config{BotToken: bot, SigningSecret: signing}, ""},
		{Config{AppToken: app, SigningSecret: signing}, "need the bot token"},
		{Config{BotToken: bot}, "NOTEWATCH_SLACK_APP_TOKEN (Socket Mode) or NOTEWATCH_SLACK_SIGNING_SECRET (HTTP)"},
		{Config{BotToken: bot, SigningSecret: secret.New(" \n")}, "NOTEWATCH_SLACK_SIGNING_SECRET is blank"},
		{Config{BotToken: bot, SigningSecret: secret.New("")}, "NOTEWATCH_SLACK_SIGNING_SECRET (HTTP)"},
	} {
		err := test.config.Validate()
		if test.want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, test.want)
		_, err = New(test.config)
		require.Error(t, err)
	}
}

// 10 kB of text are a command like others.
func TestHTTPLongCommand(t *testing.T) {
	text := strings.Repeat("ü&", 3_400) // 10 kB, and three times that in a form
	b := newBench(t, plan{config: overHTTP, command: func(_ context.Context, c Command) Reply { return Reply{Text: strconv.Itoa(len(c.Text))} }})
	asked := b.slack.Type(ann, "/notewatch", text)
	require.Equal(t, http.StatusOK, b.send(asked))
	require.Equal(t, strconv.Itoa(len(text)), b.answer(asked))
}

// A press comes with the whole message, which in a form is many times as long as it looks.
func TestHTTPPressOnALongMessage(t *testing.T) {
	b := newBench(t, plan{config: overHTTP})
	section := `{"type":"section","text":{"type":"mrkdwn","text":"` + strings.Repeat("\\u65e5", 3_000) + `"}}`
	m := notifytest.Message{Channel: ann.Channel, TS: "1.1", Text: "x", Blocks: []byte("[" + strings.Repeat(section+",", 3) + section + "]")}
	require.Empty(t, m.Check("chat.postMessage"))
	asked := b.slack.Press(ann, m, "ack", "M1")
	require.Greater(t, len(asked.Form.Encode()), 90_000)
	require.Equal(t, http.StatusOK, b.send(asked))
	require.Equal(t, "you pressed ack M1", b.answer(asked))
}

func FuzzVerify(f *testing.F) {
	asked := notifytest.Asked{Kind: "slash_commands", Form: url.Values{"text": {"status"}}}
	req, err := asked.Request(context.Background(), "http://localhost", signingSecret, morning)
	require.NoError(f, err)
	body, err := io.ReadAll(req.Body)
	require.NoError(f, err)
	good := req.Header
	f.Add(good.Get(timestampHeader), good.Get(signatureHeader), string(body))
	f.Add("-1", "v0=", "")
	a := &App{config: Config{SigningSecret: secret.New(signingSecret), Machine: func() time.Time { return morning }}, made: morning}
	f.Fuzz(func(t *testing.T, stamp, signature, text string) {
		header := http.Header{timestampHeader: {stamp}, signatureHeader: {signature}}
		err := a.checkHeaders(header)
		if err == nil {
			err = a.checkSignature(header, []byte(text))
		}
		same := stamp == good.Get(timestampHeader) && signature == good.Get(signatureHeader) && text == string(body)
		require.Equal(t, same, err == nil)
	})
}

func FuzzRequest(f *testing.F) {
	slack := notifytest.NewSlack()
	f.Cleanup(slack.Close)
	f.Add([]byte(slack.Type(ann, "/notewatch", "status").Payload))
	f.Add([]byte(slack.Press(ann, notifytest.Message{Channel: "C1", TS: "1.1"}, "ack", "M1").Payload))
	a := &App{}
	f.Fuzz(func(t *testing.T, payload []byte) {
		for _, read := range []func([]byte) (request, error){a.commandInJSON, a.pressInJSON} {
			r, err := read(payload)
			if err != nil {
				require.ErrorIs(t, err, errOther)
				continue
			}
			require.NotEmpty(t, r.person.String())
			require.NotNil(t, r.handle)
		}
	})
}
