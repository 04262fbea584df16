package notify

import "math"

// Sparkline draws figures as a line of text, one character each, from nothing to the largest of them. What is no data is
// a middle dot; what is not above zero is the lowest bar.
func Sparkline(values []float64) string {
	const bars = "▁▂▃▄▅▆▇█"
	levels := []rune(bars)
	largest := 0.0
	for _, value := range values {
		if known(value) {
			largest = max(largest, value)
		}
	}
	line := make([]rune, len(values))
	for i, value := range values {
		switch {
		case !known(value):
			line[i] = '·'
		case value <= 0 || largest == 0:
			line[i] = levels[0]
		default:
			line[i] = levels[int(math.Round(value/largest*float64(len(levels)-1)))]
		}
	}
	return string(line)
}
