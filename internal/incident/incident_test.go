package incident_test

import (
	"flag"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/internal/incident"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/catalogue"
)

var (
	long    = flag.Bool("long", false, "rehearse a bad month, and healthy months of many fleets")
	devices = flag.Int("devices", usualDevices, "devices of each mixed fleet in healthy months")
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // much is decoded and dropped
	m.Run()
}

const usualDevices = 84

// Each rule of the catalogue has one incident, which is found by either name.
func TestEachRuleHasAnIncident(t *testing.T) {
	t.Parallel()
	var rules []string
	for _, i := range incident.All() {
		rules = append(rules, i.Rule)
		byName, err := incident.Find(i.Name)
		require.NoError(t, err)
		byRule, err := incident.Find(i.Rule)
		require.NoError(t, err)
		require.Equal(t, i.Name, byName.Name)
		require.Equal(t, i.Name, byRule.Name)
	}
	slices.Sort(rules)
	require.Equal(t, catalogue.Names(), rules)
	names := incident.Names()
	slices.Sort(names)
	require.Len(t, slices.Compact(names), len(rules), "each name is of one incident")

	_, err := incident.Find("host-lop")
	require.EqualError(t, err, `unknown incident "host-lop"; did you mean "host-loop"?`)
}

// An alert ends within its incident, but for rules of a period: their alerts end when the period does, so their incidents last that long. Others
// whose incident lasts until then are about an allowance of the period.
func TestEndsAreThoseOfTheKind(t *testing.T) {
	t.Parallel()
	file, err := config.Parse("rules.yaml", []byte(incident.Rules(50)), func(string) (string, bool) { return "x", true })
	require.NoError(t, err)
	for _, i := range incident.All() {
		at := slices.IndexFunc(file.Rules, func(r config.Rule) bool { return r.Spec.Name == i.Rule })
		require.GreaterOrEqual(t, at, 0, i.Rule)
		month := i.End.Day() == 1
		require.Equal(t, file.Rules[at].Rule.Kind == rules.PeriodRule, i.Ends == "period_ended", "%s is a %s rule", i.Rule, file.Rules[at].Rule.Kind)
		require.Equal(t, i.Ends == "period_ended" || i.Rule == "sat-70", month, "%s ends at %s", i.Name, i.End)
	}
}

// The rule of an incident fires once, within the delay of its kind, about the right subject, and ends when the incident does. Nothing else is
// announced but what is right to be. The long form of the test of package cataloguepage does this for all incidents.
func TestIncidents(t *testing.T) {
	t.Parallel()
	for _, i := range incident.All() {
		if i.Until().Sub(i.Watch) > 20*time.Hour {
			continue
		}
		t.Run(i.Name, func(t *testing.T) {
			t.Parallel()
			got, err := i.Rehearse(t.Context(), time.Hour, nil)
			require.NoError(t, err)
			require.NoError(t, i.Check(got))
			require.Empty(t, i.Others(got))
		})
	}
}

// A month with 25 incidents announces each of them once, and nothing else.
func TestBadMonth(t *testing.T) {
	t.Parallel()
	if !*long {
		t.Skip("without -long")
	}
	incidents, hub := incident.BadMonth(incident.Project, incident.ProjectName)
	require.Len(t, incidents, 25)
	got, err := incident.Rehearse(t.Context(), incident.Rehearsal{
		Hub: hub, From: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 7, 1, 4, 0, 0, 0, time.UTC), Every: time.Hour, Budget: 500,
	})
	require.NoError(t, err)
	for _, i := range incidents {
		require.NoError(t, i.Check(got))
	}
	fired := map[string]int{}
	for _, a := range got.Alerts {
		of := slices.IndexFunc(incidents, func(i incident.Incident) bool { return i.Explains(a, got) })
		require.GreaterOrEqual(t, of, 0, "%s of %s fired at %s: no incident explains it", a.Rule, a.Texts.Subject, a.FiredAt)
		fired[incidents[of].Name+": "+a.Rule+" of "+a.Texts.Subject]++
	}
	for what, n := range fired {
		require.Equal(t, 1, n, what)
	}
}

// A healthy fleet sends nothing: neither one of each kind, nor twelve mixed ones of a thousand devices together. A single one of more devices (-devices 1000) sends few.
func TestHealthyMonths(t *testing.T) {
	t.Parallel()
	from, to, every := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), 2*time.Hour
	var fleets []incident.Healthy
	for seed := range uint64(12) {
		fleets = append(fleets, incident.Healthy{Devices: *devices, Seed: seed + 1})
		if kinds := incident.Kinds(); int(seed) < len(kinds)-1 {
			fleets = append(fleets, incident.Healthy{Kind: kinds[seed+1], Devices: 15, Seed: seed + 1})
		}
	}
	if !*long {
		fleets = []incident.Healthy{{Devices: 20, Seed: 1}}
		from, to, every = from.AddDate(0, 0, 14), from.AddDate(0, 0, 17), time.Hour // the first days of the update
	}
	for _, h := range fleets {
		t.Run(fmt.Sprintf("%d %s %d", h.Devices, h.Kind, h.Seed), func(t *testing.T) {
			t.Parallel()
			hub := h.Hub(incident.Project, incident.ProjectName)
			got, err := incident.Rehearse(t.Context(), incident.Rehearsal{Hub: hub, From: from, To: to, Every: every, Budget: budget(hub)})
			require.NoError(t, err)
			var texts []string
			for _, m := range got.Messages {
				texts = append(texts, m.At.Format(time.DateTime)+" "+m.Text)
			}
			if h.Devices > usualDevices { // where the reference simulation has 65 alerts a month for 1,000 devices, beside real silence
				t.Logf("%d alerts\n%s", len(got.Alerts), strings.Join(texts, "\n"))
				require.LessOrEqual(t, len(got.Alerts), 65*h.Devices/1000)
				return
			}
			require.Empty(t, texts, strings.Join(texts, "\n"))
		})
	}
}

// budget returns a fifth more than the events of May cost.
func budget(hub notehubtest.Config) float64 {
	hub.Now = time.Now
	server, account := notehubtest.New(hub), hub.Organizations[0].UID
	_, before := server.Balance(account, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	_, after := server.Balance(account, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	return max(1.2*0.00075*float64(after-before-5000), 5)
}
