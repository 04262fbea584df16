package notehubtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

// simulateOrganization returns a simulation of 40 devices of one project, for which an organization pays since 1 March.
func simulateOrganization(t *testing.T, change func(*notehubtest.Config, *notehubtest.Organization)) *simulation {
	t.Helper()
	return simulateConfig(t, func(c *notehubtest.Config) {
		o := notehubtest.Organization{UID: "org:1", Name: "Acme", Start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Capacity: 500_000}
		change(c, &o)
		c.Organizations = append(c.Organizations, o)
	})
}

func unchanged(*notehubtest.Config, *notehubtest.Organization) {}

func (s *simulation) organization(t *testing.T) notehub.Organization {
	t.Helper()
	o, err := s.client.Organization(t.Context(), notehub.Organizations, "org:1")
	require.NoError(t, err)
	return o
}

func (s *simulation) balances(t *testing.T, start, end time.Time) (rows []notehub.Balance) {
	t.Helper()
	require.NoError(t, s.client.BalanceHistory(t.Context(), notehub.Organizations, "org:1", start, end, keep(&rows)))
	return rows
}

// billed returns the billed events of a project from the beginning of a day until now.
func (s *simulation) billed(t *testing.T, start time.Time) int64 {
	t.Helper()
	q := notehub.EventsQuery{UsageQuery: notehub.UsageQuery{Start: start, Aggregate: notehub.PerProject}}
	return total(s.events(t, q), func(r notehub.EventsRow) notehub.Count { return r.Billable })
}

func TestOrganizationsPayForBilledEvents(t *testing.T) {
	s := simulateOrganization(t, unchanged)
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	o := s.organization(t)
	billed := s.billed(t, start)
	require.Greater(t, billed, int64(10_000))
	require.Equal(t, notehub.Organization{
		UID: "org:1", Name: "Acme", Suspended: notehub.Truth{Known: true},
		Plan: notehub.Plan{
			Type: "Enterprise", Balance: known(500_000 - billed), Capacity: known(500_000), Start: start, End: start.AddDate(1, 0, 0),
		},
	}, o)
	rows := s.balances(t, start.AddDate(0, -1, 0), time.Time{})
	require.Len(t, rows, 9, "from the beginning of the plan until today")
	for i, row := range rows {
		require.Equal(t, start.AddDate(0, 0, i), row.Period)
		require.Equal(t, int64(500_000), row.Remaining.N+row.Used.N)
		if i > 0 {
			require.Greater(t, row.Used.N, rows[i-1].Used.N)
		}
	}
	require.InDelta(t, billed, rows[8].Used.N, 100)
	require.Len(t, s.balances(t, monday.AddDate(0, 0, -2), monday), 2)
	require.Equal(t, rows[3:5], s.balances(t, rows[3].Period, rows[5].Period), "asking again gives the same")

	remaining, used := s.Balance("org:1", s.clock.Now())
	require.Equal(t, []int64{o.Plan.Balance.N, billed}, []int64{remaining, used})
	remaining, used = s.Balance("org:2", s.clock.Now())
	require.Zero(t, remaining+used)

	s.clock.set(start.AddDate(0, 0, -1))
	require.Equal(t, known(500_000), s.organization(t).Plan.Balance, "nothing is paid before")
	require.Empty(t, s.balances(t, start.AddDate(0, -1, 0), time.Time{}))
}

func TestOrganizationsRecharge(t *testing.T) {
	s := simulateOrganization(t, func(_ *notehubtest.Config, o *notehubtest.Organization) {
		o.Capacity, o.RechargeBelow, o.Recharge = 20_000, 5_000, 15_000
	})
	s.clock.set(monday.AddDate(0, 0, 14))
	rises := 0
	rows := s.balances(t, monday.AddDate(0, 0, -8), time.Time{})
	for i, row := range rows {
		require.GreaterOrEqual(t, row.Remaining.N, int64(5_000))
		require.Less(t, row.Remaining.N, int64(20_001))
		if i > 0 && row.Remaining.N > rows[i-1].Remaining.N {
			rises++
		}
	}
	require.Greater(t, rises, 2)
}

func TestAPlanIsUsedUp(t *testing.T) {
	s := simulateOrganization(t, func(_ *notehubtest.Config, o *notehubtest.Organization) { o.Capacity = 3_000 })
	require.Equal(t, known(0), s.organization(t).Plan.Balance)
}

func TestEssentialsAreFullAgainEachMonth(t *testing.T) {
	s := simulateOrganization(t, func(_ *notehubtest.Config, o *notehubtest.Organization) {
		o.Type, o.Capacity = "Essentials", 5_000_000
	})
	s.clock.set(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))
	rows := s.balances(t, time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC), time.Time{})
	march := rows[0].Used.N
	require.Equal(t, 5_000_000-march, rows[0].Remaining.N)
	o := s.organization(t)
	require.Equal(t, "Essentials", o.Plan.Type)
	require.Equal(t, known(5_000_000), o.Plan.Balance)

	s.clock.set(time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC))
	used := s.billed(t, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))
	require.Positive(t, used)
	require.Equal(t, known(5_000_000-used), s.organization(t).Plan.Balance)
}

func TestOrganizationsPayForTheirProjectsOnly(t *testing.T) {
	s := simulateOrganization(t, func(c *notehubtest.Config, o *notehubtest.Organization) {
		c.Projects = append(c.Projects, notehubtest.Project{
			UID: "app:2", Devices: []notehubtest.Device{{UID: hardy, Archetype: notehubtest.HourlySensor}},
		})
		o.Projects = []string{"app:2"}
	})
	s.clock.set(monday)
	require.InDelta(t, 500_000-8*24, s.organization(t).Plan.Balance.N, 8)
}

func TestRolesSeeThePlanOrNot(t *testing.T) {
	for role, sees := range map[string]bool{
		"": true, "org_admin": true, "billing_manager": true, "project_creator": false, "org_member": false,
	} {
		s := simulateOrganization(t, func(_ *notehubtest.Config, o *notehubtest.Organization) { o.Role = role })
		o := s.organization(t)
		require.Equal(t, sees, o.Plan.Type != "", role)
		require.Equal(t, sees, o.Plan.Balance.Known, role)
		require.True(t, o.Suspended.Known)
	}
}

func TestSuspendedOrganizations(t *testing.T) {
	s := simulateOrganization(t, func(c *notehubtest.Config, o *notehubtest.Organization) {
		c.Projects = append(c.Projects, notehubtest.Project{UID: "app:2"})
		o.Projects = []string{app}
		o.Suspensions = []notehubtest.Suspension{{Start: monday, Duration: 24 * time.Hour}}
	})
	for _, test := range []struct {
		now       time.Time
		suspended bool
	}{
		{monday.Add(-time.Second), false}, {monday, true}, {monday.Add(24*time.Hour - 1), true}, {monday.AddDate(0, 0, 1), false},
	} {
		s.clock.set(test.now)
		require.Equal(t, notehub.Truth{True: test.suspended, Known: true}, s.organization(t).Suspended)
		for name, call := range calls(monday) {
			err := call(t.Context(), s.client)
			if test.suspended {
				require.ErrorIs(t, err, notehub.ErrSuspended, name)
			} else {
				require.NoError(t, err, name)
			}
		}
		require.NoError(t, s.client.Fleets(t.Context(), "app:2", func(notehub.Fleet) error { return nil }), "of another account")
	}
}

func TestOlderNotehubsHaveBillingAccounts(t *testing.T) {
	s := simulateOrganization(t, func(c *notehubtest.Config, _ *notehubtest.Organization) { c.Older = true })
	list := func(in notehub.Collection) (list []notehub.Organization, err error) {
		err = s.client.Organizations(t.Context(), in, keep(&list))
		return list, err
	}
	history := func(in notehub.Collection) (rows []notehub.Balance, err error) {
		err = s.client.BalanceHistory(t.Context(), in, "org:1", monday, time.Time{}, keep(&rows))
		return rows, err
	}
	_, err := list(notehub.Organizations)
	require.ErrorIs(t, err, notehub.ErrNotFound)
	_, err = history(notehub.Organizations)
	require.ErrorIs(t, err, notehub.ErrNotFound)
	_, err = s.client.Organization(t.Context(), notehub.Organizations, "org:1")
	require.ErrorIs(t, err, notehub.ErrNotFound)

	accounts, err := list(notehub.BillingAccounts)
	require.NoError(t, err)
	require.Equal(t, []notehub.Organization{{UID: "org:1", Name: "Acme", Role: "billing_admin"}}, accounts)
	account, err := s.client.Organization(t.Context(), notehub.BillingAccounts, accounts[0].UID)
	require.NoError(t, err)
	rows, err := history(notehub.BillingAccounts)
	require.NoError(t, err)
	require.InDelta(t, account.Plan.Balance.N, rows[0].Remaining.N, 100)

	newer := simulateOrganization(t, unchanged)
	require.Equal(t, account, newer.organization(t), "both have the same answers")
}

func TestFaultsOfOrganizations(t *testing.T) {
	s := simulateOrganization(t, unchanged)
	s.Fail(notehubtest.Fault{Kind: notehubtest.NotFound, Endpoint: notehubtest.BalanceHistory})
	none := func(notehub.Balance) error { return nil }
	err := s.client.BalanceHistory(t.Context(), notehub.Organizations, "org:1", monday, time.Time{}, none)
	require.ErrorIs(t, err, notehub.ErrNotFound)
	require.NoError(t, s.client.BalanceHistory(t.Context(), notehub.BillingAccounts, "org:1", monday, time.Time{}, none))
	s.organization(t)
	s.ClearFaults()

	for kind, want := range map[notehubtest.FaultKind]error{
		notehubtest.Suspended: notehub.ErrSuspended, notehubtest.Forbidden: notehub.ErrForbidden,
		notehubtest.TookTooLong: notehub.ErrTookTooLong, notehubtest.InvalidJSON: notehub.ErrInvalidAnswer,
	} {
		s.Fail(notehubtest.Fault{Kind: kind, Project: "org:1"})
		_, err := s.client.Organization(t.Context(), notehub.Organizations, "org:1")
		require.ErrorIs(t, err, want)
		for _, call := range calls(monday) {
			require.NoError(t, call(t.Context(), s.client), "the fault is of the organization alone")
		}
		s.ClearFaults()
	}
	s.Fail(notehubtest.Fault{Kind: notehubtest.Cut, Endpoint: notehubtest.BalanceHistory, Times: 1})
	read := 0
	err = s.client.BalanceHistory(t.Context(), notehub.Organizations, "org:1", monday.AddDate(0, 0, -5), monday, func(notehub.Balance) error {
		read++
		return nil
	})
	require.ErrorContains(t, err, "it ends in the middle")
	require.Less(t, read, 5)
}

func TestLateAnswersAreOlder(t *testing.T) {
	s := simulateOrganization(t, unchanged)
	three := s.clock.Now().Add(-3 * time.Hour)
	s.clock.set(three)
	before, sessions := s.organization(t), s.sessions(t, notehub.SessionsQuery{UsageQuery: days(monday, 1)})
	s.clock.set(three.Add(3 * time.Hour))
	require.NotEqual(t, before, s.organization(t))
	s.Fail(notehubtest.Fault{Kind: notehubtest.Late, Lag: 3 * time.Hour})
	require.Equal(t, before, s.organization(t))
	require.Equal(t, sessions, s.sessions(t, notehub.SessionsQuery{UsageQuery: days(monday, 1)}))
}
