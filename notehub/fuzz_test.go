package notehub_test

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
)

func FuzzEvents(f *testing.F) {
	f.Add(`{"period":"2026-03-01T00:00:00Z","device":"dev:1","total_events":42,"notefiles":{"a.qo":1,"b.qo":null},"total_reboots":null}`)
	f.Add(`{"period":"2026-03-01T00:00:00.5+01:00","fleet":"\u00e9\ud800","billable_events":-0,"x":[1e5,{"y":"\\"}]}`)
	f.Fuzz(func(t *testing.T, row string) {
		body := `{"data":[` + row + `]}`
		ours := []notehub.EventsRow{}
		_, err := answering(t, body).EventsUsage(t.Context(), project, notehub.EventsQuery{UsageQuery: daily()}, keep(&ours))
		var answer struct {
			Data []notehub.EventsRow `json:"data"`
		}
		if !mustAgree(t, body, err, &answer) {
			return
		}
		want := []notehub.EventsRow{}
		for _, row := range answer.Data {
			if !inUTC(&row.Period) {
				return
			}
			want = append(want, row)
		}
		require.NoError(t, err)
		require.Equal(t, want, ours)
	})
}

func FuzzSessions(f *testing.F) {
	f.Add(`{"period":"2026-03-01T00:00:00Z","device":"dev:1","sessions":12,"sessions_by_transport":{"cell":1,"ntn":null},"tls_sessions":null}`)
	f.Fuzz(func(t *testing.T, row string) {
		body := `{"sessions":[` + row + `]}`
		ours := []notehub.SessionsRow{}
		_, err := answering(t, body).SessionsUsage(t.Context(), project, notehub.SessionsQuery{UsageQuery: daily()}, keep(&ours))
		var answer struct {
			Sessions []notehub.SessionsRow `json:"sessions"`
		}
		if !mustAgree(t, body, err, &answer) {
			return
		}
		want := []notehub.SessionsRow{}
		for _, row := range answer.Sessions {
			if !inUTC(&row.Period) {
				return
			}
			want = append(want, row)
		}
		require.NoError(t, err)
		require.Equal(t, want, ours)
	})
}

func FuzzRouteLogs(f *testing.F) {
	f.Add(`{"period":"2026-03-01T00:00:00Z","route":"route:1","total_routes":42,"avg_latency_ms":342.5e-1}`)
	f.Fuzz(func(t *testing.T, row string) {
		body := `{"route_logs":[` + row + `]}`
		ours := []notehub.RouteLogsRow{}
		_, err := answering(t, body).RouteLogsUsage(t.Context(), project, notehub.RouteLogsQuery{UsageQuery: daily()}, keep(&ours))
		var answer struct {
			RouteLogs []struct {
				notehub.RouteLogsRow
				LatencyMS *float64 `json:"avg_latency_ms"`
			} `json:"route_logs"`
		}
		if !mustAgree(t, body, err, &answer) {
			return
		}
		want := []notehub.RouteLogsRow{}
		for _, row := range answer.RouteLogs {
			if !inUTC(&row.Period) {
				return
			}
			row.RouteLogsRow.LatencyMS = orNaN(row.LatencyMS)
			want = append(want, row.RouteLogsRow)
		}
		require.NoError(t, err)
		require.Len(t, ours, len(want))
		for i := range want {
			requireSameFloat(t, &want[i].LatencyMS, &ours[i].LatencyMS)
		}
		require.Equal(t, want, ours)
	})
}

func FuzzData(f *testing.F) {
	f.Add(`{"type":"cellular","device":"dev:1","iccid":"8901","data":[{"period":"2026-03-01T00:00:00Z","total_bytes":100}]}`)
	f.Add(`{"data":[{"period":"2026-03-01T00:00:00Z","bytes_sent":1}],"type":"satellite","imsi":"57","device_count":2}`)
	f.Fuzz(func(t *testing.T, series string) {
		body := `{"data":[` + series + `]}`
		ours, _, err := dataOf(t, body)
		var answer struct {
			Data []struct {
				notehub.DataRow
				Data []notehub.DataRow `json:"data"`
			} `json:"data"`
		}
		older := []string{"imsi", "received", "_sent"}
		hasOlder := slices.ContainsFunc(older, func(name string) bool { return strings.Contains(body, name) })
		if !mustAgree(t, body, err, &answer) || hasOlder {
			return
		}
		var want []notehub.DataRow
		for _, series := range answer.Data {
			if series.Type == "" {
				return
			}
			for _, row := range series.Data {
				if !inUTC(&row.Period) {
					return
				}
				row.Type, row.Device, row.Fleet = series.Type, series.Device, series.Fleet
				row.ICCID, row.PSID, row.Devices = series.ICCID, series.PSID, series.Devices
				want = append(want, row)
			}
		}
		require.NoError(t, err)
		require.Equal(t, want, ours)
	})
}

func FuzzDevices(f *testing.F) {
	f.Add(`{"uid":"dev:1","fleet_uids":["fleet:1"],"voltage":4.1,"provisioned":"2026-03-01T00:00:00Z","disabled":true}`)
	f.Add(`{"uid":"dev:1","dfu":{"card":{"mode":"downloading","read":1.5},"user":null}}`)
	f.Add(`{"uid":"dev:1","dfu":[{"card":"x"}],"voltage":4}`)
	f.Add(`{"uid":"dev:1","firmware_notecard":"{\"version\":\"notecard-8.1.3\"}","firmware_host":"{"}`)
	f.Add(`{"uid":"dev:1","cellular_usage":[{"iccid":"8901","used":1,"limit":null,"last_updated":1772366400}],"sku":"\ta"}`)
	f.Fuzz(func(t *testing.T, device string) {
		body := `{"devices":[` + device + `],"has_more":false}`
		var ours []notehub.Device
		_, err := answering(t, body).Devices(t.Context(), project, 1, 1, keep(&ours))
		var answer struct {
			Devices []struct {
				UID         string    `json:"uid"`
				SKU         string    `json:"sku"`
				Fleets      []string  `json:"fleet_uids"`
				Disabled    bool      `json:"disabled"`
				Provisioned time.Time `json:"provisioned"`
				Voltage     *float64  `json:"voltage"`
				Updates     struct {
					Notecard struct {
						Mode string `json:"mode"`
					} `json:"card"`
				} `json:"dfu"`
			} `json:"devices"`
		}
		if !mustAgree(t, body, err, &answer) || err != nil {
			return
		}
		require.Len(t, ours, len(answer.Devices))
		for i, want := range answer.Devices {
			got, voltage := ours[i], orNaN(want.Voltage)
			requireSameFloat(t, &voltage, &got.Voltage)
			require.Equal(t, []any{want.UID, want.SKU, want.Disabled, voltage}, []any{got.UID, got.SKU, got.Disabled, got.Voltage})
			require.Equal(t, slices.Concat(want.Fleets), slices.Concat(got.Fleets))
			require.True(t, want.Provisioned.Equal(got.Provisioned))
			if strings.Count(device, `"dfu"`) == 1 && strings.Count(device, `"card"`) == 1 && strings.Count(device, `"mode"`) == 1 {
				require.Equal(t, notehub.Update{Mode: want.Updates.Notecard.Mode}, got.UpdateNotecard)
			}
		}
	})
}

func FuzzFleets(f *testing.F) {
	f.Add(`{"uid":"fleet:1","label":"North","created":"2026-03-01T00:00:00Z","smart_rule":{"x":[1]},"watchdog_mins":0}`)
	f.Add(`{"label":"\u00e9\ud800","uid":"fleet:1","label":null}`)
	f.Add(`{"uid":"fleet:1","connectivity_assurance":{"enabled":true,"x":[]},"watchdog_mins":"90"}`)
	f.Add(`{"uid":"fleet:1","connectivity_assurance":{"enabled":null},"watchdog_mins":9e9}`)
	f.Fuzz(func(t *testing.T, fleet string) {
		body := `{"fleets":[` + fleet + `]}`
		var ours []notehub.Fleet
		err := answering(t, body).Fleets(t.Context(), project, keep(&ours))
		var answer struct {
			Fleets []struct {
				notehub.Fleet
				Assurance struct {
					Enabled *bool `json:"enabled"`
				} `json:"connectivity_assurance"`
				Watchdog notehub.Count `json:"watchdog_mins"`
			} `json:"fleets"`
		}
		if !mustAgree(t, body, err, &answer) || err != nil {
			return
		}
		var want []notehub.Fleet
		for _, read := range answer.Fleets {
			if enabled := read.Assurance.Enabled; enabled != nil {
				read.ConnectivityAssurance = notehub.Truth{True: *enabled, Known: true}
			}
			read.WatchdogMinutes = read.Watchdog
			want = append(want, read.Fleet)
		}
		if strings.Count(fleet, `"connectivity_assurance"`) <= 1 && strings.Count(fleet, `"enabled"`) <= 1 {
			require.Equal(t, want, ours)
		}
	})
}

func FuzzRoutes(f *testing.F) {
	f.Add(`{"uid":"route:1","label":"North","type":"http","modified":"2026-03-01T00:00:00Z","disabled":true}`)
	f.Add(`{"disabled":null,"uid":"route:1","label":{"x":[1e5]},"type":null}`)
	f.Fuzz(func(t *testing.T, route string) {
		body := `[` + route + `]`
		var ours []notehub.Route
		err := answering(t, body).Routes(t.Context(), project, keep(&ours))
		var answer []struct {
			UID      string `json:"uid"`
			Label    string `json:"label"`
			Type     string `json:"type"`
			Disabled bool   `json:"disabled"`
		}
		if !mustAgree(t, body, err, &answer) || err != nil || strings.Count(route, `"disabled"`) > 1 {
			return
		}
		require.Len(t, ours, len(answer))
		for i, want := range answer {
			got := ours[i]
			require.Equal(t, []any{want.UID, want.Label, want.Type, want.Disabled}, []any{got.UID, got.Name, got.Type, got.Disabled.True})
			require.False(t, got.Invalid || got.Disabled.Invalid)
		}
	})
}

func FuzzProjects(f *testing.F) {
	f.Add(`{"uid":"app:1","label":"North","created":"2026-03-01T00:00:00Z","role":"viewer","technical_contact":{"x":[1]}}`)
	f.Add(`{"role":null,"label":{"x":[1e5]},"uid":"app:1"}`)
	f.Fuzz(func(t *testing.T, project string) {
		body := `{"projects":[` + project + `]}`
		var ours []notehub.Project
		err := answering(t, body).Projects(t.Context(), keep(&ours))
		var answer struct {
			Projects []struct {
				UID  string `json:"uid"`
				Name string `json:"label"`
				Role string `json:"role"`
			} `json:"projects"`
		}
		if !mustAgree(t, body, err, &answer) || err != nil {
			return
		}
		require.Len(t, ours, len(answer.Projects))
		for i, want := range answer.Projects {
			if strings.Count(project, `"label"`) <= len(ours) && strings.Count(project, `"role"`) <= len(ours) {
				require.Equal(t, notehub.Project{UID: want.UID, Name: want.Name, Role: want.Role}, ours[i])
			}
		}
	})
}

func FuzzOrganizations(f *testing.F) {
	f.Add(`{"uid":"org:1","name":"Acme","suspended":false,"plan":{"type":"Enterprise","current_balance":12,"end_date":"2027-01-01T00:00:00Z"}}`)
	f.Add(`{"uid":null,"name":7,"suspended":"no","plan":[{"type":"x"}]}`)
	f.Add(`{"suspended":null,"plan":{"current_balance":"12","start_date":"soon","event_capacity":1.5}}`)
	f.Fuzz(func(t *testing.T, body string) {
		ours, err := answering(t, body).Organization(t.Context(), notehub.Organizations, "org:1")
		var answer struct {
			UID       string `json:"uid"`
			Suspended bool   `json:"suspended"`
			Plan      struct {
				Balance notehub.Count `json:"current_balance"`
				End     time.Time     `json:"end_date"`
			} `json:"plan"`
		}
		if !mustAgree(t, body, err, &answer) || err != nil || ours.Invalid {
			return
		}
		if strings.Count(body, `"suspended"`) <= 1 && strings.Count(body, `"plan"`) <= 1 {
			require.Equal(t, answer.UID, ours.UID)
			require.Equal(t, answer.Suspended, ours.Suspended.True)
			require.Equal(t, answer.Plan.Balance, ours.Plan.Balance)
			require.True(t, answer.Plan.End.Equal(ours.Plan.End))
		}
	})
}

func FuzzBalanceHistory(f *testing.F) {
	f.Add(`{"period":"2026-03-01T00:00:00Z","remaining_event_capacity":12,"total_event_capacity_used":34}`)
	f.Add(`{"period":"2026-03-01T01:00:00+01:00","remaining_event_capacity":null,"total_event_capacity_used":"x"}`)
	f.Fuzz(func(t *testing.T, row string) {
		body := `{"data":[` + row + `]}`
		var ours []notehub.Balance
		err := answering(t, body).BalanceHistory(t.Context(), notehub.Organizations, "org:1", start, start, keep(&ours))
		var answer struct {
			Data []struct {
				Period    time.Time     `json:"period"`
				Remaining notehub.Count `json:"remaining_event_capacity"`
				Used      notehub.Count `json:"total_event_capacity_used"`
			} `json:"data"`
		}
		if !mustAgree(t, body, err, &answer) {
			return
		}
		var want []notehub.Balance
		for _, row := range answer.Data {
			if !inUTC(&row.Period) {
				return
			}
			want = append(want, notehub.Balance(row))
		}
		require.NoError(t, err)
		require.Equal(t, want, ours)
	})
}

func FuzzRefusals(f *testing.F) {
	f.Add(403, `{"err":"this billing account is suspended","code":403,"status":"Forbidden"}`)
	f.Add(401, `{"error":"invalid_token","error_description":"expired"}`)
	f.Add(502, `<html>`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status == http.StatusOK || status < 0 {
			return
		}
		client := newClient(t, notehub.Config{Token: secret.New(token), HTTP: &http.Client{
			Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
			}),
		}})
		refusal, ok := errors.AsType[*notehub.Error](devices(1, 1)(t, client))
		require.True(t, ok)
		require.Equal(t, status, refusal.Status)
		require.True(t, utf8.ValidString(refusal.Error()))
		require.Less(t, len(refusal.Error()), 800)
		var envelope struct {
			Err    string `json:"err"`
			Status string `json:"status"`
		}
		if !mustAgree(t, body, refusal, &envelope) || len(envelope.Err) > 300 || len(envelope.Status) > 300 {
			return
		}
		if envelope.Err != "" {
			require.Equal(t, strings.Join(strings.Fields(envelope.Err), " "), refusal.Message)
		}
		if envelope.Status != "" {
			require.Equal(t, strings.Join(strings.Fields(envelope.Status), " "), refusal.Code)
		}
	})
}

// mustAgree checks that what we accepted is JSON. It reports whether encoding/json reads the same into answer as we must:
// where no name comes twice or in other letters, and nothing is beyond our bounds.
func mustAgree(t *testing.T, body string, err error, answer any) bool {
	if err == nil && !json.Valid([]byte(body)) {
		t.Fatalf("%q was accepted, but is not JSON", body)
	}
	nested := strings.Count(body, "[") + strings.Count(body, "{")
	return jsontext.Value(body).IsValid() && !hasOtherLetters(t, body) && len(body) < 60_000 && nested < 900 &&
		json.Unmarshal([]byte(body), answer) == nil
}

// hasOtherLetters reports whether a name in body is not in lower case ASCII, in which encoding/json may see another one.
func hasOtherLetters(t *testing.T, body string) bool {
	t.Helper()
	decoder := jsontext.NewDecoder(strings.NewReader(body))
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			return false
		}
		kind, n := decoder.StackIndex(decoder.StackDepth())
		isName := kind == '{' && n%2 == 1
		if isName && strings.ContainsFunc(token.String(), func(r rune) bool { return r >= utf8.RuneSelf || 'A' <= r && r <= 'Z' }) {
			return true
		}
	}
}

// inUTC moves t to UTC, as we do, and reports whether it was there at all.
func inUTC(t *time.Time) bool {
	*t = t.UTC()
	return !t.IsZero()
}

func orNaN(f *float64) float64 {
	if f == nil {
		return math.NaN()
	}
	return *f
}

// requireSameFloat makes NaNs comparable by clearing them on both sides.
func requireSameFloat(t *testing.T, a, b *float64) {
	t.Helper()
	require.Equal(t, math.IsNaN(*a), math.IsNaN(*b))
	if math.IsNaN(*a) {
		*a, *b = 0, 0
	}
}
