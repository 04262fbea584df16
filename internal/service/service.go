package service

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"notewatch/internal/check"
	"notewatch/internal/lookup"
	"notewatch/internal/metrics"
	"notewatch/internal/setup"
	"notewatch/internal/store/database"
	"notewatch/internal/watch"
	"notewatch/internal/web"
)

// A Config holds the inputs of a service.
type Config struct {
	Read    func() (setup.Setup, error) // reads the settings; it is called again for a reload
	Version string                      // of the program
	Metrics *metrics.Metrics
	Hangups <-chan os.Signal // each makes the settings be read again
}

// Run watches until ctx is done. It returns an error if it cannot start, or can no longer use the database.
func Run(ctx context.Context, c Config) error {
	s, err := c.Read()
	if err != nil {
		return err
	}
	s.Metrics, s.Process = c.Metrics, s.ThisProcess(c.Version)
	made, closeDB, err := s.Start(ctx, false)
	if err != nil {
		return err
	}
	defer closeDB()
	if s, err = s.With(ctx, made.Config.Bot.Store); err != nil {
		return err
	}
	c.Metrics.Reloaded(true, time.Now())
	w := &watcher{config: c, started: time.Now(), taken: make(chan struct{}, 1)}
	w.take(s, made)
	group, ctx := errgroup.WithContext(ctx)
	if err := w.listen(ctx, group); err != nil {
		return err
	}
	if err := w.begin(ctx); err != nil {
		return err
	}
	group.Go(func() error { return w.watch(ctx) })
	group.Go(func() error {
		w.lookBack(ctx)
		return nil
	})
	err = group.Wait()
	s.Log.Info("stopped")
	return err
}

// A watcher keeps a watch running, and starts another one when the rules file has changed.
type watcher struct {
	config  Config
	setup   setup.Setup // newest
	running atomic.Pointer[running]
	started time.Time
	taken   chan struct{} // receives when another watch runs
}

// running is a running watch, the setup that it was made from, and the reader that answers questions.
type running struct {
	setup  setup.Setup
	watch  *watch.Watch
	reader *lookup.Reader
}

// take makes a watch, which was made from s, the running one.
func (w *watcher) take(s setup.Setup, made *watch.Watch) {
	w.setup = s
	w.running.Store(&running{setup: s, watch: made, reader: s.Reader(made.Config.Bot.Store, made.Config.Bot.Clock.Now)})
	select {
	case w.taken <- struct{}{}:
	default: // one is pending
	}
}

// listen starts the servers and the Slack app.
func (w *watcher) listen(ctx context.Context, group *errgroup.Group) error {
	health := func(ctx context.Context) (string, error) {
		watch := w.running.Load().watch
		return standingBy(watch), Ready(ctx, watch, w.started)
	}
	server, err := web.Listen(ctx, w.setup.Environment.Listen, health)
	if err != nil {
		return err
	}
	if err := w.answerSlack(ctx, group, server); err != nil {
		return err
	}
	server.Handle("GET /metrics", w.setup.Metrics.Handler(w.setup.Log))
	group.Go(func() error { return server.Serve(ctx) })
	w.setup.Log.Info("listening", "address", server.Address())
	if w.setup.Environment.Pprof == "" {
		return nil
	}
	profiles, err := web.ListenProfile(ctx, w.setup.Environment.Pprof)
	if err != nil {
		return err
	}
	group.Go(func() error { return profiles.Serve(ctx) })
	w.setup.Log.Info("serving profiles", "address", profiles.Address())
	return nil
}

// answerSlack starts the app that answers commands and buttons in Slack, if one is configured.
func (w *watcher) answerSlack(ctx context.Context, group *errgroup.Group, server *web.Server) error {
	if !w.setup.Environment.AnswersSlack() {
		return nil
	}
	app, err := w.slackApp()
	if err != nil {
		return err
	}
	if !w.setup.Environment.SlackSigningSecret.IsZero() {
		server.Handle("/slack/", app.Handler())
	}
	group.Go(func() error {
		app.Run(ctx)
		return nil
	})
	w.setup.Log.Info("answering commands and buttons in Slack", "socket", !w.setup.Environment.SlackAppToken.IsZero(),
		"http", !w.setup.Environment.SlackSigningSecret.IsZero())
	return nil
}

// begin makes overdue polls due and logs what is watched, the time of the first poll, and warnings about the settings. It does nothing if
// the process stands by, which has been logged.
func (w *watcher) begin(ctx context.Context) error {
	if w.running.Load().watch.StandsBy() {
		return nil
	}
	next, err := w.running.Load().watch.Bot.Schedule().PollOverdue(ctx)
	if err != nil {
		return err
	}
	w.setup.Log.Info("watching", "projects", len(w.setup.File.Projects), "rules", len(w.setup.File.Rules), "receivers", len(w.setup.File.Receivers),
		"database", database.NameOf(w.setup.Environment.Database.Reveal()), "next_poll", max(0, time.Until(next)).Round(time.Second), "version", w.config.Version)
	if projects, takes, err := w.running.Load().watch.Bot.Schedule().Backlog(ctx); err != nil {
		return err
	} else if projects > 1 {
		w.setup.Log.Info("polling one project after the other, within the request budget", "projects", projects, "done_in_about", takes.Round(time.Minute))
	}
	for _, r := range w.setup.File.Receivers {
		if r.Slack != nil && r.Slack.Channel == "" {
			w.setup.Log.Warn("an incoming webhook of Slack cannot change its messages: changes of level, reminders and ends are further ones; "+
				"with a bot token and a channel the first one would be kept up to date", "receiver", r.Name)
		}
	}
	warnings := check.Warnings(w.setup.File, w.setup.Environment, time.Now())
	for _, warning := range warnings[:min(len(warnings), maxProblems)] {
		w.setup.Log.Warn("checking the settings", "problem", warning.String())
	}
	return nil
}
