package notifytest_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"notewatch/notify/notifytest"
)

// post sends a body to url and returns the status, or 0 if there was no answer.
func post(ctx context.Context, t *testing.T, url, body string, header http.Header) int {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	if header != nil {
		req.Header = header
	}
	transport := &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 4 << 10}
	resp, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Do(req)
	if err != nil {
		return 0
	}
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func TestWebhookPlaysFaultsInOrder(t *testing.T) {
	server := notifytest.NewWebhook()
	defer server.Close()
	for _, test := range []struct {
		name   string
		fault  notifytest.Fault
		status int
		taken  bool
	}{
		{"none", notifytest.Fault{}, http.StatusNoContent, true},
		{"a failure", notifytest.Status(http.StatusGone, ""), http.StatusGone, false},
		{"another success", notifytest.Status(http.StatusAccepted, ""), http.StatusAccepted, true},
		{"a limit", notifytest.RateLimited("5"), http.StatusTooManyRequests, false},
		{"cut", notifytest.Cut(), 0, false},
		{"taken and cut", notifytest.TakeAndCut(), 0, true},
		{"a cut answer", notifytest.CutAnswer(), http.StatusOK, true},
		{"an endless answer", notifytest.EndlessAnswer(), http.StatusOK, true},
		{"an endless header", notifytest.EndlessHeader(), 0, true},
	} {
		server.Fail(test.fault)
		require.Equal(t, test.status, post(t.Context(), t, server.URL, test.name, nil), test.name)
		requests := server.Requests()
		last := requests[len(requests)-1]
		require.Equal(t, test.taken, last.Taken, test.name)
		require.Equal(t, test.name, string(last.Body))
	}
}

func TestWebhookHangs(t *testing.T) {
	for taken, fault := range map[bool]notifytest.Fault{false: notifytest.Hang(), true: notifytest.TakeAndHang()} {
		server := notifytest.NewWebhook()
		defer server.Close()
		server.Fail(fault)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for len(server.Requests()) == 0 {
				runtime.Gosched()
			}
			cancel()
		}()
		require.Zero(t, post(ctx, t, server.URL, "", nil))
		require.Equal(t, taken, server.Requests()[0].Taken)
	}
}

func TestWebhookReopens(t *testing.T) {
	server := notifytest.NewWebhook()
	defer func() { server.Close() }()
	server.Close()
	require.Zero(t, post(t.Context(), t, server.URL, "", nil))
	require.NoError(t, server.Reopen())
	require.Equal(t, http.StatusNoContent, post(t.Context(), t, server.URL, "", nil))
	require.Len(t, server.Requests(), 1)
}

func TestTLSWebhookIsNotTrusted(t *testing.T) {
	server := notifytest.NewTLSWebhook()
	defer server.Close()
	require.True(t, strings.HasPrefix(server.URL, "https://"))
	require.Zero(t, post(t.Context(), t, server.URL, "", nil))
	require.Zero(t, post(t.Context(), t, notifytest.NoHostURL, "", nil))
}

func TestRequestVerifiesEverySecret(t *testing.T) {
	const one, two = "b25lIHNlY3JldCBvZiAyNCBieXRlcy4u", "dHdvIHNlY3JldCBvZiAyNCBieXRlcy4u"
	server := notifytest.NewWebhook()
	defer server.Close()
	sign := func(secret string) string {
		signer, err := standardwebhooks.NewWebhook(secret)
		require.NoError(t, err)
		signature, err := signer.Sign("id-1", time.Unix(1768226700, 0), []byte("{}"))
		require.NoError(t, err)
		return signature
	}
	header := http.Header{
		"Webhook-Id": {"id-1"}, "Webhook-Timestamp": {"1768226700"}, "Webhook-Signature": {sign(one) + " " + sign(two)},
	}
	require.Equal(t, http.StatusNoContent, post(t.Context(), t, server.URL, "{}", header))
	request := server.Requests()[0]
	require.NoError(t, request.Verify(one))
	require.NoError(t, request.Verify(two, one))
	require.NoError(t, request.Verify("whsec_"+one))
	require.Error(t, request.Verify(one, "YSB0aGlyZCBvZiAyNCBieXRlcywgd3Jvbmc="))
	require.Error(t, request.Verify("whsec_%"))
	require.Error(t, request.Verify())
}
