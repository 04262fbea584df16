package lint

// The units of leaves that are no unit to be shown.
const (
	Count   = "count" // a number of things
	Unknown = "?"     // no number
)

// A unit is what a number is counted in. Beside these there are the units of leaves, such as B and h.
type unit string

const (
	bare    unit = "" // a number as it is written, or a ratio: it stands for any unit
	count   unit = Count
	bytes   unit = "B"
	share   unit = "%"
	unknown unit = Unknown
)

// unitWords are what messages call units.
var unitWords = map[unit]string{
	count: "a count", bytes: "bytes", share: "per cent", "min": "minutes", "h": "hours", "d": "days", "V": "volts", "°C": "degrees",
	"ms": "milliseconds", "money": "money",
}

// named reports whether a unit is known, and not that of any number.
func (u unit) named() bool { return u != bare && u != unknown }

// sum returns the unit of what is added, subtracted or chosen between.
func sum(a, b unit) unit {
	switch {
	case a == bare:
		return b
	case b == bare || a == b:
		return a
	}
	return unknown
}

// productUnit returns the unit of a product. A share of something has no known unit.
func productUnit(a, b unit) unit {
	switch {
	case a == share || b == share:
		return unknown
	case a == bare:
		return b
	case b == bare:
		return a
	}
	return unknown
}

// quotient returns the unit of a quotient: bytes for each event are bytes.
func quotient(a, b unit) unit {
	switch {
	case a == b:
		return bare
	case a == share || b == share:
		return unknown
	case b == bare:
		return a
	case a == bytes && b == count:
		return bytes
	}
	return unknown
}
