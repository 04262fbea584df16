package terminal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/lookup"
	"notewatch/internal/store/outbox"
	"notewatch/rules"
)

// What a receiver shows, and why not if it does not, for all that can become of a delivery.
func TestShowing(t *testing.T) {
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	since := now.Add(-10 * time.Minute)
	firing := func(level rules.Level, d delivery.Delivery) delivery.Delivery {
		d.Display, d.Shown = delivery.DisplayFiring, level
		return d
	}
	ended := func(d delivery.Delivery) delivery.Delivery {
		d.Display = delivery.DisplayEnded
		return d
	}
	for _, c := range []struct {
		name     string
		delivery delivery.Delivery
		next     time.Time
		text     string
	}{
		{"shown", firing(rules.Critical, delivery.Delivery{State: delivery.Delivered, Error: "before"}), never, "shows it as critical"},
		{"shown while it is muted", firing(rules.Inactive, delivery.Delivery{State: delivery.Delivered}), never, "shows it as muted"},
		{"its end is shown", ended(delivery.Delivery{State: delivery.Delivered}), never, "shows that it has ended"},
		{"new", delivery.Delivery{State: delivery.Waiting}, now, "waiting since Mon 15 Jun 11:50 UTC (10 min), due now"},
		{"failed", delivery.Delivery{State: delivery.Waiting, Error: "status 503"}, now.Add(40 * time.Second),
			"waiting since Mon 15 Jun 11:50 UTC (10 min), next try in 40 s: status 503"},
		{"failed since it was shown", firing(rules.Warning, delivery.Delivery{State: delivery.Waiting, Error: "status 503"}), never,
			"waiting since Mon 15 Jun 11:50 UTC (10 min): status 503; meanwhile it shows it as warning"},
		{"nobody serves it", delivery.Delivery{State: delivery.Waiting}, since,
			"waiting since Mon 15 Jun 11:50 UTC (10 min), due for 10 min: is notewatch run running?"},
		{"given up", delivery.Delivery{State: delivery.GivenUp, Error: "status 410"}, never, "given up: status 410"},
		{"silenced", delivery.Delivery{State: delivery.Held, Detail: "silenced by amy", Error: "before"}, never, "held: silenced by amy"},
		{"below its level", delivery.Delivery{State: delivery.Skipped, Detail: "info is below critical"}, never, "skipped: info is below critical"},
		{"a fallback", firing(rules.Warning, delivery.Delivery{State: delivery.Delivered, For: "on-call"}), never,
			"shows it as warning, as fallback for on-call"},
		{"rerouted", ended(delivery.Delivery{State: delivery.Skipped, Detail: "others have it"}), never,
			"skipped: others have it; meanwhile it shows that it has ended"},
		{"gone", firing(rules.Warning, delivery.Delivery{State: delivery.Removed}), never,
			"no longer in the rules file; it shows it as warning"},
		{"gone before it was shown", delivery.Delivery{State: delivery.Removed}, never, "no longer in the rules file"},
	} {
		s := lookup.ShowingOf("team", outbox.Delivery{Delivery: c.delivery})
		s.Next = c.next
		require.Equal(t, c.text, showingText(s, since, now), c.name)
	}
}

var never time.Time

func TestBrief(t *testing.T) {
	require.Equal(t, "-", summarize(nil))
	require.Equal(t, "log, team; waiting: on-call, pager; given up: mail", summarize([]lookup.Showing{
		{Receiver: "log", State: delivery.Delivered}, {Receiver: "mail", State: delivery.GivenUp}, {Receiver: "on-call", State: delivery.Waiting},
		{Receiver: "pager", State: delivery.Waiting}, {Receiver: "team", State: delivery.Delivered},
	}))
}
