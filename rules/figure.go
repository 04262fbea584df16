package rules

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"notewatch/rules/internal/names"
)

// A Figure names one counted quantity of a device or project on one day, as in rules and the store: a word such as events, or a word with a
// key such as notefiles["data.qo"].
type Figure string

// The figures that Notehub counts by day. Bytes are decimal counts of bytes, the others are plain counts.
const (
	Bytes        Figure = "bytes"         // cellular bytes, up and down, over all SIMs
	Sat          Figure = "sat"           // billable satellite bytes
	SessionBytes Figure = "session_bytes" // bytes of all sessions, whatever the transport
	Events       Figure = "events"        // billable events
	EventsTotal  Figure = "events_total"  // all events
	Platform     Figure = "platform"      // events that Notehub does not bill
	Watchdog     Figure = "watchdog"      // events that Notehub itself makes for a silent device; billed
	Sessions     Figure = "sessions"      // sessions
	TLS          Figure = "tls"           // sessions over TLS
	FirstSyncs   Figure = "first_syncs"   // sessions that were a device's first
	Reboots      Figure = "reboots"       // reboots
	FwUpdates    Figure = "fw_updates"    // firmware updates
	SatPackets   Figure = "sat_packets"   // satellite packets, up and down

	Routed        Figure = "routed"         // events that a route handled
	RouteFailures Figure = "route_failures" // events of these that it failed for
	RouteLatency  Figure = "route_latency"  // milliseconds that one of them took, on average
)

// The words for figures with a key.
const (
	notefiles = "notefiles"
	transport = "transport"
)

// Notefile returns the figure of the events of one notefile.
func Notefile(name string) Figure { return Figure(names.Keyed(notefiles, name)) }

// Transport returns the figure of the sessions over one transport, such as wifi.
func Transport(name string) Figure { return Figure(names.Keyed(transport, name)) }

// Notefile returns the name of the notefile whose events a figure counts. ok is false for other figures.
func (f Figure) Notefile() (name string, ok bool) { return f.key(notefiles) }

// Transport returns the transport whose sessions a figure counts. ok is false for other figures.
func (f Figure) Transport() (name string, ok bool) { return f.key(transport) }

func (f Figure) key(of string) (key string, ok bool) {
	word, key, ok := names.ParseKeyed(string(f))
	return key, ok && word == of
}

// Known reports whether a figure is data, that is, neither NaN nor infinite.
func Known(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// figureTraits are the words for figures in rules and messages, with their units and their floors as divisors.
var figureTraits = []struct {
	word  Figure
	unit  string
	floor float64
}{
	{Bytes, UnitBytes, 20_000},
	{Sat, UnitBytes, 50},
	{SessionBytes, UnitBytes, 20_000},
	{Events, "", 10},
	{EventsTotal, "", 10},
	{Platform, "", 10},
	{Watchdog, "", 10},
	{Sessions, "", 4},
	{TLS, "", 4},
	{FirstSyncs, "", 4},
	{Reboots, "", 2},
	{FwUpdates, "", 2},
	{SatPackets, "", 10},
	{notefiles, "", 10},
	{transport, "", 4},
	{Routed, "", 20},
	{RouteFailures, "", 5},
	{RouteLatency, UnitMilliseconds, 100},
}

// Units of figures. Plain counts have the unit "".
const (
	UnitBytes        = "B"
	UnitMilliseconds = "ms"
	UnitMoney        = "money" // of costs, in the currency of the account
)

// OfRoutes reports whether the figure is of routes, not of devices.
func (f Figure) OfRoutes() bool { return f == Routed || f == RouteFailures || f == RouteLatency }

// Average reports whether the figure is an average: it does not add up, and a day may well have none.
func (f Figure) Average() bool { return f == RouteLatency }

// place returns the index of the figure among the traits; -1 if it has none.
func (f Figure) place() int {
	for i, traits := range figureTraits {
		if traits.word == f {
			return i
		}
	}
	if word, _, ok := names.ParseKeyed(string(f)); ok && (word == notefiles || word == transport) {
		return Figure(word).place()
	}
	return -1
}

// Unit returns the unit of the figure, or "" for plain counts.
func (f Figure) Unit() string {
	if at := f.place(); at >= 0 {
		return figureTraits[at].unit
	}
	return ""
}

// Floor returns the smallest divisor for the figure, so that a few more than none are not many times as much.
func (f Figure) Floor() float64 {
	if at := f.place(); at >= 0 {
		return figureTraits[at].floor
	}
	return 0
}

// Compare orders figures for display: as listed above, those of one word by their keys.
func (f Figure) Compare(other Figure) int {
	return cmp.Or(cmp.Compare(f.place(), other.place()), cmp.Compare(f, other))
}

// ParseFigure returns the figure for a text of a rule, such as bytes or notefiles["data.qo"]. ok is false if there is none.
func ParseFigure(text string) (figure Figure, ok bool) {
	if text == notefiles || text == transport {
		return "", false
	}
	figure = Figure(text)
	return figure, figure.place() >= 0
}

// PlainFigures returns the figures without a key.
func PlainFigures() (all []Figure) {
	for _, traits := range figureTraits {
		if traits.word != notefiles && traits.word != transport {
			all = append(all, traits.word)
		}
	}
	return all
}

// SortFigures sorts figures for display.
func SortFigures(all []Figure) { slices.SortFunc(all, Figure.Compare) }

// CutPath splits the path of a figure, such as events.today, into the object and the member.
func CutPath(path string) (object, member string) {
	dot := strings.LastIndexByte(path, '.') // a key may contain a dot
	if dot < 0 {
		return path, ""
	}
	return path[:dot], path[dot+1:]
}
