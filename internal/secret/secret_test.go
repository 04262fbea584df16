package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
)

func TestTextIsNeverPrinted(t *testing.T) {
	text := secret.New("hunter2")
	holder := struct{ Token secret.Text }{text}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("holding", "token", text, "holder", holder)
	marshalled, err := json.Marshal(holder)
	require.NoError(t, err)
	for _, printed := range []string{
		fmt.Sprint(text), fmt.Sprintf("%s %v %+v %#v %q %x %d", text, text, text, text, text, text, text),
		fmt.Sprintf("%v %+v %#v", holder, holder, &holder), log.String(), string(marshalled),
	} {
		require.NotContains(t, printed, "hunter2")
		require.Contains(t, printed, "[secret]")
	}
	hidden := struct{ token secret.Text }{text}
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", hidden, hidden, &hidden, []any{hidden}), "hunter2")
	require.Equal(t, "hunter2", text.Reveal())
}

func TestTextReadsFromText(t *testing.T) {
	var text secret.Text
	require.True(t, text.IsZero())
	require.NoError(t, text.UnmarshalText([]byte("hunter2")))
	require.Equal(t, secret.New("hunter2"), text)
	require.False(t, text.IsZero())
}
