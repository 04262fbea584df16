package env_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// The metrics with keys of one device are not those of another, whichever way they are read.
func TestKeysOfEachDevice(t *testing.T) {
	const project = "app:1"
	db, err := store.Open(t.Context(), storetest.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	now := time.Date(2026, 6, 17, 10, 0, 0, 0, time.UTC)
	today, born := rules.DayOf(now), now.AddDate(-1, 0, 0)
	log, wifi := rules.Notefile(`"_log".qo`), rules.Transport("wifi")
	storetest.SaveDevices(t, db, project, []usage.Device{{UID: "dev:a", Provisioned: born}, {UID: "dev:b", Provisioned: born}}, now)
	storetest.SaveUsage(t, db, project, []storetest.Usage{
		{Device: "dev:a", Day: today, Figures: storetest.Figures{log: 7, wifi: 1}}, {Device: "dev:b", Day: today, Figures: storetest.Figures{log: 8}},
	}, log, wifi)

	wants := rules.Wants{log: rules.MembersOf("today"), wifi: rules.MembersOf("today")}
	list, err := db.Usage.DeviceList(t.Context(), project)
	require.NoError(t, err)
	data := env.Source{Usage: db.Usage}.Data(env.Project{UID: project, Now: now}, list)
	block, err := data.Read(t.Context(), data.Reader(wants), data.Blocks(rules.EachDevice)[0])
	require.NoError(t, err)
	var seen rules.Env
	for i, want := range []struct {
		device    string
		log, wifi float64
	}{{"dev:a", 7, 1}, {"dev:b", 8, 0}} {
		block.See(&seen, i)
		looked, err := env.Look(t.Context(), db, env.Query{Project: project, Subject: want.device, Now: now, Wants: wants})
		require.NoError(t, err)
		past, err := block.EnvAt(t.Context(), i, today)
		require.NoError(t, err)
		for _, e := range []*rules.Env{&seen, looked.Env, past} {
			require.Equal(t, want.device, e.Device.UID)
			require.InDelta(t, want.log, e.Notefiles[log].Today, 0)
			require.InDelta(t, want.wifi, e.Transport[wifi].Today, 0)
		}
	}
}
