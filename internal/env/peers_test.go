package env_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// A device is compared with the median of those of its SKU in its fleet that used anything yesterday, and of several fleets with the
// one that used most.
func TestPeers(t *testing.T) {
	const project = "app:1"
	nan := math.NaN()
	type device struct {
		name, sku string
		fleets    []string
		yesterday float64 // kB
		disabled  bool
		young     bool // began yesterday, which is no whole day then
		want      float64
	}
	six := func(fleets []string, more ...device) []device {
		var all []device
		for i, kb := range []float64{40, 42, 0, 45, 44, 47} {
			all = append(all, device{name: fmt.Sprint(i), sku: "A", fleets: fleets, yesterday: kb, want: -1})
		}
		return append(all, more...)
	}
	north := []string{"fleet:north"}
	for name, devices := range map[string][]device{
		"five peers":                       six(north, device{name: "own", sku: "A", fleets: north, yesterday: 450, want: 450.0 / 44}),
		"without a fleet":                  six(nil, device{name: "own", sku: "A", yesterday: 450, want: 450.0 / 44}),
		"one that used nothing":            six(north, device{name: "own", sku: "A", fleets: north, want: 0}),
		"one that is disabled is compared": six(north, device{name: "own", sku: "A", fleets: north, yesterday: 88, disabled: true, want: 2}),
		"another SKU":                      six(north, device{name: "own", sku: "B", fleets: north, yesterday: 450, want: nan}),
		"another fleet":                    six(north, device{name: "own", sku: "A", fleets: []string{"fleet:south"}, yesterday: 450, want: nan}),
		"no data":                          six(north, device{name: "own", sku: "A", fleets: north, yesterday: nan, want: nan}),
		"began yesterday":                  six(north, device{name: "own", sku: "A", fleets: north, yesterday: 450, young: true, want: nan}),
		"a peer that is disabled is none": six(north,
			device{name: "own", sku: "A", fleets: north, yesterday: 450, want: 450.0 / 44},
			device{name: "off", sku: "A", fleets: north, yesterday: 9000, disabled: true, want: -1}),
		"a peer that began yesterday is none": six(north,
			device{name: "own", sku: "A", fleets: north, yesterday: 450, want: 450.0 / 44},
			device{name: "new", sku: "A", fleets: north, yesterday: 9000, young: true, want: -1}),
		"a peer as large": six(north,
			device{name: "own", sku: "A", fleets: north, yesterday: 450, want: 450 / 44.5},
			device{name: "twin", sku: "A", fleets: north, yesterday: 450, want: 450 / 44.5}),
		"two fleets": append(six(north, device{name: "own", sku: "A", fleets: []string{"fleet:north", "fleet:south"}, yesterday: 450, want: 4.5}),
			device{name: "s1", sku: "A", fleets: []string{"fleet:south"}, yesterday: 100, want: -1},
			device{name: "s2", sku: "A", fleets: []string{"fleet:south"}, yesterday: 100, want: -1},
			device{name: "s3", sku: "A", fleets: []string{"fleet:south"}, yesterday: 100, want: -1},
			device{name: "s4", sku: "A", fleets: []string{"fleet:south"}, yesterday: 100, want: -1},
			device{name: "s5", sku: "A", fleets: []string{"fleet:south"}, yesterday: 100, want: -1}),
		"the floor": {
			{name: "own", sku: "A", yesterday: 50, want: 2.5},
			{name: "1", sku: "A", yesterday: 1, want: -1}, {name: "2", sku: "A", yesterday: 1, want: -1}, {name: "3", sku: "A", yesterday: 1, want: -1},
			{name: "4", sku: "A", yesterday: 1, want: -1}, {name: "5", sku: "A", yesterday: 1, want: -1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), storetest.Database(t))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			now := time.Date(2026, 6, 17, 10, 0, 0, 0, time.UTC)
			today := rules.DayOf(now)
			var listed []usage.Device
			var rows []storetest.Usage
			for _, d := range devices {
				born := now.AddDate(-1, 0, 0)
				if d.young {
					born = now.AddDate(0, 0, -1)
				}
				listed = append(listed, usage.Device{UID: "dev:" + d.name, Name: d.name, SKU: d.sku, Fleets: d.fleets, Disabled: d.disabled, Provisioned: born})
				rows = append(rows, storetest.Usage{Device: "dev:" + d.name, Day: today - 1, Figures: storetest.Figures{rules.Bytes: 1000 * d.yesterday}})
			}
			storetest.SaveDevices(t, db, project, listed, now)
			storetest.SaveUsage(t, db, project, rows, rules.Bytes)

			wants := rules.Wants{rules.Bytes: rules.MembersOf("peer_ratio")}
			list, err := db.Usage.DeviceList(t.Context(), project)
			require.NoError(t, err)
			data := env.Source{Usage: db.Usage}.Data(env.Project{UID: project, Now: now}, list)
			block, err := data.Read(t.Context(), data.Reader(wants), data.Blocks(rules.EachDevice)[0])
			require.NoError(t, err)
			for i := range block.Size() {
				want := devices[indexOf(t, listed, block.Subject(i))].want
				if want == -1 {
					continue
				}
				var seen rules.Env
				block.See(&seen, i)
				looked, err := env.Look(t.Context(), db, env.Query{Project: project, Subject: block.Subject(i), Now: now, Wants: wants})
				require.NoError(t, err)
				past, err := block.EnvAt(t.Context(), i, today)
				require.NoError(t, err)
				for _, e := range []*rules.Env{&seen, looked.Env, past} {
					requireNumber(t, want, e.Bytes.PeerRatio)
				}
			}
		})
	}
}

func indexOf(t *testing.T, devices []usage.Device, uid string) int {
	t.Helper()
	for i, d := range devices {
		if d.UID == uid {
			return i
		}
	}
	t.Fatal(uid)
	return -1
}
