package bot_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/secret"
	"notewatch/internal/watch"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

// A turnstile is a transport that holds requests back until so many are on their way at once, and then for a moment, in which more may come.
type turnstile struct {
	mu         sync.Mutex
	wanted     int
	inside     int
	most       int
	open       chan struct{} // closed once nobody is held back any more
	opened     sync.Once
	afterwards time.Duration
}

// RoundTrip implements http.RoundTripper.
func (s *turnstile) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.inside++
	s.most = max(s.most, s.inside)
	full := s.inside >= s.wanted
	s.mu.Unlock()
	if full {
		s.opened.Do(func() { time.AfterFunc(s.afterwards, func() { close(s.open) }) })
	}
	select {
	case <-s.open:
	case <-r.Context().Done():
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.inside--
	}()
	return http.DefaultTransport.RoundTrip(r)
}

// However many accounts there are, few answers are read at once, and all projects are polled.
func TestFewAnswersAreReadAtOnce(t *testing.T) {
	const accounts, most = 20, 16
	r := newRig(t, 1, nil, events("500"))
	var projects []notehubtest.Project
	r.config.Bot.Accounts, r.config.Bot.Projects = nil, nil
	for i := range accounts {
		p := r.project
		p.UID, p.Name = fmt.Sprintf("app:%d", i), fmt.Sprintf("site-%d", i)
		projects = append(projects, p)
		r.config.Bot.Accounts = append(r.config.Bot.Accounts, bot.Account{Name: p.Name, PerMinute: 600})
		r.config.Bot.Projects = append(r.config.Bot.Projects, bot.Project{UID: p.UID, Name: p.Name, Account: p.Name})
	}
	began := time.Now()
	passing := func() time.Time { return monday.Add(time.Since(began)) }
	hub := notehubtest.New(notehubtest.Config{Now: passing, Token: token, Seed: 1, Projects: projects})
	address, stop, err := hub.Start()
	require.NoError(t, err)
	t.Cleanup(stop)
	gate := &turnstile{wanted: most, open: make(chan struct{}), afterwards: 200 * time.Millisecond}
	client, err := notehub.New(notehub.Config{BaseURL: address, Token: secret.New(token), HTTP: &http.Client{Transport: gate}})
	require.NoError(t, err)
	for i := range r.config.Bot.Accounts {
		r.config.Bot.Accounts[i].Client = client
	}
	r.config.Bot.Clock = bot.Clock{Now: passing, Timer: func(until time.Time) *time.Timer { return time.NewTimer(until.Sub(passing())) }}
	w, err := watch.New(t.Context(), r.config)
	require.NoError(t, err)
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	soon(t, func() bool {
		for _, p := range r.config.Bot.Projects {
			state, err := r.store.Project(t.Context(), p.UID)
			require.NoError(t, err)
			if state.PolledAt.IsZero() {
				return false
			}
		}
		return true
	}, "all are polled")
	end()
	running.Wait()
	gate.mu.Lock()
	defer gate.mu.Unlock()
	require.Equal(t, most, gate.most)
}
