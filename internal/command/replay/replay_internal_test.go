package replay

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/command"
	"notewatch/internal/config"
	"notewatch/internal/store"
)

// An impatient context is canceled after its error was asked for some times.
type impatient struct {
	context.Context
	left *atomic.Int64
}

// Err implements context.Context.
func (i impatient) Err() error {
	if i.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// A backtest that is interrupted says how far it came, and what follows.
func TestIsInterrupted(t *testing.T) {
	t.Parallel()
	db, err := store.Temporary(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	file, err := config.Parse("rules.yaml", []byte("projects: [{uid: 'app:1', name: one}]\nreceivers: [{name: team, terminal: {}}]\n"+
		"rules: [{name: busy, when: events.today > 5}]\n"), func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	c := &cobra.Command{}
	c.SetOut(io.Discard)
	c.SetErr(io.Discard)
	days := -1
	left := new(atomic.Int64)
	left.Store(60)
	c.SetContext(impatient{t.Context(), left})
	_, err = Options{Days: 5}.run(c, command.Opened{Store: db, Clock: bot.SystemClock()}, []*config.File{file})
	require.Error(t, err)
	_, scanned := fmt.Sscanf(err.Error(), "interrupted after %d of 5 days of rules.yaml; nothing was sent", &days)
	require.NoError(t, scanned, err.Error())
	require.Positive(t, days)
	require.Less(t, days, 5)
}
