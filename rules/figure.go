package rules

import (
	"fmt"
	"math"
)

// A Figure names one counted quantity of a device or project on one day.
type Figure int

// The figures that Notehub accounts by day. Bytes are decimal counts of bytes, the rest plain counts.
const (
	Bytes        Figure = iota // cellular bytes, up and down, over all SIMs
	Sat                        // billable satellite bytes
	SessionBytes               // bytes of all sessions, whatever the transport
	Events                     // billable events
	EventsTotal                // all events
	Platform                   // events that Notehub does not bill
	Watchdog                   // events that Notehub itself makes for a silent device; billed
	Sessions                   // sessions
	TLS                        // sessions over TLS
	FirstSyncs                 // sessions that were a device's first
	Reboots                    // reboots
	FwUpdates                  // firmware updates
	SatPackets                 // satellite packets, up and down
	FigureCount                // how many figures there are
)

// Figures are the figures of one subject on one day, indexed by Figure. NaN is no data, never zero.
type Figures [FigureCount]float64

// Unknown returns figures of which none is known.
func Unknown() Figures {
	var figures Figures
	for i := range figures {
		figures[i] = math.NaN()
	}
	return figures
}

// Known reports whether a figure is data, that is, neither NaN nor infinite.
func Known(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// figureTraits are the words for figures in rules and messages, with what they are counted in.
var figureTraits = [FigureCount]struct {
	name, unit string
	floor      float64
}{
	Bytes:        {"bytes", UnitBytes, 20_000},
	Sat:          {"sat", UnitBytes, 50},
	SessionBytes: {"session_bytes", UnitBytes, 20_000},
	Events:       {"events", "", 10},
	EventsTotal:  {"events_total", "", 10},
	Platform:     {"platform", "", 10},
	Watchdog:     {"watchdog", "", 10},
	Sessions:     {"sessions", "", 4},
	TLS:          {"tls", "", 4},
	FirstSyncs:   {"first_syncs", "", 4},
	Reboots:      {"reboots", "", 2},
	FwUpdates:    {"fw_updates", "", 2},
	SatPackets:   {"sat_packets", "", 10},
}

// UnitBytes is the unit of bytes. Plain counts have the unit "".
const UnitBytes = "B"

// Unit returns what the figure is counted in: UnitBytes, or "" for plain counts.
func (f Figure) Unit() string { return figureTraits[f].unit }

// Floor returns the least that the figure is divided by, so that a few more than none are not many times as much.
func (f Figure) Floor() float64 { return figureTraits[f].floor }

// String returns the word for the figure in rules, such as bytes.
func (f Figure) String() string {
	if f >= 0 && f < FigureCount {
		return figureTraits[f].name
	}
	return fmt.Sprintf("figure(%d)", int(f))
}

// ParseFigure returns the figure that a word of rules names, such as bytes. ok is false if it names none.
func ParseFigure(word string) (figure Figure, ok bool) {
	for figure, traits := range figureTraits {
		if traits.name == word {
			return Figure(figure), true
		}
	}
	return 0, false
}
