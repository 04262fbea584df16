package fetch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// withUIDs returns how many requests for events named devices.
func (f *fleet) withUIDs() (times int) {
	for _, r := range f.hub.Requests() {
		if r.Endpoint == notehubtest.Events && r.Query.Has("deviceUID") {
			times++
		}
	}
	return times
}

// A device that moves in from another project, or returns, has a past here: what it used before is read, and where it is absent that
// is 0.
func TestADeviceThatAppearsWithAPastIsReadBack(t *testing.T) {
	for _, c := range []struct {
		name     string
		joining  int
		rows     int
		byUID    int // requests for each endpoint
		requests int // of events in that poll
	}{
		{"one device", 1, 0, 1, 2},
		{"several hundred", 401, 0, 3, 4},
		{"more than a thousand", 1001, 40_000, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			devices := sensors(c.joining + 3)
			f := newFleet(t, devices[:3], rules.Events)
			f.first = today - 5
			f.poll()
			f.project.Devices = devices
			f.now = f.now.Add(hour)
			f.serve()
			f.limit(c.rows)
			f.poll()
			require.Equal(t, c.byUID, f.withUIDs())
			require.Len(t, f.spans(), c.requests)
			for _, change := range f.news() {
				require.Equal(t, today-1, change.Day, "nobody has evaluated earlier days of these devices")
			}
			f.requireDevices(f.first, today)
			f.serve()
			f.now = f.now.Add(hour)
			f.poll()
			require.Equal(t, []string{"-1…0"}, f.spans(), "once")
		})
	}
}

func TestOnlyDevicesWithAPastAreReadBack(t *testing.T) {
	devices := sensors(4)
	f := newFleet(t, devices[:1], rules.Events)
	f.poll()
	require.Zero(t, f.withUIDs(), "all devices of the first list are read as a whole")

	devices[1].Provisioned = monday.Add(13 * hour)
	devices[2].Provisioned = monday.Add(-hour)
	f.project.Devices = devices[:3]
	f.now = monday.Add(14 * hour)
	f.serve()
	f.poll()
	require.Zero(t, f.withUIDs(), "a new device has no past")
}

func TestADeviceThatReturnsIsReadBack(t *testing.T) {
	hub := newScript("a", "b")
	r := newRig(t, hub, rules.Events)
	r.poll()
	hub.answers["devices"] = listing("a")
	r.now = r.now.Add(hour)
	r.poll()
	r.now = r.now.Add(3 * day)
	r.poll()
	require.Equal(t, history.NotKnown, r.cell(rules.Events, today+1, "dev:b"))

	hub.answers["devices"] = listing("a", "b")
	r.now = r.now.Add(hour)
	r.poll()
	require.Equal(t, 2, r.list.Len())
	for on := today - 5; on <= today+3; on++ {
		require.Equal(t, value(0), r.cell(rules.Events, on, "dev:b"), "%s", on)
	}
}

// What could not be read back is read with the next list, also by another process.
func TestReadingBackIsTriedAgain(t *testing.T) {
	devices := sensors(4)
	f := newFleet(t, devices[:3], rules.Events)
	f.poll()
	f.project.Devices = devices
	f.now = f.now.Add(hour)
	f.serve()
	f.hub.Fail(notehubtest.Fault{Kind: notehubtest.Slow, Endpoint: notehubtest.Events, Times: 1, Release: closed()})
	f.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError, Endpoint: notehubtest.Events, Times: 1})
	f.poll()
	require.Contains(t, f.log.String(), "this is tried again with the next list")
	f.requireDevices(today-1, today)

	f.restart()
	f.serve()
	f.poll()
	require.Zero(t, f.withUIDs())
	f.now = f.now.Add(hour)
	f.poll()
	require.Equal(t, 1, f.withUIDs())
	f.requireDevices(f.first, today)
}
