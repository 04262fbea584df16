package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/demo"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// A database of an older version is left alone by all commands but those that hold its lock. While it is being brought up to date, it
// can be looked at and not changed.
func TestCommandsOnADatabaseOfAnOlderVersion(t *testing.T) {
	const days = 60
	folder := t.TempDir()
	path := filepath.Join(folder, "notewatch.db")
	today := rules.DayOf(time.Now())
	writeOldRows(t, path, today-1, days)
	t.Setenv("NOTEWATCH_DATABASE", path)
	t.Setenv("NOTEWATCH_RULES", filepath.Join(folder, "rules.yaml"))
	require.NoError(t, os.WriteFile(os.Getenv("NOTEWATCH_RULES"), []byte(`
projects: [{uid: 'app:1', name: lab}]
receivers: [{name: log, terminal: {}}]
rules: [{name: busy, each: device, when: events.today > 1000}]
`), 0o600))

	reads := []string{"usage pump", "top events 30d", "status"}
	writes := []string{"ack abc", "silence --project lab --for 1h --because test", "refresh", "redeliver abc", "drill busy"}
	expect := func(exit int, lines []string, want string) {
		t.Helper()
		for _, line := range lines {
			var stdout, stderr bytes.Buffer
			got := run(t.Context(), strings.Fields(line), &stdout, &stderr)
			require.Equal(t, exit, got, "%s: %s", line, &stderr)
			require.Contains(t, stderr.String(), want, line)
		}
	}
	older := fmt.Sprintf("the database was made by an older notewatch (schema %d, this one knows ", storetest.RowSchema)
	expect(exitFailure, append(reads, writes...), older)

	db, err := store.OpenToMigrate(t.Context(), path)
	require.NoError(t, err)
	expect(exitFailure, writes, "notewatch run is updating the database (day 1 of 60): repeat the command when that is done; if notewatch run is not running, start it")
	require.NoError(t, db.Usage.ConvertLists(t.Context()))
	for range 2 {
		_, err = db.Usage.ConvertNext(t.Context())
		require.NoError(t, err)
	}
	expect(0, reads, "Older days are missing: notewatch run is updating the database (day 3 of 60).\n")
	require.NoError(t, db.Close())

	hub := notehubtest.New(notehubtest.Config{
		Now: time.Now, Token: demo.Token, Seed: 1, RequestsPerMinute: 100,
		Projects: []notehubtest.Project{{UID: "app:1", Name: "lab", Devices: []notehubtest.Device{
			{UID: "dev:1", Name: "pump", Archetype: notehubtest.HourlySensor, Provisioned: time.Now().AddDate(-1, 0, 0)},
		}}},
	})
	address, stop, err := hub.Start()
	require.NoError(t, err)
	defer stop()
	t.Setenv("NOTEWATCH_NOTEHUB_URL", address)
	t.Setenv("NOTEWATCH_NOTEHUB_TOKEN", demo.Token)
	expect(0, []string{"once"}, "brought the database up to date")
	expect(0, append(reads, "silence --project lab --for 1h --because test"), "")
	db, err = store.OpenReadOnly(t.Context(), path)
	require.NoError(t, err)
	require.Len(t, storetest.ReadUsage(t, db, "app:1", []string{"dev:1"}, 0, today-2), days-1)
	require.NoError(t, db.Close())
}

// writeOldRows makes a database as an older version left it that polled until a day, with 24 events of a device on each day.
func writeOldRows(t *testing.T, path string, last rules.Day, days int) {
	t.Helper()
	db := storetest.OldDatabase(t, path, storetest.RowSchema)
	first := last - rules.Day(days) + 1
	for _, statement := range []string{
		`INSERT INTO project (uid, polled_at, failures, failure, truncated, read_days, reread_on)
			VALUES ('app:1', $1, 0, '', FALSE, json_object('events', json_object('first', $2, 'last', $3)), $3)`,
		`INSERT INTO device_list (project, read_at) VALUES ('app:1', $1)`,
		`INSERT INTO device (project, uid, name, sku, product, firmware, fleets, disabled, provisioned, last_activity)
			VALUES ('app:1', 'dev:1', 'pump', '', '', '', '[]', FALSE, 1, $1)`,
		`WITH RECURSIVE d (day) AS (SELECT $2 UNION ALL SELECT day + 1 FROM d WHERE day < $3)
			INSERT INTO usage (day, project, device, events, events_total, platform, watchdog, reboots, fw_updates)
			SELECT day, 'app:1', device.value, 24, 24, 0, 0, 0, 0 FROM d CROSS JOIN json_each('["", "dev:1"]') AS device`,
	} {
		_, err := db.ExecContext(t.Context(), statement, last.End().Add(-time.Hour).UnixMilli(), first, last)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
}
