package config

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"time"
)

// longUnits matches weeks and days before what time.ParseDuration reads.
var longUnits = regexp.MustCompile(`^(?:(\d{1,6})w)?(?:(\d{1,6})d)?(.*)$`)

const day = 24 * time.Hour

// parseDuration reads a length of time above zero: what time.ParseDuration reads, with weeks (w) and days (d) of 24
// hours before it, such as 1w2d12h.
func parseDuration(text string) (time.Duration, error) {
	parts := longUnits.FindStringSubmatch(text)
	if parts == nil {
		return 0, errors.New("not a length of time")
	}
	weeks, _ := strconv.Atoi(parts[1]) // "" is 0
	days, _ := strconv.Atoi(parts[2])
	total := float64(weeks*7+days) * float64(day)
	if rest := parts[3]; rest != "" {
		length, err := time.ParseDuration(rest)
		if err != nil || length < 0 {
			return 0, errors.New("not a length of time")
		}
		total += float64(length)
	}
	switch {
	case total == 0:
		return 0, errors.New("want more than no time")
	case total > math.MaxInt64/2:
		return 0, errors.New("longer than a lifetime")
	}
	return time.Duration(total), nil
}
