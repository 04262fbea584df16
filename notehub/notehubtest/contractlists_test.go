package notehubtest_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

func TestListsWithAllTheirFieldsAreAsTheOfficialDescriptionSays(t *testing.T) {
	description := loadDescription(t)
	s := simulateConfig(t, func(c *notehubtest.Config) {
		p := &c.Projects[0]
		p.FleetSettings = map[string]notehubtest.FleetSettings{
			notehubtest.FleetUID("pilot"): {ConnectivityAssurance: new(true), WatchdogMinutes: 90},
			p.Devices[0].Fleets[0]:        {},
		}
		p.Incidents = []notehubtest.Incident{
			{Kind: notehubtest.FirmwareUpdate, Devices: uids(p.Devices[:5]), Start: monday, Duration: 20 * time.Hour, Version: "9.1.1"},
			{Kind: notehubtest.FirmwareUpdate, Devices: uids(p.Devices[3:7]), Start: monday, Duration: time.Hour, Host: true, Version: "2"},
			{Kind: notehubtest.SatelliteFallback, Devices: uids(p.Devices[:5]), Start: monday},
			{Kind: notehubtest.Silence, Devices: uids(p.Devices[7:9]), Start: monday},
		}
	})
	v := newValidator(t, description, s)
	client := clientOf(t, v)
	var running, enabled int
	_, err := client.Devices(t.Context(), app, 1, 100, func(d notehub.Device) error {
		if d.UpdateNotecard.Running() {
			running++
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 5, running)
	require.NoError(t, client.Fleets(t.Context(), app, func(f notehub.Fleet) error {
		if f.ConnectivityAssurance.True {
			enabled++
		}
		return nil
	}))
	require.Equal(t, 1, enabled)
	var projects []notehub.Project
	require.NoError(t, client.Projects(t.Context(), keep(&projects)))
	require.Equal(t, []notehub.Project{{UID: app, Name: "cold-chain", Role: "viewer"}}, projects)
	for _, call := range calls(monday) {
		require.NoError(t, call(t.Context(), client))
	}
	require.Equal(t, map[int]int{200: 3 + len(calls(monday))}, v.answers)
}

func TestOrganizationsAreAsTheOfficialDescriptionSays(t *testing.T) {
	description := loadDescription(t)
	s := simulateConfig(t, func(c *notehubtest.Config) {
		c.Organizations = []notehubtest.Organization{
			{UID: "org:1", Name: "Acme", Capacity: 1_000_000},
			{UID: "org:2", Role: "org_member", Suspensions: []notehubtest.Suspension{{Start: monday.AddDate(1, 0, 0)}}},
		}
	})
	v := newValidator(t, description, s)
	client := clientOf(t, v)
	for _, in := range []notehub.Collection{notehub.Organizations, notehub.BillingAccounts} {
		require.NoError(t, client.Organizations(t.Context(), in, func(o notehub.Organization) error {
			o, err := client.Organization(t.Context(), in, o.UID)
			require.NoError(t, err)
			days := 0
			require.NoError(t, client.BalanceHistory(t.Context(), in, o.UID, monday.AddDate(0, 0, -7), monday, func(b notehub.Balance) error {
				days++
				require.True(t, b.Remaining.Known && b.Used.Known)
				return nil
			}))
			require.Equal(t, 7, days)
			return nil
		}))
	}
	_, err := client.Organization(t.Context(), notehub.Organizations, "org:3")
	require.ErrorIs(t, err, notehub.ErrNotFound)
	require.Equal(t, map[int]int{200: 10, 404: 1}, v.answers)
}

func TestAccessTokensAreAsTheOfficialDescriptionSays(t *testing.T) {
	description := loadDescription(t)
	s := simulateConfig(t, func(c *notehubtest.Config) {
		c.Clients = []notehubtest.OAuthClient{{ID: "d37ae69a-c739-44e9-9722-81a4cb7aeb67", Secret: "2a40832d028a3e24"}}
	})
	v := newValidator(t, description, s)
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	for given, want := range map[string]error{"2a40832d028a3e24": nil, "another": notehub.ErrUnauthorized} {
		client, err := notehub.New(notehub.Config{
			BaseURL:     server.URL,
			Credentials: notehub.Credentials{ID: "d37ae69a-c739-44e9-9722-81a4cb7aeb67", Secret: secret.New(given)},
		})
		require.NoError(t, err)
		require.ErrorIs(t, client.Fleets(t.Context(), app, func(notehub.Fleet) error { return nil }), want)
	}
	require.Equal(t, map[int]int{200: 2, 401: 1}, v.answers)
}

func uids(devices []notehubtest.Device) (list []string) {
	for _, d := range devices {
		list = append(list, d.UID)
	}
	return list
}
