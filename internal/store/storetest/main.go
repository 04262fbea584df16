package storetest

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"

	"notewatch/internal/store/postgrestest"
)

// Main is TestMain of a package that opens databases: it runs the tests as Run does.
func Main(m *testing.M) { Run(m.Run) }

// Run runs the tests of a package that opens databases, and stops the server that they have started. Temporary files are in memory where
// the system has room for them there, so no test waits for a disk; a process that is killed loses as little there as on a disk. Tests make
// much garbage and hold little memory, so it is collected less often than elsewhere. Benchmarks measure both, so they run as programs do.
func Run(tests func() int) (code int) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" {
		if os.Getenv("GOGC") == "" {
			debug.SetGCPercent(400)
		}
		defer useMemory()()
	}
	defer postgrestest.Stop()
	return tests()
}
