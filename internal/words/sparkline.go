package words

import "math"

// Sparkline draws values as a line of bars, one character each, between zero and the largest of them. No data is a middle dot.
// A value that is not above zero is the lowest bar.
func Sparkline(values []float64) string {
	const bars = "▁▂▃▄▅▆▇█"
	levels := []rune(bars)
	largest := 0.0
	for _, value := range values {
		if Known(value) {
			largest = max(largest, value)
		}
	}
	line := make([]rune, len(values))
	for i, value := range values {
		switch {
		case !Known(value):
			line[i] = '·'
		case value <= 0 || largest == 0:
			line[i] = levels[0]
		default:
			line[i] = levels[int(math.Round(value/largest*float64(len(levels)-1)))]
		}
	}
	return string(line)
}
