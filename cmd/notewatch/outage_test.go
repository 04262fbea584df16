package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/service"
	"notewatch/internal/store"
	"notewatch/internal/watch"
)

func TestNotReadyInAnOutage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notewatch.db")
	db, err := store.Open(t.Context(), path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	b, err := watch.New(t.Context(), watch.Config{Bot: bot.Config{
		Store: db, Clock: bot.SystemClock(), Machine: time.Now, Log: slog.New(slog.DiscardHandler),
	}})
	require.NoError(t, err)
	require.NoError(t, service.Ready(t.Context(), b, time.Now()))

	require.NoError(t, os.Rename(path, path+".away"))
	_, err = b.Turn(t.Context())
	require.Error(t, err)
	require.ErrorContains(t, service.Ready(t.Context(), b, time.Now()), "the database cannot be used: ")
	require.ErrorContains(t, service.Ready(t.Context(), b, time.Now()), "the database file was deleted or replaced: put the file back")
}
