package bot_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/notehub/notehubtest"
)

// TestSeveralWorkersCommitTheSame polls devices of several blocks, some of which break rules, with one worker and with several.
func TestSeveralWorkersCommitTheSame(t *testing.T) {
	const devices = 2*history.BlockSize + 100
	committed := make(chan string, 2)
	t.Cleanup(func() {
		one, several := <-committed, <-committed
		require.Equal(t, one, several)
	})
	for _, workers := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			flooded := notehubtest.Incident{Kind: notehubtest.EventFlood, Start: monday, Duration: 3 * time.Hour}
			for i, sensor := range sensors(devices) {
				if i%500 == 7 {
					flooded.Devices = append(flooded.Devices, sensor.UID)
				}
			}
			r := newRig(t, devices, []notehubtest.Incident{flooded}, events("500"), budget("400"), silent())
			r.config.Bot.Workers = workers
			r.open()
			r.run(monday.Add(40 * time.Minute))
			require.NotEmpty(t, r.taken("ops"))
			committed <- r.rows(`SELECT * FROM alert`, `SELECT * FROM transition`, `SELECT alert, receiver, state FROM delivery`)
		})
	}
}

// rows returns what queries find in the database, as text.
func (r *rig) rows(queries ...string) string {
	r.t.Helper()
	db := rawDatabase(r.t, r.database)
	var text strings.Builder
	for _, query := range queries {
		r.writeRows(&text, db, query)
	}
	return text.String()
}

func (r *rig) writeRows(text *strings.Builder, db *sql.DB, query string) {
	r.t.Helper()
	rows, err := db.QueryContext(r.t.Context(), query)
	require.NoError(r.t, err)
	defer func() { require.NoError(r.t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(r.t, err)
	values, fields := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		fields[i] = &values[i]
	}
	for rows.Next() {
		require.NoError(r.t, rows.Scan(fields...))
		_, _ = fmt.Fprintln(text, values...)
	}
	require.NoError(r.t, rows.Err())
}
