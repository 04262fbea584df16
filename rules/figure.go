package rules

import (
	"fmt"
	"math"
	"slices"
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

// figureNames are the words for figures in rules and messages.
var figureNames = [FigureCount]string{
	Bytes: "bytes", Sat: "sat", SessionBytes: "session_bytes", Events: "events", EventsTotal: "events_total",
	Platform: "platform", Watchdog: "watchdog", Sessions: "sessions", TLS: "tls", FirstSyncs: "first_syncs",
	Reboots: "reboots", FwUpdates: "fw_updates",
}

// String returns the word for the figure in rules, such as bytes.
func (f Figure) String() string {
	if f >= 0 && f < FigureCount {
		return figureNames[f]
	}
	return fmt.Sprintf("figure(%d)", int(f))
}

// ParseFigure returns the figure that a word of rules names, such as bytes. ok is false if it names none.
func ParseFigure(word string) (figure Figure, ok bool) {
	i := slices.Index(figureNames[:], word)
	return Figure(i), i >= 0
}
