package fetch_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/fetch"
	"notewatch/internal/store/usage"
	"notewatch/internal/watch/watchtest"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// acme is an organization since a month before monday, with so many events.
func acme(uid string, capacity int64) notehubtest.Organization {
	return notehubtest.Organization{UID: uid, Name: "Acme " + uid, Start: monday.AddDate(0, -1, 0), Capacity: capacity}
}

// payers is a Notehub with some organizations.
func payers(t *testing.T, older bool, all ...notehubtest.Organization) *notehubtest.Server {
	t.Helper()
	return notehubtest.New(notehubtest.Config{
		Now: func() time.Time { return monday.Add(12 * hour) }, Token: token, Seed: 1, Older: older, Organizations: all,
		Projects: []notehubtest.Project{{UID: project, Name: "cold-chain", Devices: notehubtest.Fleet(1, 3, longAgo, []notehubtest.Share{{Archetype: notehubtest.HourlySensor, Weight: 1}})}},
	})
}

// readOrganization reads what a Notehub says now, and returns it with the endpoints that were asked.
func readOrganization(t *testing.T, hub *notehubtest.Server, uid string, balance bool, before usage.Organization) (usage.Organization, []notehubtest.Endpoint) {
	t.Helper()
	asked := len(hub.Requests())
	o, err := fetch.ReadOrganization(t.Context(), fetch.Account{
		UID: uid, Client: watchtest.Client(t, hub, token), Now: monday.Add(12 * hour), Balance: balance,
		Request: func(ctx context.Context, request func(context.Context) error) error { return request(ctx) },
	}, before)
	require.NoError(t, err)
	var endpoints []notehubtest.Endpoint
	for _, r := range hub.Requests()[asked:] {
		endpoints = append(endpoints, r.Endpoint)
	}
	return o, endpoints
}

// What is read of an organization, and which requests it takes the first time and later.
func TestReadOrganization(t *testing.T) {
	hub := payers(t, false, acme("org:1", 10_000))
	first, asked := readOrganization(t, hub, "", true, usage.NoOrganization())
	require.Equal(t, []notehubtest.Endpoint{notehubtest.Organizations, notehubtest.OneOrganization, notehubtest.BalanceHistory}, asked)
	require.Equal(t, "org:1", first.UID)
	require.Equal(t, "Acme org:1", first.Name)
	require.Equal(t, "Enterprise", first.Type)
	require.Equal(t, rules.False, first.Suspended)
	require.InDelta(t, 10_000, first.Capacity, 0)
	require.Empty(t, first.Failure)
	require.Equal(t, monday.AddDate(1, -1, 0), first.End)
	require.Equal(t, monday.Add(12*hour), first.Read)
	require.Equal(t, first.Read, first.Balanced)
	require.Len(t, first.Balances, fetch.BalanceDays+1)
	require.Equal(t, monday.AddDate(0, 0, -fetch.BalanceDays), first.Balances[0].At)
	newest := first.Balances[fetch.BalanceDays]
	require.InDelta(t, first.Balance, newest.Remaining, 0)
	require.Equal(t, int64(10_000), newest.Remaining+newest.Used)

	again, asked := readOrganization(t, hub, "", false, first)
	require.Equal(t, []notehubtest.Endpoint{notehubtest.OneOrganization}, asked)
	require.Equal(t, first, again, "the balance is kept")
}

// A Notehub that has only billing accounts is asked for these, and later for nothing else.
func TestReadBillingAccount(t *testing.T) {
	hub := payers(t, true, acme("org:1", 10_000))
	first, asked := readOrganization(t, hub, "org:1", true, usage.NoOrganization())
	require.Equal(t, "Acme org:1", first.Name)
	require.Len(t, first.Balances, fetch.BalanceDays+1)
	require.Equal(t, []notehubtest.Endpoint{notehubtest.OneOrganization, notehubtest.OneBillingAccount, notehubtest.BillingBalanceHistory}, asked)
	_, asked = readOrganization(t, hub, "org:1", false, first)
	require.Equal(t, []notehubtest.Endpoint{notehubtest.OneBillingAccount}, asked)
}

// What Notehub does not say is not known, and why.
func TestReadOrganizationThatIsNotReadable(t *testing.T) {
	member := acme("org:1", 10_000)
	member.Role = "org_member"
	for name, c := range map[string]struct {
		all     []notehubtest.Organization
		uid     string
		fault   notehubtest.FaultKind
		want    usage.Organization
		failure string
	}{
		"none":    {},
		"several": {all: []notehubtest.Organization{acme("org:2", 1), acme("org:1", 1)}, want: usage.Organization{Seen: []string{"Acme org:1 (org:1)", "Acme org:2 (org:2)"}}},
		"unknown": {uid: "org:3", want: usage.Organization{UID: "org:3"}, failure: "no such"},
		"role":    {all: []notehubtest.Organization{member}, want: usage.Organization{UID: "org:1", Name: "Acme org:1", Suspended: rules.False}},
		"forbidden": {
			all: []notehubtest.Organization{member}, uid: "org:1", fault: notehubtest.Forbidden,
			want: usage.Organization{UID: "org:1"}, failure: "403",
		},
		"suspended": {
			all: []notehubtest.Organization{member}, uid: "org:1", fault: notehubtest.Suspended,
			want: usage.Organization{UID: "org:1", Suspended: rules.True}, failure: "suspended",
		},
	} {
		t.Run(name, func(t *testing.T) {
			hub := payers(t, false, c.all...)
			if c.fault != "" {
				hub.Fail(notehubtest.Fault{Kind: c.fault})
			}
			got, _ := readOrganization(t, hub, c.uid, false, usage.NoOrganization())
			require.True(t, math.IsNaN(got.Balance))
			require.True(t, math.IsNaN(got.Capacity))
			if c.failure != "" {
				require.Contains(t, got.Failure, c.failure)
			}
			got.Balance, got.Capacity, got.Failure = 0, 0, ""
			c.want.Read, c.want.Collection = monday.Add(12*hour), string(notehub.Organizations)
			require.Equal(t, c.want, got)
		})
	}
}

// An error that is none of Notehub's is returned, and nothing is known anew.
func TestReadOrganizationThatIsUnreachable(t *testing.T) {
	hub := payers(t, false, acme("org:1", 10_000))
	before, _ := readOrganization(t, hub, "", true, usage.NoOrganization())
	for _, fault := range []notehubtest.FaultKind{notehubtest.Cut, notehubtest.WebPage, notehubtest.ServerError} {
		hub.ClearFaults()
		hub.Fail(notehubtest.Fault{Kind: fault})
		requireKept(t, hub, before)
	}
}

func requireKept(t *testing.T, hub *notehubtest.Server, before usage.Organization) {
	t.Helper()
	after, err := fetch.ReadOrganization(t.Context(), fetch.Account{
		Client: watchtest.Client(t, hub, token), Now: monday.AddDate(0, 0, 1),
		Request: func(ctx context.Context, request func(context.Context) error) error { return request(ctx) },
	}, before)
	require.Error(t, err)
	require.Equal(t, before, after)
}
