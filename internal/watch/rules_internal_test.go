package watch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// configuration is one whose rules file says something about everything, changed by change.
func configuration(t *testing.T, change func(*rules.Spec, *Config)) Config {
	t.Helper()
	spec := rules.Spec{
		Name: "budget", Each: rules.EachDevice, Limit: "40", Show: "events.used",
		When: []rules.Condition{{Level: rules.Warning, Expr: "events.used > limit"}},
	}
	c := Config{
		Bot: bot.Config{
			Accounts: []bot.Account{{Name: "acme", PerMinute: 4}}, DefaultReceivers: []string{"ops"}, Summary: true,
			Projects: []bot.Project{{UID: "app:1", Name: "one", Account: "acme", Notify: []string{"ops"}}},
			Windows:  []muting.Window{{Match: muting.Match{Rule: "budget"}, From: time.Hour, To: 2 * time.Hour}},
		},
		Receivers: []deliver.Receiver{{Name: "ops", From: rules.Warning, Lane: "slack C1"}, {Name: "mail"}},
	}
	change(&spec, &c)
	rule, problems := rules.Compile(spec)
	require.Empty(t, problems)
	c.Bot.Rules = []bot.Rule{{Rule: rule, Notify: []string{"ops"}}}
	return c
}

func TestRulesHash(t *testing.T) {
	same := configuration(t, func(*rules.Spec, *Config) {})
	for name, c := range map[string]struct {
		change func(*rules.Spec, *Config)
		same   bool
	}{
		"limit":            {change: func(s *rules.Spec, _ *Config) { s.Limit = "50" }},
		"condition":        {change: func(s *rules.Spec, _ *Config) { s.When[0].Expr = "events.used > 2 * limit" }},
		"name":             {change: func(s *rules.Spec, _ *Config) { s.Name = "other" }},
		"figure":           {change: func(s *rules.Spec, _ *Config) { s.Show = "events.today" }},
		"shadow":           {change: func(s *rules.Spec, _ *Config) { s.Shadow = true }},
		"reminders":        {change: func(s *rules.Spec, _ *Config) { s.Remind = []time.Duration{time.Hour} }},
		"period":           {change: func(_ *rules.Spec, c *Config) { c.Bot.Period = rules.PeriodSpec{MonthDay: 5} }},
		"project":          {change: func(_ *rules.Spec, c *Config) { c.Bot.Projects[0].UID = "app:2" }},
		"route":            {change: func(_ *rules.Spec, c *Config) { c.Bot.Projects[0].Notify = nil }},
		"budget":           {change: func(_ *rules.Spec, c *Config) { c.Bot.Accounts[0].PerMinute = 5 }},
		"receiver":         {change: func(_ *rules.Spec, c *Config) { c.Receivers = c.Receivers[:1] }},
		"level":            {change: func(_ *rules.Spec, c *Config) { c.Receivers[0].From = rules.Critical }},
		"fallback":         {change: func(_ *rules.Spec, c *Config) { c.Receivers[0].Fallback = "mail" }},
		"channel":          {change: func(_ *rules.Spec, c *Config) { c.Receivers[0].Lane = "slack C2" }},
		"defaultReceivers": {change: func(_ *rules.Spec, c *Config) { c.Bot.DefaultReceivers = nil }},
		"summary":          {change: func(_ *rules.Spec, c *Config) { c.Bot.Summary = false }},
		"window":           {change: func(_ *rules.Spec, c *Config) { c.Bot.Windows[0].To = 3 * time.Hour }},
		"zone":             {change: func(_ *rules.Spec, c *Config) { c.Bot.Windows[0].Zone = time.FixedZone("X", 3600) }},
		"hours":            {change: func(_ *rules.Spec, c *Config) { c.Receivers[0].Hours.Open = &muting.Window{To: time.Hour} }},
		"its window":       {change: func(_ *rules.Spec, c *Config) { c.Bot.Windows[0].Receivers = []string{"ops"} }},
		"summaries":        {change: func(s *rules.Spec, _ *Config) { s.Summary = "{{.Subject}}" }, same: true},
		"advice":           {change: func(s *rules.Spec, _ *Config) { s.Advice = "look" }, same: true},
		"reason":           {change: func(_ *rules.Spec, c *Config) { c.Bot.Windows[0].Because = "night" }, same: true},
		"called":           {change: func(_ *rules.Spec, c *Config) { c.Bot.Projects[0].Name = "uno" }, same: true},
		"token from":       {change: func(_ *rules.Spec, c *Config) { c.Bot.Accounts[0].TokenFrom = "X" }, same: true},
		"UTC":              {change: func(_ *rules.Spec, c *Config) { c.Bot.Windows[0].Zone = time.UTC }, same: true},
	} {
		hash := RulesHash(configuration(t, c.change))
		require.Len(t, hash, 16)
		require.Equal(t, c.same, hash == RulesHash(same), name)
	}
}

func TestOutdated(t *testing.T) {
	now := time.Date(2031, 7, 1, 8, 30, 0, 0, time.UTC)
	run := func(host, rules string, seen time.Duration) work.Process {
		return work.Process{ID: host + rules, Host: host, File: "rules.yaml", Rules: rules, Seen: now.Add(-seen)}
	}
	ended := run("b", "new", time.Second)
	ended.Ended = ended.Seen
	elsewhere := run("a", "old", time.Minute)
	elsewhere.File = "other.yaml"
	for name, c := range map[string]struct {
		rules string
		known []work.Process // the newest first
		want  bool
	}{
		"first start":               {rules: "old"},
		"same as active":            {rules: "new", known: []work.Process{run("b", "new", time.Second), run("a", "old", time.Hour)}},
		"started again":             {rules: "old", known: []work.Process{run("b", "new", time.Second), run("a", "old", time.Hour)}, want: true},
		"another host":              {rules: "old", known: []work.Process{run("b", "new", time.Second), run("c", "old", time.Hour)}},
		"another file":              {rules: "old", known: []work.Process{run("b", "new", time.Second), elsewhere}},
		"file changed back":         {rules: "old", known: []work.Process{run("b", "new", time.Second), run("a", "new", time.Hour), run("a", "old", 2*time.Hour)}},
		"active process has died":   {rules: "old", known: []work.Process{run("b", "new", time.Minute), run("a", "old", time.Hour)}},
		"active process has ended":  {rules: "old", known: []work.Process{ended, run("a", "old", time.Hour)}},
		"nobody has run by the new": {rules: "old", known: []work.Process{run("a", "old", time.Hour)}},
	} {
		p := work.Process{Host: "a", File: "rules.yaml", Rules: c.rules}
		require.Equal(t, c.want, outdated(p, "new", c.known, now), name)
	}
}
