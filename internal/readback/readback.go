package readback

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
)

// freshTime is how long data of a project counts as fresh, so that it is not read again.
const freshTime = time.Hour

// A Reader reads projects into a database. All fields are required.
type Reader struct {
	Store    *store.Store
	Clock    bot.Clock
	Machine  func() time.Time
	Reads    rules.Reads                                // what is read
	First    func(p Project, today rules.Day) rules.Day // the first day to read
	Progress func(text string)                          // shows how far it has come
	Log      *slog.Logger
}

// A Project is a project to read.
type Project struct {
	UID, Name string
	Account   string // whose request budget is used
	PerMinute float64
	Client    *notehub.Client
}

// A Skipped is a project that is left out because Notehub refuses to show it.
type Skipped struct {
	Project Project
	Why     string
}

// Requests returns the number of requests for each project with at most 10,000 devices and 65 days of which nothing has been read.
func Requests(reads rules.Reads) int {
	const lists = 3 // devices, fleets, routes
	devices, routes := fetch.Requests(reads.Figures)
	return lists + devices + routes
}

// ReadsOf returns what all rules of files read.
func ReadsOf(files ...*config.File) (reads rules.Reads) {
	for _, file := range files {
		for _, r := range file.Rules {
			reads.Members, reads.Objects = reads.Members.With(r.Reads.Members), reads.Objects.With(r.Reads.Objects)
		}
	}
	reads.Figures = reads.Members.Figures()
	return reads
}

// Read reads projects, and returns those that Notehub shows. It fails if it shows none.
func (r *Reader) Read(ctx context.Context, projects []Project) (shown []Project, skipped []Skipped, err error) {
	usage := fetch.New(fetch.Config{Usage: r.Store.Usage, Log: r.Log, Wants: r.Reads.Members, Objects: r.Reads.Objects})
	sender := request.New(request.Config{
		Store: r.Store, Now: r.Clock.Now, Timer: r.Clock.Timer, Machine: r.Machine, Log: r.Log,
	})
	for i, p := range projects {
		r.Progress(fmt.Sprintf("Reading %s (%d of %d)", p.Name, i+1, len(projects)))
		err := r.readProject(ctx, usage, sender, p)
		switch {
		case err == nil:
			shown = append(shown, p)
		case ctx.Err() == nil && refused(err):
			skipped = append(skipped, Skipped{p, words.Line(err.Error())})
		default:
			return nil, nil, fmt.Errorf("reading project %q: %w; what was read is kept: repeat the command to go on", p.Name, Advised(err))
		}
	}
	if len(shown) == 0 {
		return nil, nil, fmt.Errorf("reading project %q: %s; the owner of the token needs at least the role viewer in a project to watch it",
			skipped[0].Project.Name, skipped[0].Why)
	}
	return shown, skipped, nil
}

// errPolled means that another process reads the project.
var errPolled = errors.New("notewatch run is polling it: stop that, or wait for a minute")

// readProject reads one project until all is read that is wanted, or a poll reads nothing more: a poll fills back one time span of what was read before.
func (r *Reader) readProject(ctx context.Context, usage *fetch.Reader, sender *request.Sender, p Project) error {
	for left := -1; ; {
		missing, err := r.missing(ctx, p)
		if err != nil || missing == 0 || missing == left {
			return err
		}
		if err := r.poll(ctx, usage, sender, p); err != nil {
			return err
		}
		left = missing
	}
}

// poll reads one project under the lease of its poll, which is due again afterwards.
func (r *Reader) poll(ctx context.Context, usage *fetch.Reader, sender *request.Sender, p Project) (err error) {
	now := r.Clock.Now().UTC()
	if err := r.Store.Work.AddWork(ctx, work.Poll, []string{p.UID}, now); err != nil {
		return err
	}
	if err := r.Store.Work.MakeDue(ctx, work.Poll, p.UID, now); err != nil {
		return err
	}
	lease, claimed, err := r.Store.Work.Claim(ctx, work.Poll, p.UID, now, r.Machine())
	switch {
	case err != nil:
		return err
	case !claimed:
		return errPolled
	}
	defer func() { // also after an interruption, so that the next run need not wait for the end of the lease
		err = errors.Join(err, r.Store.Work.Complete(context.WithoutCancel(ctx), lease, now, now, lease.Failures))
	}()
	list, err := r.Store.Usage.DeviceList(ctx, p.UID)
	if err != nil {
		return err
	}
	poll := fetch.Poll{
		Project: p.UID, Lease: lease, Client: p.Client, Now: now, First: r.First(p, rules.DayOf(now)), List: list, Relist: !fresh(list.Read, now), Routes: true,
		Request: sender.Poll(request.Account{Name: p.Account, PerMinute: p.PerMinute}, p.UID, lease, request.Times{}).Do,
	}
	if _, err = usage.Read(ctx, poll); refused(err) { // perhaps only its routes
		poll.Routes = false
		_, err = usage.Read(ctx, poll)
	}
	return err
}

// refused reports whether Notehub refuses to show something to the token.
func refused(err error) bool {
	return errors.Is(err, notehub.ErrForbidden) || errors.Is(err, notehub.ErrNotFound)
}

// fresh reports whether what was read at an instant is not read again.
func fresh(read, now time.Time) bool { return !read.IsZero() && now.Sub(read) < freshTime }

// missing returns how many days of figures of a project have not been read, and 1 more if its device list was not read less than freshTime ago.
func (r *Reader) missing(ctx context.Context, p Project) (days int, err error) {
	now := r.Clock.Now().UTC()
	listed, err := r.Store.Usage.Listed(ctx, p.UID)
	if err != nil {
		return 0, err
	}
	if !fresh(listed, now) {
		days++
	}
	coverage, err := r.Store.Usage.Coverage(ctx, p.UID)
	today := rules.DayOf(now)
	first := r.First(p, today)
	for _, figure := range r.Reads.Figures {
		if figure.OfRoutes() { // never read of a project without routes
			continue
		}
		span, ok := coverage[figure]
		if !ok {
			days += int(today-first) + 1
			continue
		}
		days += int(max(0, today-span.Last)) + int(max(0, span.First-first))
	}
	return days, err
}
