package bot_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/storetest"
	"notewatch/rules"
)

// TestDamagedHistoryIsReadAgain damages what is stored of a day that a rule looks back on, as a bad disk does.
func TestDamagedHistoryIsReadAgain(t *testing.T) {
	month := rules.Spec{
		Name: "busy", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: "events.d30 > 100"}},
	}
	r := newRig(t, 2, nil, month)
	r.run(monday.Add(7 * time.Hour))
	require.Equal(t, []string{"fired", "fired"}, r.reasons("ops"))
	day := rules.DayOf(monday) - 20
	read := func() []storetest.Usage {
		return storetest.ReadUsage(t, r.store, project, []string{sensors(1)[0].UID}, day, day)
	}
	before := read()
	require.True(t, rules.Known(before[0].Figures[rules.Events]))

	db := rawDatabase(t, r.database)
	_, err := db.ExecContext(t.Context(), `UPDATE history SET vals = $2 WHERE day = $1 AND figure = (SELECT id FROM figure WHERE name = 'events')`, day, []byte{1, 0xff, 0})
	require.NoError(t, err)
	var log bytes.Buffer
	r.config.Bot.Log = slog.New(slog.NewTextHandler(&log, nil))
	r.open()
	r.run(monday.Add(7*time.Hour + 20*time.Minute))
	state, err := r.store.Project(t.Context(), project)
	require.NoError(t, err)
	require.Positive(t, state.Damaged)
	require.Zero(t, state.Failures)

	r.run(monday.Add(8 * time.Hour))
	require.Equal(t, fmt.Sprint(before), fmt.Sprint(read()), "which compares no data as well")
	state, err = r.store.Project(t.Context(), project)
	require.NoError(t, err)
	require.Zero(t, state.Damaged)
	require.Equal(t, 1, strings.Count(log.String(), "a column of history cannot be read"), "said once")
	require.Equal(t, []string{"fired", "fired"}, r.reasons("ops"), "what is not known neither resolves nor fires")
}
