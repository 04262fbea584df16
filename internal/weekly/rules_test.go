package weekly_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/weekly"
)

func TestRules(t *testing.T) {
	now := time.Date(2026, 6, 15, 8, 0, 0, 0, time.UTC)
	long := now.AddDate(-1, 0, 0)
	require.Equal(t, `Fired this week: often 21, seldom 1
Fired more than 20 times this week; consider a longer for, a higher limit or resolve_when: often (21)
Not fired in 90 days; test them with notewatch drill: never
Not fired since notewatch began to evaluate them on Mon 1 Jun; test them with notewatch drill: new, newer
Not evaluated yet: coming
`, weekly.Rules([]weekly.Rule{
		{Name: "often", Week: 21, Ever: 21, Since: long},
		{Name: "seldom", Week: 1, Ever: 5, Since: long},
		{Name: "earlier", Ever: 5, Since: long},
		{Name: "never", Since: long},
		{Name: "new", Since: now.AddDate(0, 0, -14)},
		{Name: "newer", Since: now.AddDate(0, 0, -14)},
		{Name: "coming"},
	}, now))
	require.Empty(t, weekly.Rules(nil, now))
}
