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

// A Config configures a Reader. Every field except MaxRows is required.
type Config struct {
	Usage   *usage.Store
	Log     *slog.Logger
	Wants   rules.Wants   // what rules read of metrics
	Objects rules.Objects // what they read beside metrics; nil is nothing
	MaxRows int           // of one answer; 0 is notehub.MaxLimit
}

// A Reader reads projects. It is safe for concurrent use, but only one goroutine at a time may read a project.
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
	version  int64                 // of the device list on which unlisted is based
	unlisted map[string]int32      // ordinals of devices that are not in the list; 0 if never listed
	rows     map[string]int        // maximum for one day, by endpoint
	turns    map[turn]int          // the part of a day to request next
	invalid  map[rules.Figure]bool // figures with invalid numbers that were logged
	nameless bool                  // it was logged that the fleets cannot be read
}

// A Poll describes one poll of a project.
type Poll struct {
	Project string // UID
	Lease   work.Lease
	Client  *notehub.Client
	// Request makes one request, within the budget of the account and under the lease. It may repeat it.
	Request func(ctx context.Context, request func(context.Context) error) error
	Now     time.Time         // domain clock
	First   rules.Day         // the first day that rules look back on
	List    *usage.DeviceList // the stored one
	Relist  bool              // read the device list and the fleets
	Routes  bool              // read the list of routes, and what they handed on
	Reread  bool              // read days before yesterday again
	Polled  bool              // an earlier poll of the project succeeded
}

// A Result is the outcome of reading a project.
type Result struct {
	List      *usage.DeviceList // the stored list afterwards
	Truncated bool              // an answer was truncated, and the rest was not read in another way
	Invalid   int               // numbers that are not counts
}

// Read brings the store up to date with Notehub. What was read before an error is kept.
func (r *Reader) Read(ctx context.Context, given Poll) (Result, error) {
	known, _ := r.projects.LoadOrStore(given.Project, &memory{
		rows: map[string]int{}, turns: map[turn]int{}, invalid: map[rules.Figure]bool{},
	})
	p := &poll{
		given: given, usage: r.config.Usage, log: r.config.Log, maxRows: r.config.MaxRows, known: known.(*memory),
		objects: r.config.Objects, simBytes: usage.SIMBytes{}, today: rules.DayOf(given.Now), parts: map[string]int{}, current: map[rules.Figure]bool{},
	}
	err := p.read(ctx, r.endpoints)
	if err == nil {
		err = p.keep(ctx, r.config.Wants)
	}
	if err == nil {
		err = p.saveSIMs(ctx)
	}
	return Result{List: p.given.List, Truncated: p.truncated, Invalid: p.invalid}, err
}

// A poll reads one project.
type poll struct {
	given     Poll
	usage     *usage.Store
	log       *slog.Logger
	maxRows   int // of one answer
	known     *memory
	objects   rules.Objects // that rules read
	today     rules.Day
	subjects  *subjects                   // all listed devices
	coverage  map[rules.Figure]usage.Span // days that have been read
	parts     map[string]int              // requests for parts of days, by endpoint
	current   map[rules.Figure]bool       // figures for which today was read; false if without the newest data
	buffer    []history.Cell              // for one answer at a time
	simBytes  usage.SIMBytes              // that this poll has read
	truncated bool
	invalid   int // numbers that are not counts
}

func (p *poll) read(ctx context.Context, endpoints []endpoint) (err error) {
	p.index()
	if p.given.Relist {
		if err := p.relist(ctx); err != nil {
			return err
		}
	}
	if p.coverage, err = p.usage.Coverage(ctx, p.given.Project); err != nil {
		return err
	}
	if p.given.Routes {
		if err := p.readRoutes(ctx, endpoints); err != nil {
			return err
		}
	}
	for _, e := range endpoints {
		if e.routes {
			continue
		}
		if err := p.readEndpoint(ctx, e); err != nil {
			return fmt.Errorf("reading %s usage: %w", e.name, err)
		}
	}
	return p.readBack(ctx, endpoints)
}

// index creates the subjects from the device list.
func (p *poll) index() {
	p.subjects = subjectsOf(p.given.List)
	if p.known.version != p.given.List.Version || p.known.unlisted == nil {
		p.known.version, p.known.unlisted = p.given.List.Version, map[string]int32{}
	}
}

// readEndpoint reads the due days of an endpoint, and then missing earlier days: all of them before the first successful poll, afterwards
// one span in each poll.
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
		ok = ok && !p.given.Polled && missing.last < before && p.parts[e.name] == 0
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

// readSpan reads and saves days. If they do not fit into one answer, it reads halves of them, and a single day in parts.
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
	case a.truncated && q.routes: // a request for some of them would bring no more
		p.truncated = true
	case a.truncated:
		return p.readInParts(ctx, a)
	}
	return p.save(ctx, a, a.wanted)
}
