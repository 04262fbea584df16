package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
)

// signingSecret is 32 bytes in base64.
const signingSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

func newWebhookServer(t *testing.T) *notifytest.Webhook {
	server := notifytest.NewWebhook()
	t.Cleanup(server.Close)
	return server
}

// newWebhook returns a signing receiver that posts to url, which is on loopback.
func newWebhook(t *testing.T, url string) *webhook.Receiver {
	t.Helper()
	webhook, err := webhook.New(webhook.Config{
		Name: "billing", URL: secret.New(url), Secrets: []secret.Text{secret.New(signingSecret)}, AllowPrivate: true,
	})
	require.NoError(t, err)
	return webhook
}

func TestWebhookSigns(t *testing.T) {
	server := newWebhookServer(t)
	const plain, stranger = "dHdlbnR5LWZvdXIgYnl0ZXMsIGFzIGlz", "YW5vdGhlciBzZWNyZXQgb2YgMjQgYnl0ZQ=="
	for name, secrets := range map[string][]string{
		"prefixed":     {signingSecret},
		"not prefixed": {strings.TrimPrefix(signingSecret, "whsec_")},
		"hexadecimal":  {"0123456789abcdef0123456789abcdef"}, // which is base64 too
		"one and next": {plain, signingSecret},
		"next and one": {signingSecret, plain},
	} {
		t.Run(name, func(t *testing.T) {
			config := webhook.Config{URL: secret.New(server.URL), AllowPrivate: true}
			for _, text := range secrets {
				config.Secrets = append(config.Secrets, secret.New(text))
			}
			webhook, err := webhook.New(config)
			require.NoError(t, err)
			n := fixture.Notification(fixture.Firing())
			_, err = webhook.Send(t.Context(), n, nil)
			require.NoError(t, err)

			requests := server.Requests()
			request := requests[len(requests)-1]
			require.Equal(t, n.Key, request.Header.Get("webhook-id"))
			require.Equal(t, strconv.FormatInt(n.Sent.Unix(), 10), request.Header.Get("webhook-timestamp"))
			require.Equal(t, signature(t, secrets[0], request), strings.Fields(request.Header.Get("webhook-signature"))[0])
			require.NoError(t, request.Verify(secrets...))
			require.Error(t, request.Verify(stranger))
			require.Error(t, request.Verify(append(secrets, stranger)...))
			require.Error(t, request.Verify())
			require.Len(t, strings.Fields(request.Header.Get("webhook-signature")), len(secrets))
			require.NoError(t, notifytest.Request{Body: request.Body, Header: http.Header{
				"Webhook-Id": {n.Key}, "Webhook-Timestamp": request.Header["Webhook-Timestamp"],
				"Webhook-Signature": strings.Fields(request.Header.Get("webhook-signature"))[:1],
			}}.Verify(secrets[0]), "the newest comes first")
		})
	}
}

// signature signs a request as Standard Webhooks specifies, with nothing that the program signs or verifies with.
func signature(t *testing.T, key string, request notifytest.Request) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	require.NoError(t, err)
	mac := hmac.New(sha256.New, raw)
	_, err = fmt.Fprintf(mac, "%s.%s.%s", request.Header.Get("webhook-id"), request.Header.Get("webhook-timestamp"), request.Body)
	require.NoError(t, err)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestWebhookWithoutSecretDoesNotSign(t *testing.T) {
	server := newWebhookServer(t)
	webhook, err := webhook.New(webhook.Config{URL: secret.New(server.URL), AllowPrivate: true})
	require.NoError(t, err)
	_, err = webhook.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	header := server.Requests()[0].Header
	require.Empty(t, header.Get("webhook-signature"))
	require.NotEmpty(t, header.Get("webhook-id"))
	require.Error(t, server.Requests()[0].Verify(signingSecret))
}

func TestWebhookRepeatsAreTheSame(t *testing.T) {
	server := newWebhookServer(t)
	server.Fail(notifytest.TakeAndCut())
	webhook := newWebhook(t, server.URL)
	n := fixture.Notification(fixture.Firing())
	_, err := webhook.Send(t.Context(), n, nil)
	require.Error(t, err)
	n.Sent = n.Sent.Add(time.Minute)
	_, err = webhook.Send(t.Context(), n, nil)
	require.NoError(t, err)
	first, second := server.Requests()[0], server.Requests()[1]
	require.Equal(t, first.Header.Get("webhook-id"), second.Header.Get("webhook-id"))
	require.Equal(t, first.Body, second.Body)
	require.NoError(t, second.Verify(signingSecret))
}

func TestWebhookBodyIsSmall(t *testing.T) {
	server := newWebhookServer(t)
	alerts := make([]notify.Alert, 20)
	for i := range alerts {
		alerts[i] = fixture.With(func(a *notify.Alert) { a.Detail = []string{"already true when this rule was first evaluated"} })
	}
	_, err := newWebhook(t, server.URL).Send(t.Context(), fixture.Notification(alerts...), nil)
	require.NoError(t, err)
	require.Less(t, len(server.Requests()[0].Body), 20_000)
}

func TestWebhookStatuses(t *testing.T) {
	for status, want := range map[int]notify.Class{
		301: notify.Temporary, 302: notify.Temporary, 304: notify.Temporary, 307: notify.Temporary, 308: notify.Temporary,
		400: notify.Payload, 401: notify.Permanent, 402: notify.Permanent, 403: notify.Permanent, 404: notify.Temporary, 405: notify.Temporary,
		407: notify.Temporary,
		408: notify.Temporary, 409: notify.Payload, 410: notify.Permanent, 413: notify.Payload, 415: notify.Payload,
		422: notify.Payload, 425: notify.Temporary, 429: notify.Temporary,
		500: notify.Temporary, 501: notify.Temporary, 502: notify.Temporary, 503: notify.Temporary, 504: notify.Temporary,
		599: notify.Temporary,
	} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			server := newWebhookServer(t)
			server.Fail(notifytest.Status(status, "a reason"))
			failure := fixture.Fails(t, newWebhook(t, server.URL))
			require.Equal(t, want, failure.Class)
			require.Equal(t, status, failure.Status)
			require.Equal(t, status >= 500, failure.Uncertain)
			require.Contains(t, failure.Error(), `posting to webhook "billing" at http://127.0.0.1:`)
			require.Contains(t, failure.Error(), "status "+strconv.Itoa(status))
		})
	}
	for _, status := range []int{200, 201, 202, 204, 299} {
		server := newWebhookServer(t)
		server.Fail(notifytest.Status(status, ""))
		_, err := newWebhook(t, server.URL).Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		require.NoError(t, err)
	}
}

func TestWebhookRetryAfter(t *testing.T) {
	const date = "Mon, 12 Jan 2026 14:00:00 GMT"
	for _, test := range []struct {
		name, retryAfter, date string
		want                   time.Duration
	}{
		{"seconds", "120", "", 2 * time.Minute},
		{"none", "", "", 0},
		{"capped", "86400", "", time.Hour},
		{"far too many", "9223372036854775807", "", time.Hour},
		{"more than a number holds", "9223372036854775808", "", 0},
		{"negative", "-1", "", 0},
		{"fraction", "1.5", "", 0},
		{"words", "soon", "", 0},
		{"date against the date of the answer", "Mon, 12 Jan 2026 14:00:30 GMT", date, 30 * time.Second},
		{"date against our own clock", "Mon, 12 Jan 2026 14:06:45 GMT", "nonsense", 45 * time.Second},
		{"date capped", "Tue, 13 Jan 2026 14:00:30 GMT", date, time.Hour},
		{"date in the past", "Mon, 12 Jan 2026 13:00:00 GMT", date, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newWebhookServer(t)
			server.Fail(notifytest.RateLimited(test.retryAfter).With("Date", test.date))
			failure := fixture.Fails(t, newWebhook(t, server.URL))
			require.Equal(t, test.want, failure.RetryAfter)
		})
	}
}

func TestWebhookFollowsNoRedirect(t *testing.T) {
	target := newWebhookServer(t)
	server := newWebhookServer(t)
	server.Fail(notifytest.Status(http.StatusTemporaryRedirect, "").With("Location", target.URL))
	failure := fixture.Fails(t, newWebhook(t, server.URL))
	require.Contains(t, failure.Error(), "redirects are not followed")
	require.Empty(t, target.Requests())
}

func TestWebhookNoAnswer(t *testing.T) {
	t.Run("called off", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
		}))
		defer server.Close()
		_, err := newWebhook(t, server.URL).Send(ctx, fixture.Notification(fixture.Firing()), nil)
		failure, ok := errors.AsType[*notify.Error](err)
		require.True(t, ok)
		require.Equal(t, notify.Temporary, failure.Class)
		require.True(t, failure.Uncertain)
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("deadline", func(t *testing.T) {
		server := newWebhookServer(t)
		server.Fail(notifytest.Hang())
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := newWebhook(t, server.URL).Send(ctx, fixture.Notification(fixture.Firing()), nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "no answer in time")
	})
	t.Run("cut", func(t *testing.T) {
		server := newWebhookServer(t)
		server.Fail(notifytest.Cut())
		failure := fixture.Fails(t, newWebhook(t, server.URL))
		require.Equal(t, notify.Temporary, failure.Class)
		require.True(t, failure.Uncertain)
		require.ErrorContains(t, failure, "the connection was cut")
	})
	t.Run("taken, then nothing", func(t *testing.T) {
		server := newWebhookServer(t)
		server.Fail(notifytest.TakeAndHang())
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for len(server.Requests()) == 0 {
				runtime.Gosched()
			}
			cancel()
		}()
		_, err := newWebhook(t, server.URL).Send(ctx, fixture.Notification(fixture.Firing()), nil)
		failure, ok := errors.AsType[*notify.Error](err)
		require.True(t, ok)
		require.Equal(t, notify.Temporary, failure.Class)
		require.True(t, failure.Uncertain)
		require.True(t, server.Requests()[0].Taken)
	})
	t.Run("header without an end", func(t *testing.T) {
		server := newWebhookServer(t)
		server.Fail(notifytest.EndlessHeader())
		failure := fixture.Fails(t, newWebhook(t, server.URL))
		require.Equal(t, notify.Temporary, failure.Class)
		require.True(t, failure.Uncertain)
		require.ErrorContains(t, failure, "no valid answer")
	})
	t.Run("nobody listens", func(t *testing.T) {
		server := newWebhookServer(t)
		server.Close()
		failure := fixture.Fails(t, newWebhook(t, server.URL))
		require.Equal(t, notify.Temporary, failure.Class)
		require.False(t, failure.Uncertain, "nothing was sent")
		require.ErrorContains(t, failure, "refused")
	})
	t.Run("no such host", func(t *testing.T) {
		failure := fixture.Fails(t, newWebhook(t, notifytest.NoHostURL))
		require.Equal(t, notify.Temporary, failure.Class)
		require.False(t, failure.Uncertain)
		require.ErrorContains(t, failure, `looking up "notewatch.invalid"`)
	})
	t.Run("certificate of an unknown authority", func(t *testing.T) {
		server := notifytest.NewTLSWebhook()
		defer server.Close()
		failure := fixture.Fails(t, newWebhook(t, server.URL))
		require.Equal(t, notify.Temporary, failure.Class, "whoever runs the server may mend it")
		require.False(t, failure.Uncertain)
		require.ErrorContains(t, failure, "checking the certificate")
		require.Empty(t, server.Requests())
	})
	t.Run("http where https is meant", func(t *testing.T) {
		server := newWebhookServer(t)
		failure := fixture.Fails(t, newWebhook(t, strings.Replace(server.URL, "http:", "https:", 1)))
		require.ErrorContains(t, failure, "speaks http, not https")
	})
}

// The status says whether the message was taken, whatever becomes of the rest of the answer.
func TestWebhookReadsLittle(t *testing.T) {
	for name, fault := range map[string]notifytest.Fault{
		"long": notifytest.Status(http.StatusOK, strings.Repeat("x", 10<<20)), "endless": notifytest.EndlessAnswer(),
		"cut": notifytest.CutAnswer(),
	} {
		t.Run(name, func(t *testing.T) {
			server := newWebhookServer(t)
			server.Fail(fault)
			_, err := newWebhook(t, server.URL).Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
			require.NoError(t, err)
			require.True(t, server.Requests()[0].Taken)
		})
	}
}

// A server that is down for a while is served when it is back.
func TestWebhookServerComesBack(t *testing.T) {
	server := newWebhookServer(t)
	webhook := newWebhook(t, server.URL)
	server.Close()
	require.ErrorContains(t, fixture.Fails(t, webhook), "refused")
	require.NoError(t, server.Reopen())
	_, err := webhook.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	require.Len(t, server.Requests(), 1)
}

// allow_private lifts the guard for the receiver that has it, and for no other.
func TestWebhookAllowsPrivateAddressesOfOneReceiver(t *testing.T) {
	server := newWebhookServer(t)
	url := secret.New(strings.Replace(server.URL, "127.0.0.1", "localhost", 1))
	open, err := webhook.New(webhook.Config{Name: "ours", URL: url, AllowPrivate: true})
	require.NoError(t, err)
	guarded, err := webhook.New(webhook.Config{Name: "theirs", URL: url})
	require.NoError(t, err)
	for range 2 {
		_, err = open.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		require.NoError(t, err)
		failure := fixture.Fails(t, guarded)
		require.Equal(t, notify.Permanent, failure.Class)
		require.False(t, failure.Uncertain)
		require.ErrorContains(t, failure, "is not public; allow_private: true lets this receiver reach it")
	}
	require.Len(t, server.Requests(), 2)
}

func TestWebhookConfig(t *testing.T) {
	for _, test := range []struct {
		name, url, secrets, want string
	}{
		{"no URL", "", "", "the URL is missing"},
		{"not a URL", "http://h/%zz", "", "the URL is not valid"},
		{"a control character", "http://h/\n", "", "the URL is not valid"},
		{"scheme", "ftp://h/x", "", "does not begin with https:// or http://"},
		{"no scheme", "h/x", "", "does not begin with https:// or http://"},
		{"no host", "https:///x", "", "the URL has no host"},
		{"credentials", "https://u:p@h/x", "", "the URL holds a user or password"},
		{"private address", "https://10.1.2.3/x", "", "address 10.1.2.3 is not public"},
		{"mapped address", "https://[::ffff:127.0.0.1]/x", "", "is not public"},
		{"short secret", "https://h/x", strings.Repeat("x", 31), "the secret has 23 bytes: want 24 to 64, encoded with base64"},
		{"long secret", "https://h/x", strings.Repeat("x", 87), "the secret has 65 bytes"},
		{"short base64", "https://h/x", "whsec_MDEy", "the secret has 3 bytes"},
		{"not base64", "https://h/x", "whsec_%%%", "the secret is not base64"},
		{"a password", "https://h/x", "twenty-four-bytes,-as-is", "the secret is not base64"},
		{"asymmetric", "https://h/x", "whsk_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "asymmetric"},
		{"old one short", "https://h/x", signingSecret + " short==", "secret 2: the secret is not base64"},
		{"three", "https://h/x", strings.Repeat(signingSecret+" ", 3), "there are 3 secrets"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := webhook.Config{Name: "billing", URL: secret.New(test.url)}
			for text := range strings.FieldsSeq(test.secrets) {
				config.Secrets = append(config.Secrets, secret.New(text))
			}
			_, err := webhook.New(config)
			require.ErrorContains(t, err, `checking webhook "billing"`)
			require.ErrorContains(t, err, test.want)
			require.EqualError(t, err, `checking webhook "billing": `+config.Validate().Error())
		})
	}
	require.EqualError(t, webhook.Config{
		URL: secret.New("https://u:p@h/x"), Secrets: []secret.Text{secret.New("MDEy")},
		Headers: []webhook.Header{{Name: "Host", Value: secret.New("h")}}, Format: "smoke",
	}.Validate(), `the URL holds a user or password, which is not supported
the secret has 3 bytes: want 24 to 64, encoded with base64
header "Host": it cannot be set
there is no format "smoke": want one of `+strings.Join(webhook.Formats(), ", "))
	unset := webhook.Config{URL: secret.New("https://h/x"), Secrets: []secret.Text{{}}}
	require.ErrorContains(t, unset.Validate(), "the secret has 0 bytes", "an empty variable is no reason to send unsigned")
	for _, good := range []string{"whsec_" + strings.Repeat("MDEy", 8), strings.Repeat("x", 32), strings.Repeat("x", 86)} {
		config := webhook.Config{URL: secret.New("https://h/x?token=1"), Secrets: []secret.Text{secret.New(good)}}
		_, err := webhook.New(config)
		require.NoError(t, err)
		require.NoError(t, config.Validate())
	}
}

func TestWebhookBodyHasNoNumberThatJSONCannotHold(t *testing.T) {
	server := newWebhookServer(t)
	odd := fixture.With(func(a *notify.Alert) { a.Value, a.Peak = math.Inf(1), math.Inf(-1) })
	_, err := newWebhook(t, server.URL).Send(t.Context(), fixture.Notification(odd), nil)
	require.NoError(t, err)
}

// A name says nothing about where it leads: the address is looked at when it is known.
func TestNamesOfPrivateAddressesAreRefused(t *testing.T) {
	server := newWebhookServer(t)
	named := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	config := webhook.Config{URL: secret.New(named)}
	for allowed, requests := range map[bool]int{false: 0, true: 1} {
		config.AllowPrivate = allowed
		receiver, err := webhook.New(config)
		require.NoError(t, err, "the name alone is fine")
		before := len(server.Requests())
		if allowed {
			_, err = receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
			require.NoError(t, err)
		} else {
			failure := fixture.Fails(t, receiver)
			require.Equal(t, notify.Permanent, failure.Class)
			require.ErrorContains(t, failure, "is not public; allow_private: true lets this receiver reach it")
		}
		require.Len(t, server.Requests(), before+requests)
	}
}
