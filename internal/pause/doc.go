// Package pause waits for a length of machine time.
package pause
