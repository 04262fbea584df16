package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// What is stored of the organization of an account is replaced as a whole, under the lease of its work.
func testOrganization(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	stored := func(account string) usage.Organization {
		t.Helper()
		o, err := s.Usage.Organization(ctx, account)
		require.NoError(t, err)
		return o
	}
	nothing := usage.NoOrganization()
	require.Equal(t, fmt.Sprint(nothing), fmt.Sprint(stored("acme")))
	require.NoError(t, s.Work.AddWork(ctx, work.Organization, []string{"acme", "lab"}, noon))
	lease, ok, err := s.Work.Claim(ctx, work.Organization, "acme", noon, noon)
	require.NoError(t, err)
	require.True(t, ok)

	o := usage.Organization{
		UID: "org:1", Name: "Acme \"& Söhne\"", Type: "Enterprise", Suspended: rules.True, Balance: 12, Capacity: 5e9, End: noon.AddDate(1, 0, 0), Read: noon,
		Failure: "Notehub answers 403", Collection: "organizations", Balances: []usage.Balance{{At: noon.Add(-time.Hour), Remaining: -1, Used: 7}}, Balanced: noon,
	}
	require.NoError(t, s.Usage.SaveOrganization(ctx, lease, o))
	require.Equal(t, o, stored("acme"))
	require.Equal(t, fmt.Sprint(nothing), fmt.Sprint(stored("lab")))
	several := usage.NoOrganization()
	several.Seen, several.Read = []string{"A", "B"}, noon
	require.NoError(t, s.Usage.SaveOrganization(ctx, lease, several))
	require.Equal(t, fmt.Sprint(several), fmt.Sprint(stored("acme")))

	require.NoError(t, s.Work.Complete(ctx, lease, noon, noon, 0))
	require.ErrorIs(t, s.Usage.SaveOrganization(ctx, lease, o), work.ErrLeaseLost)
}
