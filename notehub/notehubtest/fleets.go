package notehubtest

import (
	"cmp"
	"maps"
	"slices"
)

// fleetsAnswer returns the fleets that have a name or a device.
func fleetsAnswer(q query) fleetsEnvelope {
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
	answer := fleetsEnvelope{Fleets: []fleetLine{}}
	for _, uid := range slices.Sorted(maps.Keys(named)) {
		answer.Fleets = append(answer.Fleets, fleetLine{UID: uid, Label: named[uid], Created: q.project.beginning()})
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
