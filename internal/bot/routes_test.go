package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

const crm, lake = "route:0123456789abcdef0123456789abcdef", "route:fedcba9876543210fedcba9876543210"

// routeFailing is a rule about what routes hand on within the hour, as that of the catalogue.
func routeFailing() rules.Spec {
	return rules.Spec{
		Name: "route-failing", Each: rules.EachRoute, Where: "!route.disabled", Limit: "10",
		Let:         []rules.Let{{Name: "failed", Expr: "100 * route_failures.h1 / routed.h1"}},
		When:        []rules.Condition{{Level: rules.Critical, Expr: "routed.h1 >= 20 && route_failures.h1 >= 5 && failed > limit"}},
		ResolveWhen: "failed < 0.5 * limit || routed.h1 == 0", Show: "route_failures.h1",
	}
}

// withRoutes gives the project two routes, of which one fails for two hours from an instant on, and disappears later.
func (r *rig) withRoutes(fails, removed time.Time) {
	r.project.Routes = []string{crm, lake}
	r.project.RouteSettings = map[string]notehubtest.RouteSettings{crm: {Name: "CRM", Removed: removed}, lake: {Name: "lake", Type: "aws"}}
	r.befall(notehubtest.Incident{Kind: notehubtest.RouteFailures, Routes: []string{crm}, Start: fails, Duration: 2 * hour})
	r.open()
}

// A route that fails is an alert of its own, with its name, and no other is. It resolves when the route hands on again.
func TestARouteThatFails(t *testing.T) {
	r := newRig(t, 60, nil, routeFailing(), events("500"))
	began := monday.Add(9 * hour)
	r.withRoutes(began, time.Time{})
	r.run(began)
	require.Empty(t, r.told("ops"))
	r.run(began.Add(2 * hour))
	all := r.taken("ops")
	require.Len(t, all, 1)
	require.Equal(t, "fired", all[0].Reason)
	require.Equal(t, "CRM", all[0].Subject.Name)
	require.Equal(t, crm, all[0].Subject.UID)
	require.Equal(t, "https://notehub.io/project/"+project, all[0].Subject.URL)
	require.Contains(t, all[0].Summary, "CRM")
	require.Greater(t, *all[0].Value, 5.0)

	e, err := r.bot.Explain(t.Context(), "route-failing", project, crm)
	require.NoError(t, err)
	require.Equal(t, "CRM", e.Subject.Name)
	require.Equal(t, rules.Critical, e.Result.Least)
	require.Greater(t, e.Value, 5.0)
	_, err = r.bot.Explain(t.Context(), "route-failing", project, "")
	require.EqualError(t, err, `rule "route-failing" is about routes: say which one`)
	_, err = r.bot.Explain(t.Context(), "route-failing", project, "route:none")
	require.EqualError(t, err, `there is no route "route:none"`)
	reader := lookup.New(lookup.Config{
		Store: r.store, Projects: []lookup.Project{{UID: project, Name: "cold-chain"}}, Rules: []*rules.Rule{r.config.Bot.Rules[0].Rule}, Now: r.clock,
	})
	found, err := reader.Find(t.Context(), "crm", lookup.KindRoute)
	require.NoError(t, err)
	usage, err := reader.Usage(t.Context(), found, lookup.Today)
	require.NoError(t, err)
	require.Len(t, usage.Figures, 2)
	require.Equal(t, rules.Routed, usage.Figures[0].Figure)
	require.Greater(t, usage.Figures[0].Total, usage.Figures[1].Total)
	require.Equal(t, 1, usage.AlertCount)
	require.Equal(t, "CRM", usage.Alerts[0].Subject.Name)
	require.InDelta(t, e.Value, float64(usage.Alerts[0].Value), 1e-9, "as of the last poll")

	r.run(began.Add(5 * hour))
	require.Equal(t, "resolved", r.last("route-failing").Reason)
	r.requireTruth("ops")
}

// The alert of a route that disappears while it fails is withdrawn.
func TestARouteThatDisappears(t *testing.T) {
	r := newRig(t, 60, nil, routeFailing())
	began := monday.Add(9 * hour)
	r.withRoutes(began, began.Add(110*time.Minute))
	r.run(began.Add(4 * hour))
	last := r.last("route-failing")
	require.Equal(t, "withdrawn", last.Reason)
	require.Equal(t, "CRM", last.Subject.Name)
	r.requireTruth("ops")
}

// Routes are asked for once an hour, and only if a rule is about them. What no rule reads of them is not asked for.
func TestRequestsForRoutes(t *testing.T) {
	for name, c := range map[string]struct {
		rules        []rules.Spec
		routes, logs int // in six hours
	}{
		"no rule about routes": {[]rules.Spec{events("500")}, 0, 0},
		"what they hand on":    {[]rules.Spec{routeFailing()}, 7, 7},
		"their list alone": {[]rules.Spec{{
			Name: "disabled", Each: rules.EachRoute, When: []rules.Condition{{Level: rules.Info, Expr: "route.disabled"}},
		}}, 7, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2, nil, c.rules...)
			r.run(monday.Add(6*hour - time.Minute))
			require.InDelta(t, c.routes, r.asked(notehubtest.Routes), 1)
			require.InDelta(t, c.logs, r.asked(notehubtest.RouteLogs), 1)
			if c.routes == 0 {
				require.Zero(t, r.asked(notehubtest.Routes)+r.asked(notehubtest.RouteLogs))
			}
			usage := 0
			for _, rule := range c.rules {
				if rule.Each == rules.EachDevice {
					usage = 1
				}
			}
			require.Equal(t, usage, bot.Kinds(r.config.Bot.Rules).Usage)
			require.Equal(t, usage > 0, r.asked(notehubtest.Events) > 0)
		})
	}
}

// A rule about routes is evaluated as of the hour in which they were read, also by the polls between.
func TestRoutesBetweenReadings(t *testing.T) {
	r := newRig(t, 60, nil, rules.Spec{
		Name: "busy", Each: rules.EachRoute, When: []rules.Condition{{Level: rules.Warning, Expr: "routed.h1 >= 20"}},
	})
	r.withRoutes(monday.AddDate(1, 0, 0), time.Time{})
	r.run(monday.Add(4 * hour))
	require.Equal(t, []string{"fired", "fired"}, r.reasons("ops"), "for both routes")
	for range 4 {
		r.run(r.now.Add(15 * time.Minute))
		e, err := r.bot.Explain(t.Context(), "busy", project, lake)
		require.NoError(t, err)
		require.True(t, rules.Known(e.Value), "at %s", r.now)
	}
}
