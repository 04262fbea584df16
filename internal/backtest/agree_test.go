package backtest_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/backtest"
	"notewatch/internal/config"
	"notewatch/internal/driven"
	"notewatch/internal/ruletest"
	"notewatch/internal/ruletest/testfile"
	"notewatch/rules"
	"notewatch/rules/rulestest"
)

var (
	long = flag.Bool("long", false, "compare the ways to let rules work on more random months")
	seed = flag.Uint64("seed", 0, "compare only the random month of this seed")
)

// maxRules is how many rules a random file has.
const maxRules = 10

// What rules send depends on the rules and on the input alone: on whatever happens to a project, notewatch run, a rule test and a backtest
// have the same alerts and messages.
func TestSameEverywhere(t *testing.T) {
	t.Parallel()
	seeds, days := []uint64{1, 2}, 3
	if *long {
		seeds, days = []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 20, 40}, 10 // the last ones have found something
	}
	if *seed > 0 {
		seeds, days = []uint64{*seed}, 10
	}
	var live, replayed atomic.Int64
	t.Run("months", func(t *testing.T) {
		for _, n := range seeds {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				alerts, days := compareMonth(t, n, days)
				live.Add(int64(alerts))
				replayed.Add(int64(days))
			})
		}
	})
	if *seed == 0 {
		require.Greater(t, live.Load(), int64(20), "so few alerts tell little")
		require.Greater(t, replayed.Load(), int64(5), "so few alerts tell little")
	}
}

// compareMonth compares the ways to let random rules work on a random month, and returns how many alerts there were live, and in the backtest.
func compareMonth(t *testing.T, seed uint64, days int) (alerts, replayed int) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 2))
	in := randomInput(random, days, seed%2 == 0)
	path, text := filepath.Join(t.TempDir(), "rules.yaml"), randomFile(t, random)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(text + in.test())
		}
	})
	file, err := config.Load(path, func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	clock := driven.NewClock(in.start)
	live := startLive(t, file, clock, in.hub(clock.Now), in.slot)
	live.play(in)
	alerts = len(live.alerts())
	requireSameInTest(t, path, in, live)
	return alerts, requireSameInBacktest(t, file, in, live)
}

// requireSameInTest runs a rule test that expects what followed live.
func requireSameInTest(t *testing.T, path string, in *input, live *liveRun) {
	t.Helper()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("rules: rules.yaml\ntests:\n%s  expect:\n    alerts: %s", in.test(), empty(live.alerts()))
	for _, a := range live.alerts() {
		ended := ""
		if !a.ended.IsZero() {
			ended = fmt.Sprintf(", ended: %s, as: %s", stamp(a.ended), a.as)
		}
		line("      - {rule: %s, subject: %s, level: %s, fired: %s%s}", a.rule, a.subject, a.level, stamp(a.fired), ended)
	}
	line("    messages:")
	for _, receiver := range []string{"team", "on-call"} {
		line("      %s: %s", receiver, empty(live.sent[receiver]))
		for _, m := range live.sent[receiver] {
			text, err := json.Marshal(lines(m.text)) // which is YAML too
			require.NoError(t, err)
			rule := ""
			if m.rule != "" {
				rule = ", rule: " + m.rule
			}
			line("        - {at: %s%s, subject: [%s], reason: %s, level: %s, count: %d, text: %s}", stamp(m.at), rule, strings.Join(m.subjects, ", "), m.reason, m.level, m.count, text)
		}
	}
	test := filepath.Join(filepath.Dir(path), "random"+testfile.Suffix)
	require.NoError(t, os.WriteFile(test, []byte(b.String()), 0o600))
	tests, err := testfile.Load(test)
	require.NoError(t, err)
	require.NoError(t, ruletest.RunAll(t.Context(), []*testfile.File{tests}, nil, func(r ruletest.Result) error {
		for _, d := range r.Differences {
			t.Errorf("%s", d.Of)
			for _, l := range d.Lines {
				if l.Sign != "" {
					t.Errorf("%s %s", l.Sign, l.Text)
				}
			}
		}
		return nil
	}))
}

func stamp(at time.Time) string { return at.UTC().Format("'2006-01-02T15:04:05.999999999Z07:00'") }

// an alert has a random ID.
var alertID = regexp.MustCompile(`alert [0-9a-z]{4,}|notewatch \w+ [0-9a-z]{4,}`)

// lines returns the parts of a message that every run has.
func lines(text string) (parts []string) {
	for part := range strings.SplitSeq(text, "\n") {
		for _, piece := range alertID.Split(part, -1) {
			if piece = strings.TrimSpace(piece); len(piece) > 2 {
				parts = append(parts, piece)
			}
		}
	}
	return parts
}

// empty writes a list that is empty; that of others follows.
func empty[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	return ""
}

// requireSameInBacktest compares a backtest on the database of a live run with rules that live through the days as a backtest sees them: each as
// a whole, at its end.
// It returns how many alerts there were.
func requireSameInBacktest(t *testing.T, file *config.File, in *input, live *liveRun) int {
	t.Helper()
	whole := *in
	whole.whole, whole.faults, whole.hushes = true, nil, nil
	live.until(in.start.AddDate(0, 0, in.days).Add(14 * hour)) // what is late has come, and what was missed has been read
	r, err := backtest.Run(t.Context(), live.store, file, backtest.Query{Days: in.days, Now: live.clock.Now()})
	if errors.Is(err, backtest.ErrNoRules) {
		return 0
	}
	require.NoError(t, err)
	only := *file
	only.Rules = slices.DeleteFunc(slices.Clone(file.Rules), func(one config.Rule) bool {
		return slices.ContainsFunc(r.LeftOut, func(l backtest.LeftOut) bool { return l.Rule == one.Spec.Name })
	})
	clock := driven.NewClock(in.start.Add(6 * hour))
	days := startLive(t, &only, clock, whole.hub(clock.Now), oneDay)
	for day := range in.days {
		for _, of := range []time.Duration{6 * hour, 12 * hour, 23 * hour, oneDay - time.Minute} {
			at := in.start.AddDate(0, 0, day).Add(of)
			days.until(at.Add(-1))
			days.clock.Forward(at)
			require.NoError(t, days.watch.Bot.Schedule().PollNow(t.Context()))
			days.until(at)
		}
	}
	var got []transition
	for _, a := range r.Alerts {
		if a.Project == "default" {
			a.Subject = "cold-chain" // as alerts of organizations are called here
		}
		got = append(got, transition{a.Rule, a.Subject, a.Level, a.Fired, a.Ended, a.As})
	}
	require.Equal(t, texts(days.alerts()), texts(got))
	for _, receiver := range r.Receivers {
		perDay := make([]int, in.days)
		for _, m := range days.sent[receiver.Name] {
			perDay[int(m.at.Sub(in.start)/oneDay)]++
		}
		require.Equal(t, perDay, receiver.PerDay, receiver.Name)
	}
	return len(got)
}

// texts returns transitions as lines.
func texts(all []transition) string {
	var lines []string
	for _, a := range all {
		lines = append(lines, fmt.Sprintf("%s %s %s %s .. %s %s", a.rule, a.subject, a.level, a.fired.Format(time.DateTime), a.ended.Format(time.DateTime), a.as))
	}
	return strings.Join(lines, "\n")
}

// randomFile writes a rules file with random rules.
func randomFile(t *testing.T, random *rand.Rand) string {
	t.Helper()
	const head = "projects: [{uid: 'app:1', name: cold-chain}]\nprices: {currency: USD, event: 0.00075, free_events: 400}\n" +
		"receivers: [{name: team, terminal: {}}, {name: on-call, from: critical, terminal: {}}]\n"
	period := []string{"", "satellite: {allowance: kb(1), every: month}\n", "period: week\n", "period: day\n", "period: {every: month, from: 15}\n", "period: {every: 5d, from: 2025-01-03}\n"}[random.IntN(6)]
	text := head + period + "rules:\n"
	for n := 0; n < maxRules; {
		rule := randomRule(random, fmt.Sprintf("r%d", n))
		if _, err := config.Parse("rules.yaml", []byte(head+"rules:\n"+rule), func(string) (string, bool) { return "", false }); err != nil {
			continue // too complex, or of no use
		}
		text += rule
		n++
	}
	return text
}

// randomRule writes a rule of any kind.
func randomRule(random *rand.Rand, name string) string {
	scopes := []rules.Scope{rules.EachDevice, rules.EachDevice, rules.EachDevice, rules.EachFleet, rules.EachProject, rules.EachRoute, rules.EachOrganization}
	scope := scopes[random.IntN(len(scopes))]
	w := rulestest.New(random, scope)
	condition := func() string {
		if random.IntN(3) == 0 {
			return w.Condition(1 + random.IntN(3))
		}
		first := likely(random, scope)
		if random.IntN(2) == 0 {
			return first
		}
		return first + []string{" && ", " || ", " && not "}[random.IntN(3)] + "(" + likely(random, scope) + ")"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  - name: %s\n    each: %s\n", name, scope)
	field := func(key, value string) { fmt.Fprintf(&b, "    %s: '%s'\n", key, value) }
	if random.IntN(2) == 0 {
		field("when", condition())
		fmt.Fprintf(&b, "    severity: %s\n", []string{"info", "warning", "critical"}[random.IntN(3)])
	} else {
		fmt.Fprintf(&b, "    when: {warning: '%s', critical: '%s'}\n", condition(), condition())
	}
	if random.IntN(3) == 0 {
		field("for", []string{"30m", "2h", "5h", "12h"}[random.IntN(4)])
	}
	if random.IntN(4) == 0 {
		field("resolve_when", condition())
	}
	if random.IntN(6) == 0 && scope == rules.EachDevice {
		field("where", "\"north\" in device.fleets")
	}
	if random.IntN(5) == 0 {
		field("remind", "6h")
	}
	if random.IntN(8) == 0 {
		field("shadow", "true")
	}
	return b.String()
}

// likely writes a condition that is true now and then.
func likely(random *rand.Rand, scope rules.Scope) string {
	metrics := []string{"events", "sessions", "bytes", "platform", "sat"}
	if scope == rules.EachRoute {
		metrics = []string{"routed", "route_failures"}
	}
	scales := map[string]float64{
		"today": 1, "yesterday": 1, "median": 1, "usual": 1, "used": 8, "prev": 15, "forecast": 20, "d7": 7, "d30": 30, "h1": 0.05, "h6": 0.3,
	}
	if scope != rules.EachRoute && random.IntN(8) == 0 {
		return fmt.Sprintf("cost.%s > %.2f", []string{"used", "forecast"}[random.IntN(2)], random.Float64())
	}
	if scope == rules.EachOrganization && random.IntN(4) == 0 {
		return fmt.Sprintf("cost.free_used_pct > %d", random.IntN(150))
	}
	metric := metrics[random.IntN(len(metrics))]
	members := slices.Sorted(maps.Keys(scales))
	member := members[random.IntN(len(members))]
	if random.IntN(6) == 0 {
		return fmt.Sprintf("%s.%s > %d", metric, []string{"ratio", "z"}[random.IntN(2)], 1+random.IntN(4))
	}
	scale := scales[member] * float64(usual[metric])
	if scope == rules.EachFleet || scope == rules.EachProject || scope == rules.EachOrganization {
		scale *= 3
	}
	return fmt.Sprintf("%s.%s %s %d", metric, member, []string{">", ">", ">", "<"}[random.IntN(4)], int(scale*3*random.Float64()))
}
