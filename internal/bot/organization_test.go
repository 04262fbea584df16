package bot_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/env"
	"notewatch/internal/lookup"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// suspendedAccount is the rule of the catalogue about a suspended account.
func suspendedAccount() rules.Spec {
	return rules.Spec{
		Name: "suspended", Each: rules.EachOrganization, When: []rules.Condition{{Level: rules.Critical, Expr: "org.suspended"}},
		Summary: "Notehub has suspended the billing account of {{.Subject}}",
	}
}

// overBudget is a rule about what the events of an account cost.
func overBudget(limit string) rules.Spec {
	return rules.Spec{
		Name: "over-budget", Each: rules.EachOrganization, Limit: limit, When: []rules.Condition{{Level: rules.Warning, Expr: "cost.used > limit"}},
	}
}

// accounts gives each of some accounts projects of its own, of two devices each, and organizations.
func (r *rig) accounts(projects map[string]int, organizations ...notehubtest.Organization) {
	r.t.Helper()
	var served []notehubtest.Project
	byAccount := map[string][]string{}
	r.config.Bot.Accounts, r.config.Bot.Projects = nil, nil
	for _, name := range []string{"acme", "lab", "tanks"} {
		if projects[name] == 0 {
			continue
		}
		r.config.Bot.Accounts = append(r.config.Bot.Accounts, bot.Account{
			Name: name, PerMinute: 4, Prices: env.Prices{Event: 0.01, Free: 1000}, Currency: "USD",
		})
		for i := range projects[name] {
			p := r.project
			p.UID, p.Name = fmt.Sprintf("app:%s-%d", name, i), fmt.Sprintf("%s %d", name, i)
			served, byAccount[name] = append(served, p), append(byAccount[name], p.UID)
			r.config.Bot.Projects = append(r.config.Bot.Projects, bot.Project{UID: p.UID, Name: p.Name, Account: name})
		}
	}
	for i := range organizations {
		organizations[i].Projects = byAccount[organizations[i].Projects[0]]
	}
	r.organizations = organizations
	r.serve(served...)
	r.open()
}

// payer is an organization that pays for the projects of an account.
func payer(account string, suspensions ...notehubtest.Suspension) notehubtest.Organization {
	return notehubtest.Organization{
		UID: "org:" + account, Name: "Org " + account, Start: monday.AddDate(0, -1, 0), Capacity: 1e6, Projects: []string{account}, Suspensions: suspensions,
	}
}

// A suspended account is one alert, under the rule about it, and another organization is not concerned.
func TestASuspendedOrganizationIsNotifiedOnce(t *testing.T) {
	r := newRig(t, 2, nil, suspendedAccount(), blind())
	r.accounts(map[string]int{"acme": 3, "lab": 2},
		payer("acme", notehubtest.Suspension{Start: monday.Add(3 * hour), Duration: 5 * hour}), payer("lab"))
	for i := range r.config.Bot.Accounts {
		r.config.Bot.Accounts[i].Organization = "org:" + r.config.Bot.Accounts[i].Name
	}
	r.open()
	r.run(monday.Add(7 * hour))
	require.Equal(t, []told{{"fired", "firing", "critical", "suspended", "Org acme"}}, r.told("ops"))
	require.Equal(t, "Notehub has suspended the billing account of Org acme", r.taken("ops")[0].Summary)
	r.run(monday.Add(12 * hour))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("ops"))
	r.requireTruth("ops")
}

// What is not known of an organization fires no rule: the token sees two of them.
func TestTwoOrganizations(t *testing.T) {
	r := newRig(t, 2, nil, suspendedAccount(), rules.Spec{
		Name: "balance-low", Each: rules.EachOrganization, When: []rules.Condition{{Level: rules.Warning, Expr: "org.days_left < 10000 || org.balance >= 0"}},
	})
	r.accounts(map[string]int{"acme": 1, "lab": 1}, payer("acme"), payer("lab"))
	r.run(monday.Add(6 * hour))
	require.Empty(t, r.told("ops"))
	said, err := r.store.Usage.Organization(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, []string{"Org acme (org:acme)", "Org lab (org:lab)"}, said.Seen)
}

// The events of all projects of an account share its free ones, and the alert names them and what they cost.
func TestTheCostOfAnAccount(t *testing.T) {
	r := newRig(t, 2, nil, overBudget("6.5"))
	r.accounts(map[string]int{"acme": 2, "lab": 1})
	r.every(4 * hour)
	r.run(monday.Add(time.Minute))
	require.Empty(t, r.told("ops"), "2 × 2 devices × 24 events × 14 days are 344 events over the free ones")
	r.run(monday.Add(5 * day))
	all := r.taken("ops")
	require.Len(t, all, 1)
	require.Equal(t, "acme", all[0].Subject.Name)
	require.Equal(t, "USD", all[0].Unit)
	require.InDelta(t, 6.5, *all[0].Value, 0.5)
	require.Contains(t, all[0].Summary, "USD 6.5")
	require.Contains(t, fmt.Sprint(all[0].Contributors), "acme 0")
	require.Empty(t, r.asked(notehubtest.OneOrganization)+r.asked(notehubtest.Organizations), "no rule reads org")
	r.run(monday.AddDate(0, 0, 17))
	require.Equal(t, []string{"fired", "period_ended"}, r.reasons("ops"))
	r.requireTruth("ops")
}

// How long the events of a plan last follows from its balance, which rises when more are bought.
func TestTheBalanceOfAnOrganization(t *testing.T) {
	r := newRig(t, 2, nil, rules.Spec{
		Name: "balance-low", Each: rules.EachOrganization, Limit: "14", ResolveWhen: "org.days_left > 2 * limit",
		When: []rules.Condition{{Level: rules.Critical, Expr: `org.type == "Enterprise" && org.days_left < limit`}},
	})
	o := payer("acme")
	o.Capacity, o.RechargeBelow, o.Recharge = 50*31+48*9+700, 100, 5000
	r.accounts(map[string]int{"acme": 1}, o)
	r.every(4 * hour).run(monday.Add(40 * day))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("ops"))
	require.InDelta(t, 14, *r.taken("ops")[0].Value, 1)
	require.Equal(t, 1, r.asked(notehubtest.Organizations))
	require.InDelta(t, 40, r.asked(notehubtest.BalanceHistory), 1, "once a day")
	require.InDelta(t, 40*24, r.asked(notehubtest.OneOrganization), 24, "once an hour")
	r.requireTruth("ops")
}

// A token whose role does not see the plan makes no rule about it fire, and costs one request an hour.
func TestARoleThatSeesNoPlan(t *testing.T) {
	r := newRig(t, 2, nil, rules.Spec{
		Name: "balance-low", Each: rules.EachOrganization, When: []rules.Condition{{Level: rules.Warning, Expr: "org.balance < 1e12 && !org.suspended"}},
	})
	o := payer("acme")
	o.Role = "org_member"
	r.accounts(map[string]int{"acme": 1}, o)
	r.run(monday.Add(6 * hour))
	require.Empty(t, r.told("ops"))
	require.LessOrEqual(t, r.asked(notehubtest.OneOrganization), 7)
}

// An account that leaves the rules file, or loses its rules, has its alerts withdrawn.
func TestAnOrganizationThatIsGone(t *testing.T) {
	r := newRig(t, 2, nil, overBudget("0.5"))
	r.accounts(map[string]int{"acme": 1, "lab": 1})
	r.config.Bot.Accounts[0].Prices.Free, r.config.Bot.Accounts[1].Prices.Free = 0, 0
	r.open()
	r.run(monday.Add(hour))
	require.Equal(t, []string{"fired", "fired"}, r.reasons("ops"))
	r.config.Bot.Accounts, r.config.Bot.Projects = r.config.Bot.Accounts[:1], r.config.Bot.Projects[:1]
	r.open()
	r.run(monday.Add(2 * hour))
	require.Equal(t, told{"withdrawn", "withdrawn", "warning", "over-budget", "lab"}, r.told("ops")[2])
	r.rules(events("500"))
	r.open()
	r.run(monday.Add(3 * hour))
	require.Equal(t, told{"withdrawn", "withdrawn", "warning", "over-budget", "acme"}, r.told("ops")[3])
	r.requireTruth("ops")
}

// A share of a project in the cost of its account is the same in an alert, in its explanation and in a look-up; so is what all of it costs.
func TestCostsAgree(t *testing.T) {
	share := overBudget("0.5")
	share.Name, share.Each = "share", rules.EachDevice
	r := newRig(t, 2, nil, overBudget("0.5"), share)
	r.accounts(map[string]int{"acme": 2})
	r.hourly().run(monday.Add(30 * time.Hour))
	open, err := r.store.OpenAlerts(t.Context(), rules.OfAccount("acme"))
	require.NoError(t, err)
	require.Len(t, open, 1)
	e, err := r.bot.Explain(t.Context(), "over-budget", "app:acme-0", "")
	require.NoError(t, err)
	require.Equal(t, "acme", e.Subject.Name)
	require.Equal(t, rules.Warning, e.Result.Least)
	all := e.Value
	require.Greater(t, all, 3.5)
	past, err := r.bot.ExplainAt(t.Context(), "over-budget", rules.OfAccount("acme"), "", rules.DayOf(monday))
	require.NoError(t, err)
	require.Greater(t, past.Value, 0.5)
	require.Less(t, past.Value, all)

	reader := lookup.New(lookup.Config{
		Store: r.store, Rules: []*rules.Rule{r.config.Bot.Rules[0].Rule, r.config.Bot.Rules[1].Rule}, Now: r.clock,
		Accounts: []lookup.Account{{Name: "acme", PerMinute: 4, Prices: &lookup.Prices{Currency: "USD", Event: 0.01, FreeEvents: 1000}}},
		Projects: []lookup.Project{{UID: "app:acme-0", Name: "acme 0", Account: "acme"}, {UID: "app:acme-1", Name: "acme 1", Account: "acme"}},
	})
	total := 0.0
	for _, p := range r.config.Bot.Projects {
		alerts, err := r.store.OpenAlerts(t.Context(), p.UID)
		require.NoError(t, err)
		require.Len(t, alerts, 2)
		require.NoError(t, reader.UpdateValues(t.Context(), alerts))
		for _, a := range alerts {
			e, err := r.bot.Explain(t.Context(), "share", p.UID, a.Subject)
			require.NoError(t, err)
			require.InDelta(t, e.Value, a.Value, 0.05, "as of now, and as of the last poll")
			require.Equal(t, "USD", a.Texts.Unit)
			require.Contains(t, a.Texts.Summary, "USD ")
			total += e.Value
		}
	}
	require.InDelta(t, all, total, 1e-6)
	found, err := reader.Find(t.Context(), "acme", lookup.KindOrganization)
	require.NoError(t, err)
	require.Equal(t, lookup.KindOrganization, found.Kind)
	usage, err := reader.Usage(t.Context(), found, lookup.Period)
	require.NoError(t, err)
	require.Equal(t, 4, usage.Devices)
	require.Equal(t, rules.Events, usage.Figures[0].Figure)
	require.InDelta(t, all, usage.Figures[0].Cost.Amount, 0.05)
	require.Len(t, usage.Alerts, 1)
	require.Equal(t, lookup.KindOrganization, lookup.SubjectOf(open[0]).Kind)
	require.Greater(t, usage.Alerts[0].Value, open[0].Value, "that of the last poll, not of when it fired")
	require.InDelta(t, all, usage.Alerts[0].Value, 0.05)
	firing, err := reader.Firing(t.Context())
	require.NoError(t, err)
	require.Equal(t, usage.Alerts[0].ID, firing[0].ID)
}

// Late data of a day that is over revises rules about organizations as it revises those about their projects, once, and nothing is left over
// to evaluate.
func TestLateDataRevisesAnOrganization(t *testing.T) {
	const over = 450 // events on a day: of two sensors there are about 50, and 240 more in a flood
	all := rules.Spec{
		Name: "busy-account", Each: rules.EachOrganization, Show: "events.today",
		When: []rules.Condition{{Level: rules.Warning, Expr: fmt.Sprintf("events.today > %d", over)}},
	}
	r := newRig(t, 2, nil, all)
	r.project.Incidents = []notehubtest.Incident{flood(monday.Add(day-9*time.Minute), 8*time.Minute)}
	r.accounts(map[string]int{"acme": 2, "lab": 1})
	r.hourly()
	lateFlood(r)
	require.Equal(t, []told{{"revised", "resolved", "warning", "busy-account", "acme"}}, r.told("ops"), "acme has two floods, lab one that is too small")
	e, err := r.bot.ExplainAt(t.Context(), "busy-account", rules.OfAccount("acme"), "", rules.DayOf(monday))
	require.NoError(t, err)
	require.InDelta(t, e.Value, *r.taken("ops")[0].Value, 1e-9, "explain --at shows what was revised")
	for _, account := range r.config.Bot.Accounts {
		changed, err := r.store.Usage.Changed(t.Context(), rules.OfAccount(account.Name))
		require.NoError(t, err)
		require.Empty(t, changed)
	}
	r.run(monday.Add(3 * day))
	require.Equal(t, []string{"revised"}, r.reasons("ops"))
	r.requireTruth("ops")
}
