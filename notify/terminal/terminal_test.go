package notify_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
)

func TestTerminalPrints(t *testing.T) {
	for _, test := range []struct {
		file  string
		color bool
	}{{"terminal.golden.txt", false}, {"terminal_color.golden.txt", true}} {
		var out strings.Builder
		terminal := notify.NewTerminal(&out, test.color)
		for _, s := range samples() {
			ref, err := terminal.Send(t.Context(), notification(s.alert), nil)
			require.NoError(t, err)
			require.NotEmpty(t, ref)
		}
		golden(t, test.file, out.String())
		require.Equal(t, test.color, strings.Contains(out.String(), "\x1b"))
	}
}

func TestTerminalPrintsWhatChanged(t *testing.T) {
	unchanged := alertWith(func(a *notify.Alert) { a.ID, a.Changed = "0000", false })
	var out strings.Builder
	terminal := notify.NewTerminal(&out, false)

	_, err := terminal.Send(t.Context(), notification(unchanged, firing()), nil)
	require.NoError(t, err)
	require.Contains(t, out.String(), "· 7f3a]")
	require.NotContains(t, out.String(), "· 0000]")

	out.Reset()
	_, err = terminal.Send(t.Context(), notification(unchanged), nil)
	require.NoError(t, err)
	require.Contains(t, out.String(), "· 0000]", "a message with nothing new is shown as a whole")
}

func TestTerminalPrintsLists(t *testing.T) {
	var out strings.Builder
	terminal := notify.NewTerminal(&out, false)
	for _, alerts := range [][]notify.Alert{fleet(2), fleet(12), digest(3), digest(30)} {
		_, err := terminal.Send(t.Context(), notification(alerts...), nil)
		require.NoError(t, err)
		out.WriteString("\n")
	}
	golden(t, "terminal_lists.golden.txt", out.String())
}

func TestTerminalPrintsNothingOfWhatIsQuiet(t *testing.T) {
	quiet := notification(firing())
	quiet.Quiet = true
	var out strings.Builder
	for _, ref := range []notify.Ref{nil, notify.Ref(`{"printed":true}`)} {
		got, err := notify.NewTerminal(&out, false).Send(t.Context(), quiet, ref)
		require.ErrorIs(t, err, notify.ErrSkipped)
		require.Equal(t, ref, got)
	}
	require.Empty(t, out.String())
}

func TestTerminalEscapesNames(t *testing.T) {
	var out strings.Builder
	nasty := alertWith(func(a *notify.Alert) {
		a.Subject.Name = "evil\x1b[2J\u202ename\r\nsecond\x00line\xff"
		a.Summary = ""
	})
	_, err := notify.NewTerminal(&out, false).Send(t.Context(), notification(nasty), nil)
	require.NoError(t, err)
	require.Contains(t, out.String(), `evil\x1b[2J\u202ename second\x00line`+"\ufffd: data-budget")
	require.NotContains(t, out.String(), "\x1b")
}

func TestTerminalErrors(t *testing.T) {
	_, err := notify.NewTerminal(brokenWriter{}, false).Send(t.Context(), notification(firing()), nil)
	failure, ok := errors.AsType[*notify.Error](err)
	require.True(t, ok)
	require.Equal(t, notify.Temporary, failure.Class)
	require.EqualError(t, err, "printing to the terminal: broken pipe")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = notify.NewTerminal(&strings.Builder{}, false).Send(ctx, notification(firing()), nil)
	require.ErrorIs(t, err, context.Canceled)
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
