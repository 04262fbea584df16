package terminal_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/terminal"
)

func TestTerminalPrints(t *testing.T) {
	for _, test := range []struct {
		file  string
		color bool
	}{{"terminal.golden.txt", false}, {"terminal_color.golden.txt", true}} {
		var out strings.Builder
		terminal := terminal.New(&out, test.color)
		for _, s := range fixture.Samples() {
			ref, err := terminal.Send(t.Context(), fixture.Notification(s.Alert), nil)
			require.NoError(t, err)
			require.NotEmpty(t, ref)
		}
		fixture.Golden(t, test.file, out.String())
		require.Equal(t, test.color, strings.Contains(out.String(), "\x1b"))
	}
}

func TestTerminalPrintsWhatChanged(t *testing.T) {
	unchanged := fixture.With(func(a *notify.Alert) { a.ID, a.Changed = "0000", false })
	var out strings.Builder
	terminal := terminal.New(&out, false)

	_, err := terminal.Send(t.Context(), fixture.Notification(unchanged, fixture.Firing()), nil)
	require.NoError(t, err)
	require.Contains(t, out.String(), "alert 7f3a]")
	require.NotContains(t, out.String(), "alert 0000]")

	out.Reset()
	_, err = terminal.Send(t.Context(), fixture.Notification(unchanged), nil)
	require.NoError(t, err)
	require.Contains(t, out.String(), "alert 0000]", "a message with nothing new is shown as a whole")
}

func TestTerminalPrintsLists(t *testing.T) {
	var out strings.Builder
	terminal := terminal.New(&out, false)
	for _, alerts := range [][]notify.Alert{fixture.Fleet(2), fixture.Fleet(12), fixture.Digest(3), fixture.Digest(30)} {
		_, err := terminal.Send(t.Context(), fixture.Notification(alerts...), nil)
		require.NoError(t, err)
		out.WriteString("\n")
	}
	fixture.Golden(t, "terminal_lists.golden.txt", out.String())
}

func TestTerminalPrintsNothingOfWhatIsQuiet(t *testing.T) {
	quiet := fixture.Notification(fixture.Firing())
	quiet.Quiet = true
	var out strings.Builder
	for _, ref := range []notify.Ref{nil, notify.Ref(`{"printed":true}`)} {
		got, err := terminal.New(&out, false).Send(t.Context(), quiet, ref)
		require.ErrorIs(t, err, notify.ErrSkipped)
		require.Equal(t, ref, got)
	}
	require.Empty(t, out.String())
}

func TestTerminalEscapesNames(t *testing.T) {
	var out strings.Builder
	nasty := fixture.With(func(a *notify.Alert) {
		a.Subject.Name = "evil\x1b[2J\u202ename\r\nsecond\x00line\xff"
		a.Summary = ""
	})
	_, err := terminal.New(&out, false).Send(t.Context(), fixture.Notification(nasty), nil)
	require.NoError(t, err)
	require.Contains(t, out.String(), `evil\x1b[2J\u202ename second\x00line`+"\ufffd: data-budget")
	require.NotContains(t, out.String(), "\x1b")
}

func TestTerminalErrors(t *testing.T) {
	_, err := terminal.New(brokenWriter{}, false).Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	failure, ok := errors.AsType[*notify.Error](err)
	require.True(t, ok)
	require.Equal(t, notify.Temporary, failure.Class)
	require.EqualError(t, err, "printing to the terminal: broken pipe")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = terminal.New(&strings.Builder{}, false).Send(ctx, fixture.Notification(fixture.Firing()), nil)
	require.ErrorIs(t, err, context.Canceled)
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
