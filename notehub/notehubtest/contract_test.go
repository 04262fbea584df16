package notehubtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

// descriptionVariable names the file with Notehub's official OpenAPI description.
const descriptionVariable = "NOTEHUB_OPENAPI"

// loadDescription returns the official description, which is not part of this repository. Without it, the test is skipped,
// but on CI it fails.
func loadDescription(t *testing.T) *openapi3.T {
	t.Helper()
	path := os.Getenv(descriptionVariable)
	if path == "" {
		path = filepath.Join("..", "..", "..", "shared", "reference", "notehub-openapi.yaml") // beside the checkout
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") != "true" {
		t.Skipf("Notehub's OpenAPI description is not there: set %s to its path", descriptionVariable)
	}
	require.NoError(t, err, "set %s to the path of Notehub's OpenAPI description", descriptionVariable)
	text = bytes.ReplaceAll(text, []byte("type: ''\n"), []byte("\n")) // meant as no type, but not a valid one
	description, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	require.NoError(t, description.Validate(t.Context(), openapi3.DisableExamplesValidation()))
	description.Servers = nil // ours has another address
	return description
}

// A validator stands between client and server and compares requests and answers with the official description.
type validator struct {
	t       *testing.T
	router  routers.Router
	next    http.Handler
	answers map[int]int // that were valid, by status
}

func newValidator(t *testing.T, description *openapi3.T, next http.Handler) *validator {
	t.Helper()
	router, err := gorillamux.NewRouter(description)
	require.NoError(t, err)
	return &validator{t: t, router: router, next: next, answers: map[int]int{}}
}

func (v *validator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Errorf("%s: %v", r.URL, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	recorder := httptest.NewRecorder()
	v.next.ServeHTTP(recorder, r)
	r.Body = io.NopCloser(bytes.NewReader(body))
	v.validate(r, recorder.Result())
	maps.Copy(w.Header(), recorder.Header())
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(recorder.Body.Bytes())
}

func (v *validator) validate(r *http.Request, answer *http.Response) {
	route, path, err := v.router.FindRoute(r)
	if err != nil {
		v.t.Errorf("%s: %v", r.URL, err)
		return
	}
	for name := range r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			v.t.Errorf("request %s has the parameter %q, which is not described", r.URL, name)
		}
	}
	request := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: hasBearerToken, MultiError: true},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), request); err != nil {
		v.t.Errorf("request %s: %v", r.URL, err)
	}
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") {
		return // of a proxy, not of Notehub
	}
	body, err := io.ReadAll(answer.Body)
	require.NoError(v.t, err)
	response := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: answer.StatusCode, Header: answer.Header,
		Body:    io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	if err := openapi3filter.ValidateResponse(r.Context(), response); err != nil {
		v.t.Errorf("answer to %s: %v\n%.2000s", r.URL, err, body)
		return
	}
	v.answers[answer.StatusCode]++
}

func hasBearerToken(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	if input.SecurityScheme.Type != "http" || input.SecurityScheme.Scheme != "bearer" {
		return errors.New("the description asks for something else than a bearer token")
	}
	if !strings.HasPrefix(input.RequestValidationInput.Request.Header.Get("Authorization"), "Bearer ") {
		return errors.New("there is no bearer token")
	}
	return nil
}

func TestRequestsAndAnswersAreAsTheOfficialDescriptionSays(t *testing.T) {
	description := loadDescription(t)
	s := simulate(t)
	v := newValidator(t, description, s)
	client := clientOf(t, v)
	start := monday.AddDate(0, 0, -10)
	asked := 0
	for _, period := range []notehub.Period{"", notehub.ByDay, notehub.ByWeek, notehub.ByMonth} {
		for _, full := range []bool{false, true} {
			usage := notehub.UsageQuery{Start: start, Period: period}
			routed := usage
			if full {
				usage.End, usage.Limit = monday.Add(time.Hour), notehub.MaxLimit
				routed = usage
				usage.Devices, usage.Fleets = []string{s.fleet[0].UID, s.fleet[9].UID}, s.fleet[9].Fleets
			}
			for _, aggregate := range []notehub.Aggregate{"", notehub.PerDevice, notehub.PerFleet, notehub.PerProject} {
				usage.Aggregate = aggregate
				ask := &simulation{Server: s.Server, clock: s.clock, client: client, fleet: s.fleet}
				require.NotEmpty(t, ask.data(t, usage))
				require.NotEmpty(t, ask.sessions(t, notehub.SessionsQuery{UsageQuery: usage, SkipRecentData: full}))
				query := notehub.EventsQuery{UsageQuery: usage, IncludeNotefiles: full, SkipRecentData: full}
				if full {
					query.Notefiles = []string{"_session.qo", "sensors.qo"}
				}
				require.NotEmpty(t, ask.events(t, query))
				asked += 3
			}
			for _, aggregate := range []notehub.Aggregate{"", notehub.PerRoute, notehub.PerProject} {
				routed.Aggregate = aggregate
				query := notehub.RouteLogsQuery{UsageQuery: routed, SkipRecentData: full}
				if full {
					query.Routes = []string{"route:1", "route:2"}
				}
				ask := &simulation{Server: s.Server, clock: s.clock, client: client, fleet: s.fleet}
				require.NotEmpty(t, ask.routeLogs(t, query))
				asked++
			}
		}
	}
	for page := range 3 {
		_, err := client.Devices(t.Context(), app, page+1, 20, func(notehub.Device) error { return nil })
		require.NoError(t, err)
		asked++
	}
	require.NoError(t, client.Fleets(t.Context(), app, func(notehub.Fleet) error { return nil }))
	asked++
	require.Equal(t, map[int]int{200: asked}, v.answers)
}

// A request for a part of the devices names as many as an address holds.
func TestRequestsForManyDevicesAreAsTheOfficialDescriptionSays(t *testing.T) {
	description := loadDescription(t)
	many := notehubtest.Fleet(7, 300, monday.AddDate(0, 0, -60), notehubtest.Typical())
	s := simulateConfig(t, func(c *notehubtest.Config) { c.Projects[0].Devices = many })
	v := newValidator(t, description, s)
	q := notehub.UsageQuery{Start: monday.AddDate(0, 0, -1), End: monday.Add(-time.Second), Limit: notehub.MaxLimit}
	for _, d := range many[50:250] {
		q.Devices = append(q.Devices, d.UID)
	}
	for i := range 100 {
		q.Fleets = append(q.Fleets, notehubtest.FleetUID(fmt.Sprint("fleet ", i)))
	}
	q.Fleets[99] = notehubtest.FleetUID(string(notehubtest.HourlySensor))
	ask := &simulation{Server: s.Server, clock: s.clock, client: clientOf(t, v), fleet: many}
	rows := ask.events(t, notehub.EventsQuery{UsageQuery: q})
	require.Len(t, rows, 90, "of 200 devices, 45 of 100 are sensors")
	for _, row := range rows {
		require.Contains(t, q.Devices, row.Device)
	}
	require.Equal(t, map[int]int{200: 1}, v.answers)
}

func TestEmptyAndTruncatedAnswersAreAsTheOfficialDescriptionSays(t *testing.T) {
	description := loadDescription(t)
	s := simulate(t)
	v := newValidator(t, description, s)
	client := clientOf(t, v)
	for _, call := range calls(monday.AddDate(1, 0, 0)) {
		require.NoError(t, call(t.Context(), client))
	}
	s.Fail(notehubtest.Fault{Kind: notehubtest.Truncated})
	for _, call := range calls(monday) {
		require.NoError(t, call(t.Context(), client))
	}
	require.Equal(t, map[int]int{200: 14}, v.answers)
}

func TestRefusalsAreAsTheOfficialDescriptionSays(t *testing.T) {
	description := loadDescription(t)
	s := simulate(t)
	v := newValidator(t, description, s)
	client := clientOf(t, v)
	kinds := []notehubtest.FaultKind{
		notehubtest.Unauthorized, notehubtest.Forbidden, notehubtest.Suspended, notehubtest.RateLimited, notehubtest.ServerError,
		notehubtest.BadGateway, notehubtest.TookTooLong, notehubtest.NotFound, notehubtest.WebPage,
	}
	for _, kind := range kinds {
		s.Fail(notehubtest.Fault{Kind: kind, RetryAfter: time.Minute})
		for _, call := range calls(monday) {
			require.Error(t, call(t.Context(), client))
		}
		s.ClearFaults()
	}
	_, err := client.DataUsage(t.Context(), "app:none", days(monday, 1), func(notehub.DataRow) error { return nil })
	require.ErrorIs(t, err, notehub.ErrNotFound)
	require.Equal(t, map[int]int{401: 7, 403: 14, 404: 8, 429: 7, 500: 7, 504: 7}, v.answers)
}
