package notify

import (
	"math"
	"strconv"

	"github.com/dustin/go-humanize"
)

// byteUnits are the decimal units of bytes, each a thousand times the one before.
var byteUnits = [...]string{"B", "kB", "MB", "GB", "TB", "PB"}

// FormatFigure returns a figure for people, to three significant digits. Unit "B" gives decimal bytes: "41.2 MB". Any other
// unit is put behind a plain number, whose whole part is exact: "12,345", "2.35". A figure that is not finite is "no data".
func FormatFigure(value float64, unit string) string {
	switch {
	case !known(value):
		return "no data"
	case unit == "B":
		return formatBytes(value)
	case unit == "":
		return formatNumber(value)
	}
	return formatNumber(value) + " " + unit
}

// known reports whether x is data.
func known(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func formatBytes(value float64) string {
	divisor, unit := byteScale(math.Abs(value))
	return formatNumber(value/divisor) + " " + unit
}

// byteScale returns the unit in which a number of bytes is read best, and how many bytes it has.
func byteScale(size float64) (divisor float64, unit string) {
	divisor = 1
	i := 0
	// 999.5 rounds to the next unit's 1.
	for ; size/divisor >= 999.5 && i < len(byteUnits)-1; i++ {
		divisor *= 1000
	}
	return divisor, byteUnits[i]
}

func formatNumber(value float64) string {
	const exact = 1 << 53 // whole numbers up to here are exact in a float64
	if size := math.Abs(value); size >= 99.95 && size < exact {
		return humanize.Comma(int64(math.Round(value)))
	}
	return strconv.FormatFloat(value+0, 'g', 3, 64) // + 0 makes -0 a plain 0
}

// FormatShare returns value as a percentage of limit for people, rounded down so that only what has reached the limit says 100 %.
// It is "" when there is nothing to say.
func FormatShare(value, limit float64) string {
	if !known(value) || !known(limit) || limit <= 0 || value < 0 {
		return ""
	}
	const noise = 1e-9 // 0.29 × 100 is 28.999…
	return formatNumber(math.Floor(100*value/limit+noise)) + " %"
}

// count is a number of things: "1,234 more".
func count(n int, what string) string { return FormatFigure(float64(n), "") + " " + what }
