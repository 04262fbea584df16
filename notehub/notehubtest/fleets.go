package notehubtest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"notewatch/notehub/notehubtest/wire"
)

// FleetSettings are the settings of a fleet.
type FleetSettings struct {
	ConnectivityAssurance *bool // a device whose plan is almost used up gets 500 MB more; nil is null in the answer
	WatchdogMinutes       int64 // of [Silence], after which Notehub makes an event for each of the devices, repeatedly; 0: never
}

// join applies the settings of a fleet to a device in it.
func (d *device) join(settings FleetSettings) {
	if on := settings.ConnectivityAssurance; on != nil && *on {
		d.assured = true
	}
	watchdog := time.Duration(settings.WatchdogMinutes) * time.Minute
	if watchdog > 0 && (d.watchdog == 0 || watchdog < d.watchdog) {
		d.watchdog = watchdog
	}
}

// fleetsAnswer returns the fleets that have a name or a device.
func fleetsAnswer(q query) wire.FleetsEnvelope {
	named := maps.Clone(q.project.Fleets)
	if named == nil {
		named = map[string]string{}
	}
	known := knownFleets()
	for _, d := range q.project.devices {
		for _, uid := range d.Fleets {
			if named[uid] == "" {
				named[uid] = cmp.Or(known[uid], uid)
			}
		}
	}
	answer := wire.FleetsEnvelope{Fleets: []wire.FleetLine{}}
	for _, uid := range slices.Sorted(maps.Keys(named)) {
		line := wire.FleetLine{UID: uid, Label: named[uid], Created: q.project.beginning()}
		if settings, ok := q.project.FleetSettings[uid]; ok {
			line.Watchdog = settings.WatchdogMinutes
			line.Assurance = &wire.Assurance{Enabled: settings.ConnectivityAssurance}
		}
		answer.Fleets = append(answer.Fleets, line)
	}
	return answer
}

// knownFleets returns the names of the fleets that Fleet puts devices into, by UID.
func knownFleets() map[string]string {
	known := map[string]string{FleetUID(pilot): pilot}
	for archetype := range profiles {
		known[FleetUID(string(archetype))] = string(archetype)
	}
	return known
}
