package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// byteUnits are the decimal units of bytes, each a thousand times the one before.
var byteUnits = [...]string{"B", "kB", "MB", "GB", "TB", "PB"}

// Figure returns a value as text, to three significant digits. Unit "B" gives decimal bytes: "41.2 MB". Any other unit follows a plain
// number, whose whole part is exact: "12,345", "2.35". A value that is not finite is "no data".
func Figure(value float64, unit string) string {
	switch {
	case !Known(value):
		return "no data"
	case unit == "B":
		return bytesText(value)
	case unit == "":
		return number(value)
	case unit == "money":
		return fmt.Sprintf("%.2f", value)
	case isCurrency(unit):
		return Money(value, unit)
	}
	return number(value) + " " + unit
}

// isCurrency reports whether a unit is the code of a currency, such as USD.
func isCurrency(unit string) bool {
	return len(unit) == 3 && strings.Trim(unit, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// Money returns an amount of money: "USD 12.34". An amount above zero that rounds to nothing is "less than USD 0.01". An amount that is
// not finite is "no data".
func Money(amount float64, currency string) string {
	switch {
	case !Known(amount):
		return "no data"
	case amount > 0 && amount < 0.01:
		return "less than " + currency + " 0.01"
	}
	return fmt.Sprintf("%s %.2f", currency, amount)
}

// Known reports whether x is data: neither NaN nor infinite.
func Known(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func bytesText(value float64) string {
	divisor, unit := ByteScale(math.Abs(value))
	return number(value/divisor) + " " + unit
}

// ByteScale returns the largest unit that does not exceed a number of bytes, and the bytes of that unit.
func ByteScale(size float64) (divisor float64, unit string) {
	divisor = 1
	i := 0
	// 999.5 rounds to the next unit's 1.
	for ; size/divisor >= 999.5 && i < len(byteUnits)-1; i++ {
		divisor *= 1000
	}
	return divisor, byteUnits[i]
}

func number(value float64) string {
	const exact = 1 << 53 // whole numbers up to here are exact in a float64
	if size := math.Abs(value); size >= 99.95 && size < exact {
		return humanize.Comma(int64(math.Round(value)))
	}
	return strconv.FormatFloat(value+0, 'g', 3, 64) // + 0 makes -0 a plain 0
}

// Share returns value as a percentage of limit: "103 %". It is rounded down, so that only a value that has reached the limit
// shows 100 %. It is "" if either is no data, the value is negative or the limit is not positive.
func Share(value, limit float64) string {
	if !Known(value) || !Known(limit) || limit <= 0 || value < 0 {
		return ""
	}
	const noise = 1e-9 // 0.29 × 100 is 28.999…
	return number(math.Floor(100*value/limit+noise)) + " %"
}

// Percent returns a part of a whole, given in percent: "12 %". A part that is more than nothing never shows as 0 %.
func Percent(part float64) string {
	if part > 0 && part < 1 {
		return "under 1 %"
	}
	return fmt.Sprintf("%.0f %%", part)
}

// Number returns a whole number: "1,234".
func Number(n int) string { return humanize.Comma(int64(n)) }

// Count returns a number of things, of which noun is the name of one: "1 alert", "1,234 alerts".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Number(n) + " " + noun
}
