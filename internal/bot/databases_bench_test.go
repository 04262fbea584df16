package bot_test

import (
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/storetest"
)

// BenchmarkDatabases takes the cycles of BenchmarkCycle on SQLite and on PostgreSQL, in turns. It reports the seconds of both, and those on
// PostgreSQL as a multiple of those on SQLite, and the seconds of the steps that use the database.
func BenchmarkDatabases(b *testing.B) {
	for size := range strings.SplitSeq(*cycleSizes, ",") {
		devices, err := strconv.Atoi(size)
		require.NoError(b, err)
		b.Run(size, func(b *testing.B) {
			lite, postgres := newCycle(b, devices), newCycle(b, devices)
			postgres.empty = func() string { return storetest.Postgres(b) }
			for _, part := range cycleParts {
				b.Run(part.name, func(b *testing.B) {
					defer debug.SetGCPercent(debug.SetGCPercent(50)) // as `notewatch run` does
					reportMedians(b, func() map[string]float64 {
						one, other := lite.taken(b, part.prepare), postgres.taken(b, part.prepare)
						costs := map[string]float64{
							"sqlite-s": one["cycle-s"], "postgres-s": other["cycle-s"], "x-sqlite": other["cycle-s"] / one["cycle-s"],
						}
						for _, step := range []string{"save", "evaluate", "commit", "send"} {
							costs["sqlite-"+step+"-s"], costs["postgres-"+step+"-s"] = one[step+"-s"], other[step+"-s"]
						}
						return costs
					})
				})
			}
		})
	}
}
