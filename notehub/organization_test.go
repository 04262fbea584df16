package notehub_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
)

func TestOrganizations(t *testing.T) {
	for in, want := range map[notehub.Collection]string{
		notehub.Organizations: "organizations", notehub.BillingAccounts: "billing_accounts",
	} {
		var asked string
		client := setup(t, func(w http.ResponseWriter, r *http.Request) {
			asked = r.RequestURI
			_, _ = w.Write([]byte(`{"` + want + `":[
				{"uid":"org:1","name":"Acme","role":"org_admin","new":{}},{"name":null,"role":7,"uid":"org:2"}],"new":1}`))
		})
		var list []notehub.Organization
		require.NoError(t, client.Organizations(t.Context(), in, keep(&list)))
		require.Equal(t, "/proxy/v1/"+string(in), asked)
		require.Equal(t, []notehub.Organization{{UID: "org:1", Name: "Acme", Role: "org_admin"}, {UID: "org:2", Invalid: true}}, list)
	}
	for _, body := range []string{`{"organizations":[]}`, `{"organizations":null}`, `{}`} {
		require.NoError(t, answering(t, body).Organizations(t.Context(), notehub.Organizations, nil), body)
	}
}

func TestAnswersWithoutOrganizationsAreErrors(t *testing.T) {
	for body, want := range map[string]string{
		`[]`:                                   `want an object, got a list`,
		`{"devices":[]}`:                       `it has no "organizations"`,
		`{"billing_accounts":[]}`:              `it has no "organizations"`,
		`{"organizations":{}}`:                 `field "organizations": want a list, got an object`,
		`{"organizations":[{"name":"Acme"}]}`:  `row 1: it has no "uid"`,
		`{"organizations":[{"uid":7}]}`:        `row 1: it has no "uid"`,
		`{"organizations":[{"uid":"org:1"}]`:   `it ends in the middle`,
		`{"organizations":[],"x":{"y":[1,]}}`:  `want a value`,
		`{"organizations":[],"organizations"`:  `it ends in the middle`,
		`{"organizations":[{"uid":"a\u00zz"}]`: `is not JSON`,
	} {
		err := answering(t, body).Organizations(t.Context(), notehub.Organizations, func(notehub.Organization) error { return nil })
		require.ErrorIs(t, err, notehub.ErrInvalidAnswer, body)
		require.ErrorContains(t, err, `reading organizations: `)
		require.ErrorContains(t, err, want)
	}
}

func TestOrganization(t *testing.T) {
	var asked string
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		_, _ = w.Write([]byte(`{"uid":"org:1","name":"Acme","email":"amy@example.com","owner":"user:1","contact_uid":"","suspended":false,
			"plan":{"type":"Enterprise","current_balance":11700,"event_capacity":1200000,"start_date":"2026-01-14T01:00:00+01:00",
			"end_date":"2027-01-14T00:00:00Z","new":[]}}`))
	})
	got, err := client.Organization(t.Context(), notehub.Organizations, "org:1/2")
	require.NoError(t, err)
	require.Equal(t, "/proxy/v1/organizations/org:1%2F2", asked)
	require.Equal(t, notehub.Organization{
		UID: "org:1", Name: "Acme", Suspended: notehub.Truth{Known: true},
		Plan: notehub.Plan{
			Type: "Enterprise", Balance: known(11_700), Capacity: known(1_200_000),
			Start: time.Date(2026, 1, 14, 0, 0, 0, 0, time.UTC), End: time.Date(2027, 1, 14, 0, 0, 0, 0, time.UTC),
		},
	}, got)
	_, err = client.Organization(t.Context(), notehub.BillingAccounts, "b1")
	require.NoError(t, err)
	require.Equal(t, "/proxy/v1/billing-accounts/b1", asked)
}

func TestWhatCannotBeReadOfAnOrganizationIsNotKnown(t *testing.T) {
	invalid := notehub.Count{Invalid: true}
	for body, want := range map[string]notehub.Organization{
		`{"uid":"org:1"}`:                      {UID: "org:1"},
		`{"suspended":true}`:                   {Suspended: notehub.Truth{True: true, Known: true}},
		`{"suspended":null,"plan":null}`:       {},
		`{"suspended":"true"}`:                 {Suspended: notehub.Truth{Invalid: true}},
		`{"name":["Acme"],"uid":7}`:            {Invalid: true},
		`{"plan":"Enterprise","uid":"org:1"}`:  {UID: "org:1", Invalid: true},
		`{"plan":{"type":1}}`:                  {Invalid: true},
		`{"plan":{"start_date":"soon"}}`:       {Invalid: true},
		`{"plan":{"end_date":1772323200}}`:     {Invalid: true},
		`{"plan":{"end_date":null,"type":""}}`: {},
		`{"plan":{"event_capacity":"5000","current_balance":-3}}`: {
			Plan: notehub.Plan{Balance: known(-3), Capacity: invalid},
		},
		`{"plan":{"event_capacity":null,"current_balance":1.5}}`: {Plan: notehub.Plan{Balance: invalid}},
	} {
		got, err := answering(t, body).Organization(t.Context(), notehub.Organizations, "org:1")
		require.NoError(t, err, body)
		require.Equal(t, want, got, body)
	}
	for body, problem := range map[string]string{
		`{}`:                  `it has no "uid"`,
		`{"devices":[]}`:      `it has no "uid"`,
		`[]`:                  `want an object, got a list`,
		`{"uid":"org:1"`:      `it ends in the middle`,
		`{"uid":"org:1"}{}`:   `something follows its end`,
		`{"suspended":falsy}`: `want false`,
	} {
		_, err := answering(t, body).Organization(t.Context(), notehub.Organizations, "org:1")
		require.ErrorIs(t, err, notehub.ErrInvalidAnswer, body)
		require.ErrorContains(t, err, `reading organization "org:1"`)
		require.ErrorContains(t, err, problem)
	}
}

func TestBalanceHistory(t *testing.T) {
	var asked string
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		_, _ = w.Write([]byte(`{"data":[
			{"period":"2026-03-01T00:00:00Z","remaining_event_capacity":12000,"total_event_capacity_used":100,"new":{}},
			{"period":"2026-03-02T01:00:00+01:00","remaining_event_capacity":null},
			{"period":"2026-03-03T00:00:00Z","remaining_event_capacity":"many","total_event_capacity_used":1.5}],"new":1}`))
	})
	var list []notehub.Balance
	require.NoError(t, client.BalanceHistory(t.Context(), notehub.Organizations, "org:1", start, time.Time{}, keep(&list)))
	require.Equal(t, "/proxy/v1/organizations/org:1/balance-history?startDate=1772323200", asked)
	invalid := notehub.Count{Invalid: true}
	require.Equal(t, []notehub.Balance{
		{Period: start, Remaining: known(12_000), Used: known(100)},
		{Period: start.AddDate(0, 0, 1)},
		{Period: start.AddDate(0, 0, 2), Remaining: invalid, Used: invalid},
	}, list)
	end := start.Add(time.Hour)
	require.NoError(t, client.BalanceHistory(t.Context(), notehub.BillingAccounts, "b1", start, end, keep(&list)))
	require.Equal(t, "/proxy/v1/billing-accounts/b1/balance-history?endDate=1772326800&startDate=1772323200", asked)
}

func TestBalanceHistoryOfOtherAnswersIsAnError(t *testing.T) {
	none := func(notehub.Balance) error { return nil }
	for body, want := range map[string]string{
		`{"devices":[]}`:        `it has no "data"`,
		`{"data":[{}]}`:         `row 1: it has no "period"`,
		`{"data":["x"]}`:        `want an object, got a string`,
		`[]`:                    `want an object, got a list`,
		`{"data":[]`:            `it ends in the middle`,
		`{"data":[],"data":[]}`: `it comes twice`,
	} {
		err := answering(t, body).BalanceHistory(t.Context(), notehub.Organizations, "org:1", start, time.Time{}, none)
		require.ErrorIs(t, err, notehub.ErrInvalidAnswer, body)
		require.ErrorContains(t, err, `reading balance history of organization "org:1"`)
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, answering(t, `{}`).BalanceHistory(t.Context(), notehub.Organizations, "org:1", start, time.Time{}, none))

	enough := errors.New("enough")
	read := 0
	err := answering(t, `{"data":[{"period":"2026-03-01T00:00:00Z"},{"period":"2026-03-02T00:00:00Z"}]}`).
		BalanceHistory(t.Context(), notehub.Organizations, "org:1", start, time.Time{}, func(notehub.Balance) error {
			read++
			return enough
		})
	require.ErrorIs(t, err, enough)
	require.Equal(t, 1, read)
}

func TestRequestsForOrganizationsAreChecked(t *testing.T) {
	client := newClient(t, notehub.Config{Token: secret.New(token), HTTP: &http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			t.Errorf("%s was asked", r.URL)
			return nil, errors.New("unreachable")
		}),
	}})
	history := func(in notehub.Collection, uid string, start, end time.Time) error {
		return client.BalanceHistory(t.Context(), in, uid, start, end, nil)
	}
	for _, uid := range []string{"", ".", ".."} {
		_, err := client.Organization(t.Context(), notehub.Organizations, uid)
		require.ErrorContains(t, err, "that is not the UID of an organization")
		require.ErrorContains(t, history(notehub.Organizations, uid, start, start), "that is not the UID of an organization")
	}
	for _, in := range []notehub.Collection{"", "teams"} {
		const want = "want organizations or billing-accounts"
		_, err := client.Organization(t.Context(), in, "org:1")
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, client.Organizations(t.Context(), in, nil), want)
		require.ErrorContains(t, history(in, "org:1", start, start), want)
	}
	require.ErrorContains(t, history(notehub.Organizations, "org:1", time.Time{}, start), "the query has no start")
	require.ErrorContains(t, history(notehub.Organizations, "org:1", start, start.Add(-1)), "the query ends before it starts")
}
