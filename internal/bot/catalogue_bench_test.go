package bot_test

import (
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/rules"
)

// BenchmarkCatalogue compares steady cycles of the rules of the catalogue with those of the ten rules of BenchmarkCycle, in turn. The catalogue
// reads more of what Notehub tells of each device, and whole fleets. Its rules about routes and organizations, which are few, are left out.
func BenchmarkCatalogue(b *testing.B) {
	for size := range strings.SplitSeq(*cycleSizes, ",") {
		devices, err := strconv.Atoi(size)
		require.NoError(b, err)
		b.Run(size, func(b *testing.B) {
			ten, catalogue := newCycle(b, devices), newCycle(b, devices)
			catalogue.config.Bot.Rules = catalogueRules(b)
			steady := func(c *cycle, b *testing.B) { c.ready(b, 0) }
			defer debug.SetGCPercent(debug.SetGCPercent(50)) // as `notewatch run` does
			reportMedians(b, func() map[string]float64 {
				one, other := ten.taken(b, steady), catalogue.taken(b, steady)
				return map[string]float64{
					"ten-s": one["cycle-s"], "catalogue-s": other["cycle-s"], "x-ten": other["cycle-s"] / one["cycle-s"],
					"x-evaluate": other["evaluate-s"] / one["evaluate-s"], "ten-peak-MB": one["peak-MB"], "catalogue-peak-MB": other["peak-MB"],
					"rules": float64(len(catalogue.config.Bot.Rules)),
				}
			})
		})
	}
}

// catalogueRules returns the rules of the catalogue about devices, fleets and projects.
func catalogueRules(b *testing.B) (all []bot.Rule) {
	b.Helper()
	const text = `
projects: [{uid: 'app:1'}]
receivers: [{name: ops, terminal: {}}]
prices: {currency: USD, event: 0.00075, free_events: 5000}
satellite: {allowance: 10000, every: month}
include: [catalogue/*]
`
	file, err := config.ParseWithin("rules.yaml", []byte(text), "")
	require.NoError(b, err)
	for _, r := range file.Rules {
		if r.Spec.Each != rules.EachRoute && r.Spec.Each != rules.EachOrganization && !slices.ContainsFunc(r.Reads.Figures, rules.Figure.OfRoutes) {
			all = append(all, bot.Rule{Rule: r.Rule, Notify: []string{"ops"}})
		}
	}
	return all
}
