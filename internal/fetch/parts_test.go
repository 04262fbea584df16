package fetch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// inFleets puts the devices into fleets in turn, each into one of n, the last ones into none.
func inFleets(devices []notehubtest.Device, n, none int) []notehubtest.Device {
	for i := range devices {
		devices[i].Fleets = []string{fmt.Sprintf("fleet:%02d", i%n)}
		if i >= len(devices)-none {
			devices[i].Fleets = nil
		}
	}
	return devices
}

// parts returns how the parts of a day were asked for in the last poll.
func (f *fleet) parts(on rules.Day) (total, byFleet, byDevice int) {
	for _, r := range f.hub.Requests() {
		switch {
		case r.Endpoint != notehubtest.Events || dayOf(r.Query, "startDate") != int(on):
		case r.Query.Get("aggregate") == "project":
			total++
		case r.Query.Has("fleetUID"):
			byFleet++
		case r.Query.Has("deviceUID"):
			byDevice++
		}
	}
	return total, byFleet, byDevice
}

// A day of which the whole answer is truncated is read in parts: the total by itself, devices by fleets and by their UIDs.
func TestADayThatDoesNotFitIsReadInParts(t *testing.T) {
	devices := inFleets(sensors(30), 3, 3)
	devices[0].Fleets = append(devices[0].Fleets, "fleet:01") // it counts once
	devices[29].Removed = monday.Add(hour)                    // it still counts for the project
	f := newFleet(t, devices, rules.Events)
	f.first = today
	f.limit(20)
	f.poll()
	f.serve()
	f.now = f.now.Add(15 * time.Minute)
	result := f.poll()
	require.False(t, result.Truncated, "nothing is missing")
	for on := today - 1; on <= today; on++ {
		total, byFleet, byDevice := f.parts(on)
		require.Equal(t, [3]int{1, 2, 1}, [3]int{total, byFleet, byDevice}, "two fleets fit into one answer")
	}
	f.requireTruth(today-1, today)
	require.Empty(t, f.news(), "what is read for the first time is no news")
}

// At most eight requests are made for parts of days. The others are made in the next polls, in turn.
func TestPartsAreReadInTurn(t *testing.T) {
	f := newFleet(t, inFleets(sensors(40), 20, 0), rules.Events)
	f.first = today
	f.limit(3)
	f.poll()
	known := map[string]bool{}
	for poll := 1; poll <= 8; poll++ {
		f.serve()
		f.now = f.now.Add(15 * time.Minute)
		require.True(t, f.poll().Truncated)
		require.LessOrEqual(t, f.asked, 2+8+2)
		for on := today - 1; on <= today; on++ {
			total, byFleet, _ := f.parts(on)
			require.Equal(t, 1, total)
			require.Equal(t, 3, byFleet)
		}
		column := f.column(rules.Events, today)
		require.True(t, history.At(column, 0).Known(), "the total is known at once")
		for d := range f.list.All() {
			if cell := history.At(column, d.Ordinal); cell.Known() {
				known[d.UID] = true
				require.Equal(t, value(f.hub.AsOf(project, d.UID, monday, f.now).Events), cell)
			}
		}
	}
	require.Len(t, known, 40, "each was known once")
	f.requireTruth(today-1, today-1)
}

// What was known of a day that is over stays, if it cannot be read again as a whole.
func TestATruncatedAnswerLeavesDaysThatAreOver(t *testing.T) {
	f := newFleet(t, inFleets(sensors(40), 20, 0), rules.Events)
	f.poll()
	f.requireTruth(today-1, today-1)
	f.limit(3)
	for range 3 {
		f.now = f.now.Add(15 * time.Minute)
		f.poll()
		f.requireTruth(today-1, today-1)
	}
}
