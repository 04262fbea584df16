package bot_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/rules"
)

const (
	scaleDevices = 10_000
	scaleStorm   = 1_000 // devices that begin to fire
)

// BenchmarkScale takes cycles of 10,000 devices as BenchmarkCycle does. Each part changes one thing; "steady" and "storm" change
// nothing and are what the others compare with. In parts of "storm" the rules begin to fire for 1,000 devices, and all is sent.
func BenchmarkScale(b *testing.B) {
	for _, part := range []struct {
		name   string
		change func(*testing.B, *cycle)
	}{
		{name: "steady", change: func(*testing.B, *cycle) {}},
		{name: "steady/rules=1", change: func(b *testing.B, c *cycle) { c.config.Bot.Rules = compiled(b, conditions(1)) }},
		{name: "steady/rules=30", change: func(b *testing.B, c *cycle) { c.config.Bot.Rules = compiled(b, conditions(30)) }},
		{name: "steady/figures=1", change: func(b *testing.B, c *cycle) { c.config.Bot.Rules = compiled(b, conditions(10, "events", "sessions")) }},
		{name: "steady/figures=2", change: func(b *testing.B, c *cycle) { c.config.Bot.Rules = compiled(b, conditions(10, "sessions")) }},
		{name: "steady/period=day", change: func(_ *testing.B, c *cycle) { c.config.Bot.Period = rules.PeriodSpec{Every: "day"} }},
		{name: "steady/period=60d", change: func(_ *testing.B, c *cycle) { c.config.Bot.Period = rules.PeriodSpec{Days: 60} }},
		{name: "storm", change: func(*testing.B, *cycle) {}},
		{name: "storm/receivers=5", change: func(b *testing.B, c *cycle) { c.addReceivers(b, 4) }},
	} {
		b.Run(part.name, func(b *testing.B) {
			c := newCycle(b, scaleDevices)
			part.change(b, c)
			c.bench(b, func(c *cycle, b *testing.B) {
				c.ready(b, 0)
				if strings.HasPrefix(part.name, "storm") {
					c.order.Firing = scaleStorm
				}
			})
		})
	}
}

// conditions returns n of the ten conditions, by name. Those that read some metrics are left out, and others are there several times.
func conditions(n int, without ...string) map[string]string {
	picked := map[string]string{}
	for i := 0; len(picked) < n; i++ {
		for _, name := range slices.Sorted(maps.Keys(cycleConditions)) {
			when := cycleConditions[name]
			reads := func(metric string) bool { return strings.Contains(when, metric+".") }
			if len(picked) < n && !slices.ContainsFunc(without, reads) {
				picked[fmt.Sprintf("%s-%d", name, i)] = when
			}
		}
	}
	return picked
}

// addReceivers sends what all rules say to n more receivers.
func (c *cycle) addReceivers(b *testing.B, n int) {
	for i := range n {
		name := fmt.Sprintf("ops-%d", i)
		c.config.Receivers = append(c.config.Receivers, c.receiver(b, name))
		for j := range c.config.Bot.Rules {
			c.config.Bot.Rules[j].Notify = append(c.config.Bot.Rules[j].Notify, name)
		}
	}
}

// compiled returns the rules of some conditions, by name.
func compiled(b *testing.B, conditions map[string]string) (all []bot.Rule) {
	b.Helper()
	for name, when := range conditions {
		rule, problems := rules.Compile(rules.Spec{
			Name: name, Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: when}},
		})
		require.Empty(b, problems)
		all = append(all, bot.Rule{Rule: rule, Notify: []string{"ops"}})
	}
	return all
}
