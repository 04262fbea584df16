package bot_test

import (
	"database/sql"
	"flag"
	"fmt"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/store/storetest"
)

var cycleAccounts = flag.Int("accounts", 10, "how many accounts BenchmarkAccounts polls, of 1,000 devices each")

const accountDevices = 1_000

// BenchmarkAccounts polls many accounts with the rules of BenchmarkCycle, one project of 1,000 devices each, on one PostgreSQL. Its parts are
// first, steady and list, as there. It also reports, of the database, its rows, its size with indexes, what it wrote to its
// log, and how many connections were open in the end.
func BenchmarkAccounts(b *testing.B) {
	c := newCycleOf(b, *cycleAccounts, accountDevices)
	c.config.Bot.Accounts = nil
	for i := range c.config.Bot.Projects {
		name := fmt.Sprintf("account-%d", i)
		c.config.Bot.Projects[i].Account = name
		c.config.Bot.Accounts = append(c.config.Bot.Accounts, bot.Account{Name: name, Client: c.client, PerMinute: 600})
	}
	c.empty = func() string { return storetest.Postgres(b) }
	var server *sql.DB
	for _, part := range []struct {
		name    string
		prepare func(b *testing.B)
	}{
		{"first", func(*testing.B) {
			c.open(b)
			server = rawDatabase(b, c.database)
		}},
		{"steady", c.next},
		{"list", func(b *testing.B) {
			c.pass(time.Hour)
			c.next(b)
		}},
	} {
		b.Run(part.name, func(b *testing.B) {
			reportMedians(b, func() map[string]float64 {
				part.prepare(b)
				return c.measureAccounts(b, server)
			})
		})
	}
}

// measureAccounts returns what a turn costs, by unit.
func (c *cycle) measureAccounts(b *testing.B, server *sql.DB) map[string]float64 {
	figure := func(query string) (n float64) {
		require.NoError(b, server.QueryRowContext(b.Context(), query).Scan(&n))
		return n
	}
	const logged = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
	resetPeak(b)
	before, worked, wrote, began := c.tally(b), cpu(b), figure(logged), time.Now()
	c.turn(b)
	took := time.Since(began)
	costs := map[string]float64{
		"cycle-s":     took.Seconds(),
		"cpu-s":       (cpu(b) - worked).Seconds(),
		"peak-MB":     float64(peak(b)) / 1e6,
		"log-MB":      (figure(logged) - wrote) / 1e6,
		"connections": figure("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"),
		"rows":        figure("SELECT sum(n_live_tup) FROM pg_stat_user_tables"),
		"db-MB":       figure("SELECT pg_database_size(current_database())") / 1e6,
		"requests":    float64(c.tally(b).Requests - before.Requests),
	}
	c.check(b)
	return costs
}
