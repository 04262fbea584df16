// Package fetch brings the store up to date with Notehub: the device list, the fleets and the usage that rules read.
//
// What has been read is kept by figure. Each poll reads yesterday and today again, since figures are still coming in, and once a
// day the week before. What is missing of the days that rules look back on is filled back. Spans of days are cut so that their rows
// fit into one answer; each answer is saved before the next one is asked for, so memory holds one.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/notehub"
	"notewatch/rules"
)

// A Config configures a Reader. Every field but MaxRows is required.
type Config struct {
	Usage   *usage.Store
	Log     *slog.Logger
	Wants   rules.Wants   // what rules read of metrics
	Objects rules.Objects // what they read beside metrics; nil is nothing
	MaxRows int           // of one answer; 0 is notehub.MaxLimit
}

// A Reader reads projects. It is safe for use by several goroutines, but a project is read by one at a time.
type Reader struct {
	config    Config
	endpoints []endpoint
	projects  sync.Map // by UID: a *memory
}

// New returns a reader.
func New(config Config) *Reader {
	if config.MaxRows == 0 {
		config.MaxRows = notehub.MaxLimit
	}
	return &Reader{config: config, endpoints: endpointsOf(config.Wants.Figures())}
}

// A memory holds what a Reader remembers of a project between polls. Losing it costs requests, never data.
type memory struct {
	version  int64                 // of the device list that unlisted goes by
	unlisted map[string]int32      // ordinals of devices that are not in the list; 0: it never was
	rows     map[string]int        // that a day has at most, by endpoint
	turns    map[turn]int          // which part of a day is asked for next
	invalid  map[rules.Figure]bool // figures of which invalid numbers were logged
	nameless bool                  // it was logged that the fleets cannot be read
}

// A Poll describes one poll of a project.
type Poll struct {
	Project string // UID
	Lease   work.Lease
	Client  *notehub.Client
	// Request makes one request, within the budget of the account and under the lease. It may make it again.
	Request func(ctx context.Context, request func(context.Context) error) error
	Now     time.Time         // domain clock
	First   rules.Day         // the first day that rules look back on
	List    *usage.DeviceList // as it is stored
	Relist  bool              // the device list and the fleets are to be read
	Reread  bool              // days before yesterday are to be read again
	Polled  bool              // an earlier poll of the project succeeded
}

// A Result is the outcome of reading a project.
type Result struct {
	List      *usage.DeviceList // as it is stored now
	Truncated bool              // an answer was truncated, and not all of it was read in another way
	Invalid   int               // numbers that are no counts
}

// Read brings the store up to date with Notehub. What was read before an error stays.
func (r *Reader) Read(ctx context.Context, given Poll) (Result, error) {
	known, _ := r.projects.LoadOrStore(given.Project, &memory{
		rows: map[string]int{}, turns: map[turn]int{}, invalid: map[rules.Figure]bool{},
	})
	p := &poll{
		Poll: given, usage: r.config.Usage, log: r.config.Log, maxRows: r.config.MaxRows, known: known.(*memory),
		objects: r.config.Objects, simBytes: usage.SIMBytes{}, today: rules.DayOf(given.Now), parts: map[string]int{}, current: map[rules.Figure]bool{},
	}
	err := p.read(ctx, r.endpoints)
	if err == nil {
		err = p.keep(ctx, r.config.Wants)
	}
	if err == nil {
		err = p.saveSIMs(ctx)
	}
	return Result{List: p.List, Truncated: p.truncated, Invalid: p.invalid}, err
}

// A poll reads one project.
type poll struct {
	Poll
	usage     *usage.Store
	log       *slog.Logger
	maxRows   int // of one answer
	known     *memory
	objects   rules.Objects // that rules read
	today     rules.Day
	subjects  *subjects                   // all listed devices
	coverage  map[rules.Figure]usage.Span // days that have been read
	parts     map[string]int              // requests for parts of days, by endpoint
	current   map[rules.Figure]bool       // figures of which today was read; false: only without the newest of it
	buffer    []history.Cell              // for one answer at a time
	simBytes  usage.SIMBytes              // that this poll has read
	truncated bool
	invalid   int // numbers that are no counts
}

func (p *poll) read(ctx context.Context, endpoints []endpoint) (err error) {
	p.index()
	if p.Relist {
		if err := p.relist(ctx); err != nil {
			return err
		}
	}
	if p.coverage, err = p.usage.Coverage(ctx, p.Project); err != nil {
		return err
	}
	for _, e := range endpoints {
		if err := p.readEndpoint(ctx, e); err != nil {
			return fmt.Errorf("reading %s usage: %w", e.name, err)
		}
	}
	return p.readBack(ctx, endpoints)
}

// index makes the subjects of the device list.
func (p *poll) index() {
	p.subjects = subjectsOf(p.List)
	if p.known.version != p.List.Version || p.known.unlisted == nil {
		p.known.version, p.known.unlisted = p.List.Version, map[string]int32{}
	}
}

// readEndpoint reads the days of an endpoint that are due, and then what is missing of earlier days: all of it before the first poll
// has succeeded, else one span in each poll.
func (p *poll) readEndpoint(ctx context.Context, e endpoint) error {
	if due, ok := p.due(e); ok {
		q := question{endpoint: e, wanted: e.kept, subjects: p.subjects}
		if err := p.readSpans(ctx, q, due.cut(p.fitting(e))); err != nil {
			return err
		}
	}
	missing, figures, ok := p.missing(e)
	for ok {
		if err := p.readSpan(ctx, question{endpoint: e, span: missing, wanted: figures, subjects: p.subjects}); err != nil {
			return err
		}
		before := missing.last
		missing, figures, ok = p.missing(e)
		ok = ok && !p.Polled && missing.last < before && p.parts[e.name] == 0
	}
	return nil
}

// readSpans reads and saves spans of days.
func (p *poll) readSpans(ctx context.Context, q question, spans []span) error {
	for _, s := range spans {
		q.span = s
		if err := p.readSpan(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// readSpan reads and saves days. Days that are too much for one answer are read in halves, a single day in parts.
func (p *poll) readSpan(ctx context.Context, q question) error {
	a, err := p.ask(ctx, q)
	tookTooLong := errors.Is(err, notehub.ErrTookTooLong)
	switch {
	case err != nil && !tookTooLong:
		return err
	case (tookTooLong || a.truncated) && q.first < q.last:
		return p.readSpans(ctx, q, q.halves())
	case tookTooLong:
		return err
	case q.part:
		return p.save(ctx, a, nil)
	case a.truncated:
		return p.readInParts(ctx, a)
	}
	return p.save(ctx, a, a.wanted)
}
