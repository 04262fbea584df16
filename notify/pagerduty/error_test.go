package pagerduty_test

import (
	"context"
	"errors"
	"fmt"
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
	"notewatch/notify/pagerduty"
)

func TestPagerDutyErrors(t *testing.T) {
	for _, test := range []struct {
		status     int
		body       string
		class      notify.Class
		retryAfter time.Duration
		want       string
	}{
		{400, `{"status":"invalid event","errors":["'payload.summary' is missing"]}`, notify.Payload, 0, "status 400 Bad Request"},
		{400, "Invalid routing key", notify.Permanent, 0, "status 400: the routing key is not known, check it"},
		{413, "", notify.Payload, 0, "status 413"},
		{401, "", notify.Permanent, 0, "status 401 Unauthorized: check its URL and credentials"},
		{403, "", notify.Permanent, 0, "status 403 Forbidden: check its URL and credentials"},
		{404, "", notify.Temporary, 7 * time.Second, "status 404"},
		{410, "", notify.Permanent, 0, "status 410"},
		{302, "", notify.Temporary, 7 * time.Second, "redirects are not followed"},
		{429, "", notify.Temporary, 7 * time.Second, "status 429"},
		{500, "", notify.Temporary, 7 * time.Second, "status 500"},
		{503, "", notify.Temporary, 7 * time.Second, "status 503"},
	} {
		t.Run(strconv.Itoa(test.status)+" "+test.body, func(t *testing.T) {
			server := newPagerDutyServer(t)
			server.Fail(notifytest.Status(test.status, test.body).With("Retry-After", "7").With("Location", server.URL))
			failure := fixture.FailsToSend(t, newPagerDuty(t, server.URL), fixture.Notification(fixture.Firing()), nil)
			require.Equal(t, test.class, failure.Class)
			require.Equal(t, test.status, failure.Status)
			require.Equal(t, test.retryAfter, failure.RetryAfter)
			require.Equal(t, test.status >= 500, failure.Uncertain)
			require.ErrorContains(t, failure, `posting to PagerDuty "on-call" at http://127.0.0.1:`)
			require.ErrorContains(t, failure, test.want)
			require.Len(t, server.Events(), 1)
			require.Empty(t, server.Incidents())
		})
	}
}

func TestPagerDutyWaitsAsLongAsRateLimitsSay(t *testing.T) {
	server := newPagerDutyServer(t)
	receiver := newPagerDuty(t, server.URL)
	for value, want := range map[string]time.Duration{
		"": 0, "60": time.Minute, "soon": 0, fixture.Notification().Sent.Add(time.Minute).Format(http.TimeFormat): time.Minute,
	} {
		server.Fail(notifytest.RateLimited(value).With("Date", fixture.Notification().Sent.Format(http.TimeFormat)))
		failure := fixture.FailsToSend(t, receiver, fixture.Notification(fixture.Firing()), nil)
		require.Equal(t, notify.Temporary, failure.Class)
		require.Equal(t, want, failure.RetryAfter, "%q", value)
	}
}

func TestPagerDutyNetworkErrors(t *testing.T) {
	server := newPagerDutyServer(t)
	receiver := newPagerDuty(t, server.URL)
	for i, test := range []struct {
		fault notifytest.Fault
		want  string
	}{
		{notifytest.Cut(), "the connection was cut"},
		{notifytest.Hang(), "context canceled"},
		{notifytest.TakeAndHang(), "context canceled"},
	} {
		server.Fail(test.fault)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for len(server.Events()) <= i {
				runtime.Gosched()
			}
			if test.want == "context canceled" {
				cancel()
			}
		}()
		_, err := receiver.Send(ctx, fixture.Notification(fixture.Firing()), nil)
		cancel()
		failure, ok := errors.AsType[*notify.Error](err)
		require.True(t, ok)
		require.Equal(t, notify.Temporary, failure.Class)
		require.True(t, failure.Uncertain)
		require.ErrorContains(t, err, test.want)
	}
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	tls.Config.ErrorLog = fixture.DiscardLog()
	failure := fixture.FailsToSend(t, newPagerDuty(t, tls.URL), fixture.Notification(fixture.Firing()), nil)
	require.Equal(t, notify.Temporary, failure.Class)
	require.ErrorContains(t, failure, "checking the certificate")
	require.False(t, failure.Uncertain)
}

func TestPagerDutyConfig(t *testing.T) {
	for _, test := range []struct {
		key, url string
		want     []string
	}{
		{routingKey, "", nil},
		{routingKey, "https://events.eu.pagerduty.com/v2/enqueue", nil},
		{"", "", []string{"the routing key is missing"}},
		{"R0123", "", []string{"the routing key is not one of 32 characters"}},
		{routingKey[:31] + " ", "", []string{"the routing key is not one of 32 characters"}},
		{routingKey[:30] + "é", "", []string{"the routing key is not one of 32 characters"}},
		{"", "http://events.pagerduty.com/v2/enqueue", []string{"the routing key is missing", "does not begin with https://"}},
		{routingKey, "https://a:b@events.pagerduty.com/", []string{"the URL holds a user or password"}},
	} {
		config := pagerduty.Config{Name: "on-call", RoutingKey: secret.New(test.key), URL: test.url}
		_, err := pagerduty.New(config)
		if test.want == nil {
			require.NoError(t, err)
			require.NoError(t, config.Validate())
			continue
		}
		for _, want := range test.want {
			require.ErrorContains(t, err, want)
		}
		require.EqualError(t, err, `checking PagerDuty "on-call": `+config.Validate().Error())
	}
}

func TestPagerDutyTellsNoSecret(t *testing.T) {
	key := secret.New(strings.Repeat(fixture.Mark, 4))
	for name, handler := range fixture.Echoes {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			receiver, err := pagerduty.New(pagerduty.Config{
				RoutingKey: key, URL: server.URL + "/" + fixture.Mark, AllowPrivate: true,
			})
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if name == "slow" {
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
			}
			if _, err = receiver.Send(ctx, fixture.Notification(fixture.Firing()), nil); err != nil { // any 200 is success
				fixture.RequireNoMark(t, err)
			}
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", receiver, receiver, receiver), "hunter")
		})
	}
	for _, config := range []pagerduty.Config{
		{RoutingKey: secret.New(fixture.Mark)},
		{RoutingKey: secret.New(fixture.Mark + " "), URL: "http://h/" + fixture.Mark},
		{RoutingKey: key, URL: "https://" + fixture.Mark + ":" + fixture.Mark + "@h/"},
	} {
		_, err := pagerduty.New(config)
		fixture.RequireNoMark(t, err)
		require.NotContains(t, fmt.Sprintf("%v %+v %#v", config.RoutingKey, config.RoutingKey, config.RoutingKey), "hunter")
	}
}

func TestPagerDutyReadsErrorsInAnswers(t *testing.T) {
	for _, test := range []struct {
		name, text string
		status     int
		class      notify.Class
	}{
		{"success", `{"status":"success","message":"Event processed","dedup_key":"m"}`, 0, 0},
		{"nothing", "", 0, 0},
		{"throttled", `{"status":"throttle exceeded","message":"Requests for this service are arriving too quickly."}`, 429, notify.Temporary},
		{"refused", `{"status":"invalid event","message":"Event object is invalid"}`, 400, notify.Payload},
		{"a page", fixture.SignIn, 502, notify.Temporary},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := notifytest.NewWebhook()
			t.Cleanup(server.Close)
			server.Fail(notifytest.Status(http.StatusOK, test.text))
			receiver, err := pagerduty.New(pagerduty.Config{
				RoutingKey: secret.New("0123456789abcdef0123456789abcdef"), URL: server.URL, AllowPrivate: true,
			})
			require.NoError(t, err)
			_, err = receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
			fixture.RequireAnswered(t, err, test.status, test.class)
		})
	}
}
