package bot_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/fetch"
	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// An older version has stored a year of days. A poll needs the last of them only; the rest follows.
func TestPollsBeginWhenTheDaysThatRulesNeedAreConverted(t *testing.T) {
	const days = 365
	r := newRig(t, 3, nil, budget("100"))
	r.database = filepath.Join(t.TempDir(), "old.db")
	r.now = monday.Add(8 * time.Hour)
	today := rules.DayOf(r.now)
	storeRows(t, r.database, r.project.Devices, today-1, days)
	require.NoError(t, r.store.Close())
	r.store = nil
	r.open()
	stored, err := r.store.Usage.DeviceList(t.Context(), project)
	require.NoError(t, err)
	require.Equal(t, 3, stored.Len(), "no rule sees a project without its devices")

	r.run(r.now)
	left, err := r.store.Usage.Conversion(t.Context())
	require.NoError(t, err)
	require.False(t, left.Ended())
	require.Equal(t, 1, r.asked(notehubtest.Events), "what was stored need not be read again")
	converted := storetest.ReadUsage(t, r.store, project, []string{""}, 0, today)
	require.Equal(t, today-fetch.RereadDays-metric.HistoryDays, converted[0].Day)
	require.NotEmpty(t, r.told("ops"))
	for _, told := range r.told("ops") {
		require.Equal(t, "fired", told.Reason, "the month was over the limit, and days that come in late are no news")
	}

	require.NoError(t, r.bot.Convert(t.Context()))
	left, err = r.store.Usage.Conversion(t.Context())
	require.NoError(t, err)
	require.True(t, left.Ended())
	oldest := storetest.ReadUsage(t, r.store, project, []string{r.project.Devices[0].UID}, 0, today-days)
	require.Len(t, oldest, 1)
	require.InDelta(t, 24, oldest[0].Figures[rules.Events], 0)
}

// storeRows makes a database as an older version left it that polled until a day, with 24 events of each device on each day.
func storeRows(t *testing.T, path string, devices []notehubtest.Device, last rules.Day, days int) {
	t.Helper()
	db := storetest.OldDatabase(t, path, storetest.RowSchema)
	exec := func(statement string, args ...any) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), statement, args...)
		require.NoError(t, err)
	}
	polled := last.End().Add(-time.Hour).UnixMilli()
	exec(`INSERT INTO project (uid, polled_at, failures, failure, truncated, read_days, reread_on)
		VALUES ($1, $2, 0, '', FALSE, json_object('events', json_object('first', $3, 'last', $4)), $4)`, project, polled, last-rules.Day(days)+1, last)
	exec(`INSERT INTO device_list (project, read_at) VALUES ($1, $2)`, project, polled)
	add := func(uid string, events int) {
		exec(`WITH RECURSIVE d (day) AS (SELECT $3 UNION ALL SELECT day + 1 FROM d WHERE day < $4)
			INSERT INTO usage (day, project, device, events, events_total, platform, watchdog, reboots, fw_updates)
			SELECT day, $1, $2, $5, $5, 0, 0, 0, 0 FROM d`, project, uid, last-rules.Day(days)+1, last, events)
	}
	for _, d := range devices {
		exec(`INSERT INTO device (project, uid, name, sku, product, firmware, fleets, disabled, provisioned, last_activity)
			VALUES ($1, $2, $3, '', '', '', '[]', FALSE, $4, $5)`, project, d.UID, d.Name, d.Provisioned.UnixMilli(), polled)
		add(d.UID, 24)
	}
	add("", 24*len(devices))
	require.NoError(t, db.Close())
}
