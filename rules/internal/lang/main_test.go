package lang_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain collects garbage less often than elsewhere: tests of random rules make much of it and hold little memory.
func TestMain(m *testing.M) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	m.Run()
}
