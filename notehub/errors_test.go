package notehub_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
)

func TestRefusalsAreTyped(t *testing.T) {
	sentinels := []error{
		notehub.ErrUnauthorized, notehub.ErrForbidden, notehub.ErrSuspended, notehub.ErrNotFound, notehub.ErrRateLimited,
		notehub.ErrTookTooLong, notehub.ErrInvalidAnswer,
	}
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   error // nil: none of the sentinels
		code   string
		text   string // what the error says of it
	}{
		{"token", 401, `{"err":"could not be authorized","code":401,"status":"Unauthorized"}`, notehub.ErrUnauthorized,
			"Unauthorized", "Notehub answers 401 Unauthorized: could not be authorized"},
		{"OAuth", 401, `{"error":"invalid_token","error_description":"it has expired"}`, notehub.ErrUnauthorized,
			"invalid_token", "Notehub answers 401 Unauthorized: it has expired (invalid_token)"},
		{"rights", 403, `{"err":"you may not","code":403,"status":"Forbidden"}`, notehub.ErrForbidden,
			"Forbidden", "Notehub answers 403 Forbidden: you may not"},
		{"suspended", 403, `{"err":"this billing account is Suspended","code":403,"status":"Forbidden"}`, notehub.ErrSuspended,
			"Forbidden", "403 Forbidden: this billing account is Suspended"},
		{"project", 404, `{"err":"no such app","code":404,"status":"Not Found"}`, notehub.ErrNotFound, "Not Found", "no such app"},
		{"rate", 429, `{"err":"slow down","code":429,"status":"Too Many Requests"}`, notehub.ErrRateLimited,
			"Too Many Requests", "slow down"},
		{"gateway's time", 504, `<html>`, notehub.ErrTookTooLong, "", "Notehub answers 504 Gateway Timeout"},
		{"its time", 500, `{"err":"x","code":500,"status":"Took too long"}`, notehub.ErrTookTooLong, "Took too long",
			"500 Internal Server Error: x (Took too long)"},
		{"events' time", 400, `{"err":"Events query took too long to complete"}`, notehub.ErrTookTooLong, "", "took too long to complete"},
		{"query", 400, `{"err":"bad period","code":400,"status":"Bad Request"}`, nil, "Bad Request", "bad period"},
		{"broken", 500, "oh\n no ", nil, "", "500 Internal Server Error: oh no"},
		{"web page", 502, "\n<html><body>bad gateway</body></html>", nil, "", "Notehub answers 502 Bad Gateway"},
		{"odd types", 500, `{"err":{"a":1},"code":"x","status":7}`, nil, "", "Notehub answers 500 Internal Server Error"},
		{"half an envelope", 500, `{"err":"oh`, nil, "", "Notehub answers 500 Internal Server Error"},
		{"a list", 500, `["oh"]`, nil, "", `500 Internal Server Error: ["oh"]`},
		{"nothing", 503, ``, nil, "", "Notehub answers 503 Service Unavailable"},
		{"redirect", 302, ``, nil, "", "302 Found: redirects are not followed"},
		{"no content", 202, `{"data":[]}`, nil, "", "Notehub answers 202 Accepted"},
		{"unheard of", 599, ``, nil, "", "Notehub answers 599"},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := setup(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", r.URL.String())
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			for name, call := range everyCall() {
				err := call(t, client)
				refusal, ok := errors.AsType[*notehub.Error](err)
				require.True(t, ok, err)
				require.Equal(t, test.status, refusal.Status)
				require.Equal(t, test.code, refusal.Code)
				require.Zero(t, refusal.RetryAfter)
				require.ErrorContains(t, err, test.text)
				require.ErrorContains(t, err, name)
				require.ErrorContains(t, err, project)
				for _, sentinel := range sentinels {
					require.Equal(t, errors.Is(test.want, sentinel), errors.Is(err, sentinel), "%v is %v", err, sentinel)
				}
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	const now = "Sun, 01 Mar 2026 12:00:00 GMT"
	for _, test := range []struct {
		header, date string
		want         time.Duration
	}{
		{"", now, 0},
		{"0", now, 0},
		{"7", now, 7 * time.Second},
		{" 60 ", "", time.Minute},
		{"Sun, 01 Mar 2026 12:00:30 GMT", now, 30 * time.Second},
		{"Sun, 01 Mar 2026 11:00:00 GMT", now, 0},
		{"Sun, 01 Mar 2026 12:00:30 GMT", "yesterday", 0},
		{"Mon, 01 Mar 2027 12:00:00 GMT", now, 24 * time.Hour},
		{"99999999999999999999999", now, 24 * time.Hour},
		{"9223372036854775807", now, 24 * time.Hour},
		{"-5", now, 0},
		{"1.5", now, 0},
		{"soon", now, 0},
	} {
		client := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", test.header)
			w.Header().Set("Date", test.date)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		err := devices(1, 1)(t, client)
		refusal, ok := errors.AsType[*notehub.Error](err)
		require.True(t, ok)
		require.Equal(t, test.want, refusal.RetryAfter, test.header)
	}
}

func TestMessagesAreShortenedBetweenRunes(t *testing.T) {
	for _, prefix := range []string{"", "a", "aa"} {
		client := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"err":"`+prefix+strings.Repeat("€", 5_000)+`"}`)
		})
		refusal, ok := errors.AsType[*notehub.Error](devices(1, 1)(t, client))
		require.True(t, ok)
		require.Less(t, len(refusal.Message), 310)
		require.Greater(t, len(refusal.Message), 290)
		require.True(t, utf8.ValidString(refusal.Message))
		require.True(t, strings.HasSuffix(refusal.Message, "€…"))
	}
}

func TestErrorAnswersAreReadOnlyInPart(t *testing.T) {
	client := setup(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		for range 100 << 20 / (64 << 10) {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
		t.Error("100 MiB were read")
	})
	require.ErrorContains(t, devices(1, 1)(t, client), "500")
}

func TestInvalidAnswersAreErrors(t *testing.T) {
	const row = `{"period":"2026-03-01T00:00:00Z"`
	for _, test := range []struct{ name, body, want string }{
		{"nothing", ``, "ends in the middle, after 0 bytes"},
		{"white space", "\n ", "ends in the middle"},
		{"web page", "<!DOCTYPE html><html>", `want an object, got '<' at byte 0 (Content-Type "application/json")`},
		{"list", `[]`, "want an object, got a list"},
		{"null", `null`, "want an object, got null"},
		{"no rows", `{}`, `it has no "data"`},
		{"error in disguise", `{"err":"no","code":500}`, `it has no "data"`},
		{"rows twice", `{"data":[],"data":[]}`, `field "data": it comes twice`},
		{"rows are an object", `{"data":{}}`, `field "data": want a list, got an object`},
		{"rows are text", `{"data":"x"}`, "want a list, got a string"},
		{"row is a number", `{"data":[7]}`, "row 1: want an object, got a number"},
		{"row is null", `{"data":[null]}`, "row 1: want an object, got null"},
		{"truncated is text", `{"data":[],"truncated":"no"}`, `field "truncated": want true or false, got a string`},
		{"truncated is a word", `{"data":[],"truncated":nope}`, "want null"},
		{"cut in a row", `{"data":[` + row, "row 1: it ends in the middle"},
		{"cut in a name", `{"data":[` + row + `,"tot`, "ends in the middle"},
		{"cut in a number", `{"data":[` + row + `,"total_events":12`, "ends in the middle"},
		{"cut in a word", `{"data":[` + row + `,"total_events":nu`, "ends in the middle"},
		{"cut in an escape", `{"data":[` + row + `,"device":"a\`, "ends in the middle"},
		{"cut in an ignored string", `{"data":[` + row + `,"x":"a`, "ends in the middle"},
		{"cut between rows", `{"data":[` + row + `},`, "ends in the middle"},
		{"cut after rows", `{"data":[]`, "ends in the middle"},
		{"second answer", `{"data":[]}{"data":[]}`, "something follows its end at byte 11"},
		{"rubbish", `{"data":[]}]`, "something follows its end"},
		{"no comma", `{"data":[` + row + `} ` + row + `}]}`, "want a comma or the end of a list"},
		{"no colon", `{"data" []}`, "want a colon"},
		{"comma too many", `{"data":[` + row + `},]}`, "row 2: want an object, got ']'"},
		{"field too many", `{"data":[],}`, "want a string, got '}'"},
		{"unquoted name", `{data:[]}`, "want a string, got 'd'"},
		{"text for a number", `{"data":[` + row + `,"total_events":"12"}]}`, `row 1: field "total_events": want a whole number, got a string`},
		{"leading zero", `{"data":[` + row + `,"total_events":012}]}`, "got 012"},
		{"only a sign", `{"data":[` + row + `,"total_events":-}]}`, "got -"},
		{"number for text", `{"data":[` + row + `,"device":7}]}`, `field "device": want a string, got a number`},
		{"list of notefiles", `{"data":[` + row + `,"notefiles":[]}]}`, `field "notefiles": want an object, got a list`},
		{"text in notefiles", `{"data":[` + row + `,"notefiles":{"a.qo":"1"}}]}`, `field "a.qo": want a whole number`},
		{"no period", `{"data":[{"device":"dev:1"}]}`, `row 1: it has no "period"`},
		{"period is null", `{"data":[{"period":null}]}`, `it has no "period"`},
		{"period is a day", `{"data":[{"period":"2026-03-01"}]}`, `want a time like 2026-01-31T00:00:00Z, got "2026-03-01"`},
		{"escapes in name and value", `{"data":[{"peri\u006fd":"to\u0064ay"}]}`, `field "period": want a time like 2026-01-31T00:00:00Z, got "today"`},
		{"name that is not ASCII", `{"data":[` + row + `,"notefiles":{"zähler":"ä"}}]}`, `field "zähler": want a whole number, got a string`},
		{"control character", "{\"data\":[{\"device\":\"a\nb\"}]}", "control character"},
		{"wrong escape", `{"data":[{"device":"a\x"}]}`, "is not JSON"},
		{"ignored: wrong escape", `{"x":"a\x","data":[]}`, "is not JSON"},
		{"ignored: half an escape", `{"x":"a\u12g4","data":[]}`, "is not JSON"},
		{"ignored: wrong number", `{"x":1.2.3,"data":[]}`, "want a number, got 1.2.3"},
		{"ignored: wrong word", `{"x":tru,"data":[]}`, "want true"},
		{"ignored: nothing", `{"x":,"data":[]}`, "want a value, got ','"},
		{"nested without end", `{"x":` + strings.Repeat("[", 1_000_000), "nested more than"},
		{"text without end", `{"data":[{"device":"` + strings.Repeat("x", 100_000) + `"}]}`, "longer than 65536 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, truncated, err := eventsOf(t, test.body)
			require.ErrorIs(t, err, notehub.ErrInvalidAnswer)
			require.ErrorContains(t, err, `reading events usage of project "`+project+`"`)
			require.ErrorContains(t, err, test.want)
			require.Less(t, len(err.Error()), 500)
			require.False(t, truncated)
		})
	}
}

func TestDataUsageNeedsTypes(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":[{"data":[]}]}`:                              `row 1: it has no "type"`,
		`{"data":[{"type":"cellular","data":[{}]}]}`:          `row 1: it has no "period"`,
		`{"data":[{"type":"cellular","data":"x"}]}`:           `row 1: field "data": want a list`,
		`{"data":[{"type":"cellular","device_count":"1"`:      `field "device_count"`,
		`{"err":"no","code":500}`:                             `it has no "data"`,
		`{"data":[{"type":"c","data":[` + manyDays() + `]}]}`: "more than 20000 entries",
	} {
		rows, _, err := dataOf(t, body)
		require.ErrorIs(t, err, notehub.ErrInvalidAnswer)
		require.ErrorContains(t, err, want)
		require.Empty(t, rows)
	}
}

// Memory of the caller grows with the rows, so an answer ends at the first that it may not hold.
func TestAnswersOfTooManyRowsAreInvalid(t *testing.T) {
	two := notehub.UsageQuery{Start: start, Limit: 2}
	handed := 0
	for _, test := range []struct {
		name, start, row string
		most             int
		ask              call
	}{
		{"devices", `{"devices":[`, `{"uid":"dev:1"}`, 3, func(t *testing.T, c *notehub.Client) error {
			_, err := c.Devices(t.Context(), project, 1, 3, func(notehub.Device) error { handed++; return nil })
			return err
		}},
		{"fleets", `{"fleets":[`, `{"uid":"fleet:1"}`, 10_000, func(t *testing.T, c *notehub.Client) error {
			return c.Fleets(t.Context(), project, func(notehub.Fleet) error { handed++; return nil })
		}},
		{"routes", `[`, `{"uid":"route:1"}`, 10_000, func(t *testing.T, c *notehub.Client) error {
			return c.Routes(t.Context(), project, func(notehub.Route) error { handed++; return nil })
		}},
		{"projects", `{"projects":[`, `{"uid":"app:1"}`, 10_000, func(t *testing.T, c *notehub.Client) error {
			return c.Projects(t.Context(), func(notehub.Project) error { handed++; return nil })
		}},
		{"organizations", `{"organizations":[`, `{"uid":"org:1"}`, 10_000, func(t *testing.T, c *notehub.Client) error {
			return c.Organizations(t.Context(), notehub.Organizations, func(notehub.Organization) error { handed++; return nil })
		}},
		{"balances", `{"data":[`, `{"period":"2026-03-01T00:00:00Z"}`, 20_000, func(t *testing.T, c *notehub.Client) error {
			return c.BalanceHistory(t.Context(), notehub.Organizations, "org:1", start, start, func(notehub.Balance) error { handed++; return nil })
		}},
		{"events", `{"data":[`, `{"period":"2026-03-01T00:00:00Z"}`, 2, func(t *testing.T, c *notehub.Client) error {
			_, err := c.EventsUsage(t.Context(), project, notehub.EventsQuery{UsageQuery: two}, func(notehub.EventsRow) error { handed++; return nil })
			return err
		}},
		{"events, by Notehub's own limit", `{"data":[`, `{"period":"2026-03-01T00:00:00Z"}`, 200_000, func(t *testing.T, c *notehub.Client) error {
			_, err := c.EventsUsage(t.Context(), project, notehub.EventsQuery{UsageQuery: daily()}, func(notehub.EventsRow) error { handed++; return nil })
			return err
		}},
		{"sessions", `{"sessions":[`, `{"period":"2026-03-01T00:00:00Z"}`, 2, func(t *testing.T, c *notehub.Client) error {
			_, err := c.SessionsUsage(t.Context(), project, notehub.SessionsQuery{UsageQuery: two}, func(notehub.SessionsRow) error { handed++; return nil })
			return err
		}},
		{"route logs", `{"route_logs":[`, `{"period":"2026-03-01T00:00:00Z"}`, 2, func(t *testing.T, c *notehub.Client) error {
			_, err := c.RouteLogsUsage(t.Context(), project, notehub.RouteLogsQuery{UsageQuery: two}, func(notehub.RouteLogsRow) error { handed++; return nil })
			return err
		}},
		{"data, by series", `{"data":[`, `{"type":"cellular","data":[{"period":"2026-03-01T00:00:00Z"}]}`, 2, func(t *testing.T, c *notehub.Client) error {
			_, err := c.DataUsage(t.Context(), project, two, func(notehub.DataRow) error { handed++; return nil })
			return err
		}},
		{"data, in a series", `{"data":[{"type":"cellular","data":[`, `{"period":"2026-03-01T00:00:00Z"}`, 0, func(t *testing.T, c *notehub.Client) error {
			_, err := c.DataUsage(t.Context(), project, two, func(notehub.DataRow) error { handed++; return nil })
			return err
		}},
		{"data without rows", `{"data":[`, `{"type":"cellular","data":[]}`, 0, func(t *testing.T, c *notehub.Client) error {
			_, err := c.DataUsage(t.Context(), project, two, func(notehub.DataRow) error { handed++; return nil })
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			handed = 0
			err := test.ask(t, unending(t, test.start, test.row+","))
			require.ErrorIs(t, err, notehub.ErrInvalidAnswer)
			require.ErrorContains(t, err, "the answer has more than ")
			require.Equal(t, test.most, handed)
		})
	}
}

func TestListsWithinARowAreBounded(t *testing.T) {
	for _, test := range []struct {
		name, start, entry, want string
		ask                      call
	}{
		{"fleets", `{"devices":[{"fleet_uids":[`, `"fleet:1",`, `row 1: field "fleet_uids": it has more than 1000 entries`, devices(1, 1)},
		{"SIMs", `{"devices":[{"cellular_usage":[`, `{},`, `row 1: it has more than 1000 entries`, devices(1, 1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.ask(t, unending(t, test.start, test.entry))
			require.ErrorIs(t, err, notehub.ErrInvalidAnswer)
			require.ErrorContains(t, err, test.want)
		})
	}
}

// A device that invents notefiles makes those of its row unknown, and nothing else.
func TestNotefilesByTheThousand(t *testing.T) {
	names := func(n int) string {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, `"%d.qo":1,`, i)
		}
		return strings.TrimSuffix(text.String(), ",")
	}
	rows, _, err := eventsOf(t, `{"data":[{"period":"2026-03-01T00:00:00Z","notefiles":{`+names(10_000)+`}},`+
		`{"period":"2026-03-01T00:00:00Z","notefiles":{`+names(10_001)+`},"total_events":7},`+
		`{"period":"2026-03-01T00:00:00Z","notefiles":{"a.qo":-1,"b.qo":1.5,"c.qo":null}}]}`)
	require.NoError(t, err)
	require.Len(t, rows[0].Notefiles, 10_000)
	require.Nil(t, rows[1].Notefiles)
	require.Equal(t, known(7), rows[1].Total)
	require.Equal(t, map[string]notehub.Count{"a.qo": known(-1), "b.qo": {Invalid: true}, "c.qo": {}}, rows[2].Notefiles)
	_, _, err = eventsOf(t, `{"data":[{"notefiles":{`+names(1<<20+1)+`}}]}`)
	require.ErrorIs(t, err, notehub.ErrInvalidAnswer)
	require.ErrorContains(t, err, "it has more than 1048576 entries")
}

// unending returns a client whose answer begins with start and goes on with entry for ever.
func unending(t *testing.T, start, entry string) *notehub.Client {
	t.Helper()
	return newClient(t, notehub.Config{Token: secret.New(token), HTTP: &http.Client{
		Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			body := io.MultiReader(strings.NewReader(start), &repeating{text: entry})
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(body)}, nil
		}),
	}})
}

// A repeating reader reads text again and again.
type repeating struct {
	text string
	at   int
}

func (r *repeating) Read(p []byte) (n int, err error) {
	for n < len(p) {
		k := copy(p[n:], r.text[r.at:])
		n, r.at = n+k, (r.at+k)%len(r.text)
	}
	return n, nil
}

func manyDays() string {
	return strings.TrimSuffix(strings.Repeat(`{"period":"2026-03-01T00:00:00Z"},`, 20_001), ",")
}

func TestAnswersCutByTheConnectionAreErrors(t *testing.T) {
	for name, body := range map[string]string{
		"in the middle": `{"data":[{"period":"2026-03-01T00:00:00Z"},`,
		"after the end": `{"data":[{"period":"2026-03-01T00:00:00Z"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			client := setup(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000000")
				_, _ = io.WriteString(w, body)
			})
			err := events(notehub.EventsQuery{UsageQuery: daily()})(t, client)
			require.ErrorIs(t, err, notehub.ErrInvalidAnswer)
			require.ErrorContains(t, err, "ends in the middle")
		})
	}
}

func TestAnswersAreBounded(t *testing.T) {
	const body = `{"data":[{"period":"2026-03-01T00:00:00Z"}]}`
	client := answering(t, body)
	call := events(notehub.EventsQuery{UsageQuery: daily()})
	client.SetMaxAnswer(int64(len(body)))
	require.NoError(t, call(t, client))
	for bound := range int64(len(body)) {
		client := answering(t, body)
		client.SetMaxAnswer(bound)
		err := call(t, client)
		require.ErrorIs(t, err, notehub.ErrInvalidAnswer, bound)
		require.ErrorContains(t, err, "it is longer than", bound)
	}
}

func TestContextErrorsCanBeTold(t *testing.T) {
	for name, before := range map[string]string{"before the answer": "", "in its middle": `{"data":[`} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			client := setup(t, func(w http.ResponseWriter, r *http.Request) {
				if before != "" {
					_, _ = io.WriteString(w, before+`{"period":"2026-03-01T00:00:00Z"},`)
					_ = http.NewResponseController(w).Flush()
				} else {
					cancel()
				}
				<-r.Context().Done()
			})
			_, err := client.EventsUsage(ctx, project, notehub.EventsQuery{UsageQuery: daily()}, func(notehub.EventsRow) error {
				cancel()
				return nil
			})
			require.ErrorIs(t, err, context.Canceled)
			require.NotErrorIs(t, err, notehub.ErrInvalidAnswer)
			require.NotContains(t, err.Error(), "http://")
		})
	}
}

func TestUnreachableServersAreNamedWithoutTheirAddress(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	client := newClient(t, notehub.Config{BaseURL: server.URL, Token: secret.New(token)})
	err := devices(1, 1)(t, client)
	_, isNet := errors.AsType[*net.OpError](err)
	require.True(t, isNet)
	require.ErrorContains(t, err, "connection refused")
	require.NotContains(t, err.Error(), "/v1/projects")
}

func TestCertificatesAreChecked(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS() // with a certificate of an authority that nobody knows
	defer server.Close()
	client := newClient(t, notehub.Config{BaseURL: server.URL, Token: secret.New(token)})
	for _, call := range everyCall() {
		require.ErrorContains(t, call(t, client), "failed to verify certificate")
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was followed") }))
	defer elsewhere.Close()
	followed := &http.Client{}
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"?token="+token, http.StatusTemporaryRedirect))
	defer server.Close()
	client := newClient(t, notehub.Config{BaseURL: server.URL, Token: secret.New(token), HTTP: followed})
	err := devices(1, 1)(t, client)
	require.ErrorContains(t, err, "307 Temporary Redirect: redirects are not followed; check the base URL")
	require.Nil(t, followed.CheckRedirect, "the caller's client is left as it is")
}

// Every way of failing is made to repeat the token, as a proxy that dumps requests might.
func TestNoErrorHoldsTheToken(t *testing.T) {
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", r.Header.Get("Authorization"))
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	raw := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(connection, answer)
			_ = connection.Close()
		}
	}
	long := strings.Repeat("x", 295) + token
	handlers := map[string]http.HandlerFunc{
		"envelope":           status(401, `{"err":"`+token+` is not valid","status":"`+token+`"}`),
		"escaped":            status(401, `{"err":"\u006e`+token[1:]+` is not valid"}`),
		"OAuth":              status(401, `{"error":"`+token+`","error_description":"`+token+`"}`),
		"text":               status(500, token),
		"web page":           status(502, "<p>"+token),
		"where it is cut":    status(500, `{"err":"`+long+`"}`),
		"where reading ends": status(500, strings.Repeat(" ", 64<<10-10)+token),
		"not JSON":           status(200, token),
		"field":              status(200, `{"`+token+`":nope}`),
		"notefile":           status(200, `{"data":[{"notefiles":{"`+token+`":"x"}}]}`),
		"notefile, cut":      status(200, `{"data":[{"notefiles":{"`+long+`":"x"}}]}`),
		"period":             status(200, `{"data":[{"period":"`+token+`"}]}`),
		"after the end":      status(200, `{"data":[]}`+token),
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://"+token+"@notehub.example/"+token, http.StatusFound)
		},
		"bad redirect": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://%zz/"+token)
			w.WriteHeader(http.StatusFound)
		},
		"bad protocol":   raw(token + " 200 OK\r\n\r\n"),
		"bad status":     raw("HTTP/1.1 " + token + "\r\n\r\n"),
		"bad header":     raw("HTTP/1.1 200 OK\r\n" + token + "\r\n\r\n"),
		"bad length":     raw("HTTP/1.1 200 OK\r\nContent-Length: " + token + "\r\n\r\n"),
		"bad encoding":   raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + token + "\r\n\r\n"),
		"bad chunks":     raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + token + "\r\n\r\n"),
		"a piece":        status(401, `{"err":"the key `+token[3:18]+` is not valid"}`),
		"upper case":     status(401, `{"err":"`+strings.ToUpper(token)+`","status":"`+strings.ToUpper(token)+`"}`),
		"base64":         status(401, `{"err":"`+base64.StdEncoding.EncodeToString([]byte("Bearer "+token))+`"}`),
		"base64 in JSON": status(200, `{"data":[{"period":"`+base64.URLEncoding.EncodeToString([]byte(token))+`"}]}`),
		"hang up":        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			for _, call := range everyCall() {
				requireNoToken(t, call(t, setup(t, handler)))
			}
		})
	}
	t.Run("transport", func(t *testing.T) {
		client := newClient(t, notehub.Config{BaseURL: "http://127.0.0.1:1/" + token, Token: secret.New(token)})
		requireNoToken(t, devices(1, 1)(t, client))
	})
	t.Run("new", func(t *testing.T) {
		_, err := notehub.New(notehub.Config{BaseURL: "https://" + token + ":x@notehub.example", Token: secret.New(token)})
		requireNoToken(t, err)
		_, err = notehub.New(notehub.Config{Token: secret.New(token + "\n")})
		requireNoToken(t, err)
	})
}

// requireNoToken looks for a part of the token, so that a cut one is found as well, in err and all it wraps.
func requireNoToken(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	pending := []error{err}
	for len(pending) > 0 {
		err, pending = pending[0], pending[1:]
		require.NotContains(t, err.Error(), token[:12])
		require.False(t, secret.New(token).In(err.Error()), err)
		switch wrapped := err.(type) { //nolint:errorlint // every error of the tree is visited
		case interface{ Unwrap() error }:
			if next := wrapped.Unwrap(); next != nil {
				pending = append(pending, next)
			}
		case interface{ Unwrap() []error }:
			pending = append(pending, wrapped.Unwrap()...)
		}
	}
}

// What a proxy answers is not taken for Notehub's word.
func TestErrorsNameTheParty(t *testing.T) {
	for _, test := range []struct {
		err       notehub.Error
		want      string
		forbidden bool
	}{
		{notehub.Error{Status: 403}, "Notehub answers 403 Forbidden", true},
		{notehub.Error{Status: 403, Proxy: "proxy:3128"}, "Notehub or proxy proxy:3128 answers 403 Forbidden", false},
		{notehub.Error{Status: 502, Proxy: "proxy:3128"}, "Notehub or proxy proxy:3128 answers 502 Bad Gateway", false},
		{notehub.Error{Status: 407}, "a proxy on the way answers 407 Proxy Authentication Required", false},
	} {
		require.EqualError(t, &test.err, test.want)
		require.Equal(t, test.forbidden, errors.Is(&test.err, notehub.ErrForbidden))
	}
}
