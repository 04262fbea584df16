package onboard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/fetch"
	"notewatch/internal/request"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/internal/words"
	"notewatch/notehub"
	"notewatch/rules"
	"notewatch/rules/metric"
)

const (
	tried     = 30                         // complete days of the trial
	readDays  = tried + metric.HistoryDays // days that are read, before today
	freshTime = time.Hour                  // within which a project is not read again
)

// A reader reads projects into the database.
type reader struct {
	db       *store.Store
	client   *notehub.Client
	clock    bot.Clock
	machine  func() time.Time
	rate     float64 // requests a minute
	reads    rules.Reads
	progress func(string)
	log      *slog.Logger
}

// A Skipped is a project that is left out because Notehub refuses to show it.
type Skipped struct {
	Project notehub.Project
	Why     string
}

// requests returns the number of requests for each project with at most 10,000 devices that has not been read.
func requests(reads rules.Reads) int {
	const lists = 3 // devices, fleets, routes
	devices, routes := fetch.Requests(reads.Figures)
	return lists + devices + routes
}

// readsOf returns what all rules of a file read.
func readsOf(file *config.File) (reads rules.Reads) {
	for _, r := range file.Rules {
		reads.Members, reads.Objects = reads.Members.With(r.Reads.Members), reads.Objects.With(r.Reads.Objects)
	}
	reads.Figures = reads.Members.Figures()
	return reads
}

// read reads projects, and returns those that Notehub shows. It fails if it shows none.
func (r *reader) read(ctx context.Context, projects []notehub.Project) (shown []notehub.Project, skipped []Skipped, err error) {
	usage := fetch.New(fetch.Config{Usage: r.db.Usage, Log: r.log, Wants: r.reads.Members, Objects: r.reads.Objects})
	sender := request.New(request.Config{
		Store: r.db, Now: r.clock.Now, Timer: r.clock.Timer, Machine: r.machine, Log: r.log,
	})
	for i, p := range projects {
		r.progress(fmt.Sprintf("Reading %s (%d of %d)", nameOf(p), i+1, len(projects)))
		err := r.readProject(ctx, usage, sender, p)
		switch {
		case err == nil:
			shown = append(shown, p)
		case ctx.Err() == nil && refused(err):
			skipped = append(skipped, Skipped{p, words.Line(err.Error())})
		default:
			return nil, nil, fmt.Errorf("reading project %q: %w; what was read is kept: repeat the command to go on", nameOf(p), advised(err))
		}
	}
	if len(shown) == 0 {
		return nil, nil, fmt.Errorf("reading project %q: %s; the owner of the token needs at least the role viewer in a project to watch it",
			nameOf(skipped[0].Project), skipped[0].Why)
	}
	return shown, skipped, nil
}

// errPolled means that another process reads the project.
var errPolled = errors.New("notewatch run is polling it: stop that, or wait for a minute")

// readProject reads one project under the lease of its poll, which is due again afterwards.
func (r *reader) readProject(ctx context.Context, usage *fetch.Reader, sender *request.Sender, p notehub.Project) (err error) {
	now := r.clock.Now().UTC()
	fresh, err := r.isFresh(ctx, p.UID, now)
	if fresh || err != nil {
		return err
	}
	if err := r.db.Work.AddWork(ctx, work.Poll, []string{p.UID}, now); err != nil {
		return err
	}
	if err := r.db.Work.MakeDue(ctx, work.Poll, p.UID, now); err != nil {
		return err
	}
	lease, claimed, err := r.db.Work.Claim(ctx, work.Poll, p.UID, now, r.machine())
	switch {
	case err != nil:
		return err
	case !claimed:
		return errPolled
	}
	defer func() { // also after an interruption, so that the next run need not wait for the end of the lease
		err = errors.Join(err, r.db.Work.Complete(context.WithoutCancel(ctx), lease, now, now, lease.Failures))
	}()
	list, err := r.db.Usage.DeviceList(ctx, p.UID)
	if err != nil {
		return err
	}
	poll := fetch.Poll{
		Project: p.UID, Lease: lease, Client: r.client, Now: now, First: rules.DayOf(now) - readDays, List: list, Relist: true, Routes: true,
		Request: sender.Poll(request.Account{Name: config.DefaultAccount, PerMinute: r.rate}, p.UID, lease, request.Times{}).Do,
	}
	if _, err = usage.Read(ctx, poll); refused(err) { // a token may lack access to routes only
		poll.Routes = false
		_, err = usage.Read(ctx, poll)
	}
	return err
}

// refused reports whether Notehub refuses to show something to the token.
func refused(err error) bool {
	return errors.Is(err, notehub.ErrForbidden) || errors.Is(err, notehub.ErrNotFound)
}

// isFresh reports whether everything needed of a project was read less than freshTime ago.
func (r *reader) isFresh(ctx context.Context, project string, now time.Time) (bool, error) {
	listed, err := r.db.Usage.Listed(ctx, project)
	if err != nil || listed.IsZero() || now.Sub(listed) >= freshTime {
		return false, err
	}
	coverage, err := r.db.Usage.Coverage(ctx, project)
	if err != nil {
		return false, err
	}
	today := rules.DayOf(now)
	for _, figure := range r.reads.Figures {
		if figure.OfRoutes() { // never read of a project without routes
			continue
		}
		span, ok := coverage[figure]
		if !ok || span.Last < today || span.First > today-readDays {
			return false, nil
		}
	}
	return true, nil
}
