package notehubtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A Device is a simulated device.
type Device struct {
	UID          string // dev:…
	Name         string // its serial number
	Archetype    Archetype
	Product      string    // UID; "" is that of the project
	Fleets       []string  // UIDs
	Provisioned  time.Time // it appears then; zero: 2025-01-01
	Removed      time.Time // it disappears then; zero: never
	FirmwareHost string    // "" is 1.0.0
	Firmware     string    // of the Notecard; "" is notecard-8.1.3.17074
	Disabled     bool
	Plan         *DataPlan // of its SIM; nil: a plan of which some is used
}

// A DataPlan is the usage of the plan of a SIM, which has 500 MB.
type DataPlan struct {
	Used    int64 // bytes until the instant At
	At      time.Time
	Added   int64 // bytes that are bought at AddedAt
	AddedAt time.Time
}

// A Share is the number of devices of an archetype in a fleet, relative to the others.
type Share struct {
	Archetype Archetype
	Weight    int
}

// Typical is a usual mix of archetypes, in percent.
func Typical() []Share {
	return []Share{
		{HourlySensor, 45}, {DailyTank, 15}, {ColdStore, 10}, {AssetTracker, 15}, {LinePowered, 5}, {Machine, 5}, {Satellite, 5},
	}
}

// Fleet returns n devices that were provisioned at the given instant, mixed by shares; without shares, by [Typical]. The archetypes are
// spread evenly, so the first devices are mixed as well. Each archetype is a fleet; every tenth device is also in the fleet "pilot".
func Fleet(seed uint64, n int, provisioned time.Time, shares []Share) []Device {
	source := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a simulation must be repeatable
	if len(shares) == 0 {
		shares = Typical()
	}
	total := 0
	for _, share := range shares {
		total += share.Weight
	}
	given := make([]int, len(shares))
	fleet := make([]Device, 0, n)
	for i := range n {
		next := 0
		for j, share := range shares { // the archetype with the largest gap to its share
			behind := (i+1)*share.Weight - given[j]*total
			if behind > (i+1)*shares[next].Weight-given[next]*total {
				next = j
			}
		}
		given[next]++
		fleet = append(fleet, newDevice(source, shares[next].Archetype, i, given[next], provisioned))
	}
	return fleet
}

func newDevice(source *rand.Rand, archetype Archetype, index, number int, provisioned time.Time) Device {
	d := Device{
		UID:         fmt.Sprintf("dev:86%05d%08d", index%100_000, source.IntN(100_000_000)),
		Name:        fmt.Sprintf("%s-%d", strings.ReplaceAll(string(archetype), " ", "-"), number),
		Archetype:   archetype,
		Fleets:      []string{FleetUID(string(archetype))},
		Provisioned: provisioned,
	}
	if index%10 == 9 {
		d.Fleets = append(d.Fleets, FleetUID(pilot))
	}
	return d
}

// pilot is the name of the fleet of every tenth device.
const pilot = "pilot"

// FleetUID returns the UID that [Fleet] gives to the fleet of an archetype, and to "pilot", the names of these fleets.
func FleetUID(name string) string {
	source := rand.New(rand.NewPCG(hash(name), 0)) //nolint:gosec // as above
	a, b := source.Uint64(), source.Uint64()
	return fmt.Sprintf("fleet:%08x-%04x-4%03x-a%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0xfff, b&0xffffffffffff)
}
