package bot_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/env"
	"notewatch/internal/lookup"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// A leaf is something that a rule can read of a subject.
type leaf struct {
	name string
	test string // a condition that reads it
	of   func(e *rules.Env) reflect.Value
}

// under reports whether the leaf is a member of one of some objects.
func (l leaf) under(objects ...string) bool {
	object, _, _ := strings.Cut(l.name, ".")
	return slices.Contains(objects, object)
}

// leaves are what rules of each scope can read.
var leaves = sync.OnceValue(func() map[rules.Scope][]leaf {
	all := map[rules.Scope][]leaf{}
	for _, each := range scopes {
		all[each] = findLeaves(each)
	}
	return all
})

// findLeaves returns what a rule of a scope can read.
func findLeaves(each rules.Scope) (all []leaf) {
	add := func(name string, kind reflect.Type, of func(e *rules.Env) reflect.Value) {
		test := name
		switch kind.Kind() {
		case reflect.Float64:
			test += " > 1e300"
		case reflect.String:
			test += ` == "none such"`
		case reflect.Slice:
			test = fmt.Sprintf("len(%s) > 1e9", name)
		case reflect.Bool:
		default:
			panic(name)
		}
		spec := rules.Spec{Name: "one", Each: each, When: []rules.Condition{{Level: rules.Info, Expr: test}}}
		if _, problems := rules.Compile(spec); len(problems) == 0 {
			all = append(all, leaf{name, test, of})
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[rules.Env]()) {
		name, object := field.Tag.Get("expr"), field.Type
		if name == "-" {
			continue
		}
		of := func(e *rules.Env) reflect.Value { return reflect.ValueOf(e).Elem().FieldByIndex(field.Index) }
		if field.Type == reflect.TypeFor[rules.Keyed]() {
			name, object = fmt.Sprintf("%s[%q]", name, field.Tag.Get("key")), reflect.TypeFor[rules.Metric]()
			figure, _ := rules.ParseFigure(name)
			of = func(e *rules.Env) reflect.Value { return reflect.ValueOf(e.Metric(figure)).Elem() }
		}
		for _, member := range reflect.VisibleFields(object) {
			if tag := member.Tag.Get("expr"); tag != "" && tag != "-" {
				add(name+"."+tag, member.Type, func(e *rules.Env) reflect.Value { return of(e).FieldByIndex(member.Index) })
			}
		}
	}
	return all
}

// scopes are those of rules; organizations are the last.
var scopes = []rules.Scope{rules.EachDevice, rules.EachFleet, rules.EachRoute, rules.EachProject, rules.EachOrganization}

// readAll returns rules that together read all that rules of some scopes can.
func readAll(scopes ...rules.Scope) (specs []rules.Spec) {
	const most = 100 // leaves in a condition, whose length is limited
	for _, each := range scopes {
		for chunk := range slices.Chunk(leaves()[each], most) {
			var tests []string
			for _, l := range chunk {
				tests = append(tests, l.test)
			}
			specs = append(specs, rules.Spec{
				Name: fmt.Sprintf("%s-%d", each, len(specs)), Each: each,
				When: []rules.Condition{{Level: rules.Info, Expr: strings.Join(tests, " || ")}},
			})
		}
	}
	return specs
}

// same reports whether two values are equal; no data is equal to no data.
func same(a, b reflect.Value) bool {
	switch {
	case a.Kind() == reflect.Float64:
		x, y := a.Float(), b.Float()
		return math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) <= 1e-9*max(1, math.Abs(x))
	case a.Kind() == reflect.Slice && a.Len() == b.Len():
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case a.Kind() == reflect.Slice:
		return false
	}
	return a.Equal(b)
}

// noData reports whether a value is that of no data.
func noData(v reflect.Value) bool {
	if v.Kind() == reflect.Float64 {
		return math.IsNaN(v.Float())
	}
	return v.IsZero()
}

// A scene is a month of two projects of an account, with all that rules can read.
type scene struct {
	*rig
	subjects []sceneSubject
}

// A sceneSubject is a subject of a scene.
type sceneSubject struct {
	each    rules.Scope
	project int    // of the configuration
	uid     string // "" is the project, or the organization
}

func (s sceneSubject) String() string { return strings.TrimSpace(string(s.each) + " " + s.uid) }

// sceneDays are those that pass before the values are compared.
const sceneDays = 30

// newScene runs a scene until the last second of a day, and polls then. faults break answers, also of this poll.
func newScene(t *testing.T, faults ...notehubtest.Fault) *scene {
	t.Helper()
	s := &scene{rig: newRig(t, 1, nil)}
	r := s.rig
	r.project.Devices = notehubtest.Fleet(1, 9, monday.AddDate(-1, 0, 0), []notehubtest.Share{
		{Archetype: notehubtest.HourlySensor, Weight: 6}, {Archetype: notehubtest.Satellite, Weight: 1}, {Archetype: notehubtest.Machine, Weight: 2},
	})
	yes := true
	r.project.FleetSettings = map[string]notehubtest.FleetSettings{r.project.Devices[0].Fleets[0]: {ConnectivityAssurance: &yes, WatchdogMinutes: 600}}
	r.project.Incidents = []notehubtest.Incident{
		flood(monday.Add(9*hour), 20*time.Minute), silence(monday.Add(12*day), 2*day),
		{Kind: notehubtest.FirmwareUpdate, Devices: []string{r.project.Devices[1].UID}, Start: monday.Add(sceneDays*day - 9*hour), Duration: hour, Bytes: 300_000},
	}
	r.rules(readAll(scopes[:len(scopes)-1]...)...)
	r.allowed = 1000
	r.accounts(map[string]int{"acme": 2}, payer("acme"))
	for i := range r.config.Bot.Projects {
		r.config.Bot.Projects[i].Satellite = env.Satellite{Bytes: 1e6}
	}
	r.config.Bot.Accounts[0].PerMinute = 1000
	for _, fault := range faults {
		r.hub.Fail(fault)
	}
	r.every(12 * hour).run(monday.Add(sceneDays*day - 8*hour))
	r.rules(readAll(scopes...)...) // the last of them are evaluated every hour
	r.hourly().run(monday.Add(sceneDays*day - 20*time.Minute))
	s.pollAt(monday.Add(sceneDays*day - time.Second))
	for i, p := range r.config.Bot.Projects {
		s.subjects = append(s.subjects, sceneSubject{rules.EachProject, i, ""}, sceneSubject{rules.EachFleet, i, r.project.Devices[0].Fleets[0]})
		for _, d := range r.project.Devices {
			s.subjects = append(s.subjects, sceneSubject{rules.EachDevice, i, d.UID})
		}
		routes, err := r.store.Usage.Routes(t.Context(), p.UID)
		require.NoError(t, err)
		for _, route := range routes.Routes {
			s.subjects = append(s.subjects, sceneSubject{rules.EachRoute, i, route.UID})
		}
	}
	s.subjects = append(s.subjects, sceneSubject{each: rules.EachOrganization})
	return s
}

// pollAt polls all projects at an instant.
func (s *scene) pollAt(at time.Time) {
	s.t.Helper()
	s.timer(at)
	require.NoError(s.t, s.bot.Schedule().PollNow(s.t.Context()))
	s.run(at)
}

// live returns what a poll of now sees of each subject, and checks that explanations and look-ups see the same.
func (s *scene) live() map[sceneSubject]*rules.Env {
	s.t.Helper()
	all := map[sceneSubject]*rules.Env{}
	reader := s.reader()
	for _, subject := range s.subjects {
		p := s.config.Bot.Projects[subject.project]
		if subject.each == rules.EachOrganization {
			seen, err := s.bot.OrganizationEnv(s.t.Context(), s.config.Bot.Accounts[0], 0)
			require.NoError(s.t, err)
			all[subject] = seen
		} else {
			state, err := s.store.Project(s.t.Context(), p.UID)
			require.NoError(s.t, err)
			polled, alone, err := s.bot.Envs(s.t.Context(), p, state, subject.uid)
			require.NoError(s.t, err)
			for _, l := range leaves()[subject.each] {
				require.True(s.t, same(l.of(polled), l.of(alone)), "%s of %s: %v at a poll, %v explained", l.name, subject, l.of(polled), l.of(alone))
			}
			all[subject] = polled
		}
		if subject.each != rules.EachDevice || subject.uid == s.project.Devices[0].UID { // one device is like another
			s.requireLookup(reader, subject, all[subject])
		}
	}
	return all
}

// past returns what a revision sees of each subject as of the end of a day.
func (s *scene) past(day rules.Day) map[sceneSubject]*rules.Env {
	s.t.Helper()
	all := map[sceneSubject]*rules.Env{}
	for _, subject := range s.subjects {
		var err error
		if subject.each == rules.EachOrganization {
			all[subject], err = s.bot.OrganizationEnv(s.t.Context(), s.config.Bot.Accounts[0], day)
		} else {
			all[subject], err = s.bot.PastEnv(s.t.Context(), s.config.Bot.Projects[subject.project], subject.uid, day)
		}
		require.NoError(s.t, err, subject)
	}
	return all
}

// reader returns a reader for look-ups.
func (s *scene) reader() *lookup.Reader {
	c := lookup.Config{
		Store: s.store, Now: s.clock,
		Accounts: []lookup.Account{{Name: "acme", PerMinute: 1000, Prices: &lookup.Prices{Currency: "USD", Event: 0.01, FreeEvents: 1000}}},
	}
	for _, p := range s.config.Bot.Projects {
		c.Projects = append(c.Projects, lookup.Project{UID: p.UID, Name: p.Name, Account: p.Account})
	}
	for _, r := range s.config.Bot.Rules {
		c.Rules = append(c.Rules, r.Rule)
	}
	return lookup.New(c)
}

// requireLookup checks that usage shows of a subject what rules see.
func (s *scene) requireLookup(reader *lookup.Reader, subject sceneSubject, seen *rules.Env) {
	s.t.Helper()
	p := s.config.Bot.Projects[subject.project]
	name, kind := p.UID, lookup.Kind(subject.each)
	switch subject.each {
	case rules.EachOrganization:
		name = "Org acme"
	case rules.EachProject:
	default:
		name = subject.uid
		reader = reader.Of([]lookup.Project{{UID: p.UID, Name: p.Name, Account: p.Account}})
	}
	found, err := reader.Find(s.t.Context(), name, kind)
	require.NoError(s.t, err, subject)
	var figures []rules.Figure
	for _, rule := range s.config.Bot.Rules {
		for _, figure := range rule.Reads.Figures {
			of := rule.Spec.Each == subject.each && figure.OfRoutes() == (subject.each == rules.EachRoute) // others say how late devices are
			if of && !slices.Contains(figures, figure) {
				figures = append(figures, figure)
			}
		}
	}
	require.NotEmpty(s.t, figures)
	for _, span := range []lookup.Span{lookup.Today, lookup.Week, lookup.Month, lookup.Period} {
		usage, err := reader.Usage(s.t.Context(), found, span, figures...)
		require.NoError(s.t, err)
		require.Len(s.t, usage.Figures, len(figures))
		for _, f := range usage.Figures {
			m := seen.Metric(f.Figure)
			total := map[lookup.Span]float64{lookup.Today: m.Today, lookup.Week: m.D7, lookup.Month: m.D30, lookup.Period: m.Used}[span]
			agree := func(what string, rule, shown float64) {
				require.True(s.t, same(reflect.ValueOf(rule), reflect.ValueOf(shown)), "%s of %s over %s, %s: %v in rules, %v shown", f.Figure, subject, span, what, rule, shown)
			}
			if f.Figure.Average() && span != lookup.Today {
				continue
			}
			agree("total", total, f.Total)
			agree("usual", m.Median, f.Usual)
			if span == lookup.Period {
				agree("forecast", m.Forecast, f.Forecast)
			}
		}
	}
}

// What a rule reads has one value, wherever people see it: when a poll evaluates the rule, when it is explained, and when usage is looked up.
// As of the end of a past day, as revisions and explain --at see it, it has the value that it had then, or is no data. Answers that are late,
// cut or wrong change none of that once they were read again.
func TestWhatRulesReadIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	last := rules.DayOf(monday) + sceneDays - 1
	next := last + 1
	type told struct{ live, nextLive, past, nextPast map[sceneSubject]*rules.Env }
	results := map[string]*told{}
	worlds := map[string][]notehubtest.Fault{
		"calm": nil,
		"with faults": {
			{Kind: notehubtest.Late, Lag: 20 * hour, From: monday.Add(3 * day), To: monday.Add(4*day + 2*hour)},
			{Kind: notehubtest.Truncated, From: monday.Add(8 * day), To: monday.Add(8*day + 12*hour)},
			{Kind: notehubtest.Cut, From: monday.Add(15*day + 20*hour), To: monday.Add(16*day + 14*hour)},
			{Kind: notehubtest.WebPage, From: monday.Add(20 * day), To: monday.Add(20*day + 20*hour)},
			{Kind: notehubtest.Late, Lag: 9 * hour, From: next.Start().Add(6 * hour), To: next.End()},
		},
	}
	t.Run("worlds", func(t *testing.T) {
		for name, faults := range worlds {
			r := new(told)
			results[name] = r
			t.Run(name, func(t *testing.T) {
				s := newScene(t, faults...)
				r.live = s.live()
				s.every(8 * hour).run(next.Start().Add(23 * hour))
				s.pollAt(next.End().Add(-time.Second))
				if len(faults) == 0 {
					r.nextLive = s.live()
				}
				s.run(next.End().Add(12 * hour))
				r.past, r.nextPast = s.past(last), s.past(next)
			})
		}
	})
	if t.Failed() {
		return
	}
	calm, faulty := results["calm"], results["with faults"]
	known, kept := map[string]bool{}, map[string]bool{} // leaves with data at a poll, and as of a past day
	for subject := range calm.live {
		for _, l := range leaves()[subject.each] {
			name := string(subject.each) + " " + l.name
			compare := func(what string, a, b *rules.Env) {
				require.True(t, same(l.of(a), l.of(b)), "%s of %s, %s: %v and %v", l.name, subject, what, l.of(a), l.of(b))
			}
			compare("with faults", calm.past[subject], faulty.past[subject])
			compare("with faults on that day", calm.nextPast[subject], faulty.nextPast[subject])
			known[name] = known[name] || !noData(l.of(calm.live[subject]))
			if noData(l.of(calm.past[subject])) {
				continue
			}
			kept[name] = true
			if l.under("bytes", "session_bytes", "routed", "route_failures", "route_latency", "period") || l.name == "device.age_days" {
				continue // Notehub counts these later; and the day ends after its last poll
			}
			compare("later", calm.live[subject], calm.past[subject])
			compare("later, with faults", faulty.live[subject], faulty.past[subject])
			compare("a day later", calm.nextLive[subject], calm.nextPast[subject])
		}
	}
	for _, each := range scopes {
		for _, l := range leaves()[each] {
			name := string(each) + " " + l.name
			grows := strings.HasSuffix(l.name, ".h1") || strings.HasSuffix(l.name, ".h6")
			if known[name] && !grows && !l.under("device", "plan", "fleet", "project", "org", "poll") {
				require.True(t, kept[name], "%s has no history", name)
			}
			if l.under("bytes", "events", "sessions") && !grows {
				require.True(t, known[name], "%s is nowhere known, so nothing was compared", name)
			}
		}
	}
}
