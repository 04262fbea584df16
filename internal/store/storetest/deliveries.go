package storetest

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
)

// Deliveries returns all deliveries of a receiver, in the order of their alerts' firing.
func Deliveries(t testing.TB, s *store.Store, receiver string) (all []outbox.Delivery) {
	t.Helper()
	alerts, err := s.Alerts(t.Context(), store.AlertFilter{})
	require.NoError(t, err)
	ids := make([]string, len(alerts))
	for i, a := range alerts {
		ids[i] = a.ID
	}
	told, err := s.Outbox.DeliveriesTo(t.Context(), ids)
	require.NoError(t, err)
	for _, a := range alerts {
		if d, ok := told[a.ID][receiver]; ok {
			d.Alert = a
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b outbox.Delivery) int {
		x, y := a.Alert, b.Alert
		return cmp.Or(x.FiredAt.Compare(y.FiredAt), x.Since.Compare(y.Since), cmp.Compare(x.ID, y.ID))
	})
	return all
}
