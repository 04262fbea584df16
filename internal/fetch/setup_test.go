package fetch_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/fetch"
	"notewatch/internal/history"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/notehub"
	"notewatch/rules"
	"notewatch/rules/metric"
)

const (
	project = "app:2606f411-dea6-44a0-9743-1130f57d77d8"
	token   = "a-token"
	hour    = time.Hour
	day     = 24 * time.Hour
)

// monday is a Monday, 00:00 UTC, in the middle of a month.
var (
	monday = time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	today  = rules.DayOf(monday)

	longAgo = monday.AddDate(-1, 0, 0)
)

// A rig reads one project of a Notehub into a real database, in driven time.
type rig struct {
	t      testing.TB
	now    time.Time
	db     *store.Store
	client *notehub.Client
	config fetch.Config
	reader *fetch.Reader
	log    bytes.Buffer
	list   *usage.DeviceList
	first  rules.Day // that rules look back on
	asked  int       // requests of the last poll
	polled bool
}

func newRig(t testing.TB, hub http.Handler, figures ...rules.Figure) *rig {
	t.Helper()
	server := httptest.NewServer(hub)
	t.Cleanup(server.Close)
	r := &rig{t: t, list: usage.NewDeviceList(), now: monday.Add(12 * hour), first: today - metric.HistoryDays}
	var err error
	r.db, err = store.Open(t.Context(), storetest.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.db.Close()) })
	require.NoError(t, r.db.Work.AddWork(t.Context(), work.Poll, []string{project}, longAgo))
	r.client, err = notehub.New(notehub.Config{BaseURL: server.URL, Token: secret.New(token)})
	require.NoError(t, err)
	r.config = fetch.Config{Usage: r.db.Usage, Log: slog.New(slog.NewTextHandler(&r.log, nil)), Wants: wanted(figures...)}
	r.restart()
	return r
}

// wanted is what rules read that look at today's value of some figures.
func wanted(figures ...rules.Figure) rules.Wants {
	wants := rules.Wants{}
	for _, figure := range figures {
		wants[figure] = rules.MembersOf("today")
	}
	return wants
}

// restart begins a new process on the same database.
func (r *rig) restart() { r.reader = fetch.New(r.config) }

// poll reads the project, and the device list if an hour has passed.
func (r *rig) poll() fetch.Result {
	r.t.Helper()
	result, err := r.tryPoll()
	require.NoError(r.t, err)
	return result
}

func (r *rig) tryPoll() (fetch.Result, error) {
	r.t.Helper()
	lease, ok, err := r.db.Work.Claim(r.t.Context(), work.Poll, project, r.now, r.now)
	require.NoError(r.t, err)
	require.True(r.t, ok)
	r.asked = 0
	result, failure := r.reader.Read(r.t.Context(), fetch.Poll{
		Project: project, Lease: lease, Client: r.client, Now: r.now, First: r.first, List: r.list,
		Relist: r.now.Sub(r.list.Read) >= hour, Reread: r.now.Hour() == 6, Polled: r.polled, Routes: r.routesDue(),
		Request: func(ctx context.Context, request func(context.Context) error) error {
			r.asked++
			return request(ctx)
		},
	})
	require.NoError(r.t, r.db.Work.Complete(r.t.Context(), lease, r.now, longAgo, 0))
	r.list = result.List
	r.polled = r.polled || failure == nil
	return result, failure
}

// routesDue reports whether routes are read: with the device list, if rules read them.
func (r *rig) routesDue() bool {
	figures := r.config.Wants.Figures()
	return r.now.Sub(r.list.Read) >= hour && slices.ContainsFunc(figures, rules.Figure.OfRoutes)
}

// column returns a figure of a day by ordinal; beyond its end it is not known.
func (r *rig) column(figure rules.Figure, on rules.Day) (column []history.Cell) {
	r.t.Helper()
	blocks := 1
	for d := range r.list.All() {
		blocks = max(blocks, d.Ordinal/history.BlockSize+1)
	}
	for block := range blocks {
		for len(column) < block*history.BlockSize {
			column = append(column, history.NotKnown)
		}
		err := r.db.Usage.Columns(r.t.Context(), project, block, figure, on, on, func(_ rules.Day, cells []history.Cell) {
			column = append(column, cells...)
		})
		require.NoError(r.t, err)
	}
	return column
}

// cell returns a figure of a device, "" being the project.
func (r *rig) cell(figure rules.Figure, on rules.Day, device string) history.Cell {
	r.t.Helper()
	ordinal := 0
	if device != "" {
		var ok bool
		var err error
		ordinal, ok, err = r.db.Usage.Ordinal(r.t.Context(), project, device)
		require.NoError(r.t, err)
		require.True(r.t, ok, "device %s was never listed", device)
	}
	return history.At(r.column(figure, on), ordinal)
}

// coverage returns which days of a figure have been read.
func (r *rig) coverage(figure rules.Figure) usage.Span {
	r.t.Helper()
	spans, err := r.db.Usage.Coverage(r.t.Context(), project)
	require.NoError(r.t, err)
	return spans[figure]
}

// news returns the closed days of which something changed since that was last asked.
func (r *rig) news() []usage.Change {
	r.t.Helper()
	changes, err := r.db.Usage.Changed(r.t.Context(), project)
	require.NoError(r.t, err)
	return changes
}

func value(n int64) history.Cell {
	cell, _ := history.Value(n)
	return cell
}
