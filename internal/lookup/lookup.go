package lookup

import (
	"slices"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// A Config configures a Reader. Store and Now are required.
type Config struct {
	Store     *store.Store
	Projects  []Project
	Accounts  []Account
	Rules     []*rules.Rule
	Receivers []string                // names
	Hours     map[string]muting.Hours // of receivers that have some
	Period    rules.PeriodSpec        // the zero value is the calendar month
	Prices    Prices                  // the zero value is that none are set
	Windows   []muting.Window         // mute windows of the rules file
	Interval  time.Duration           // between two polls of a project, unless its account has too few requests; 0 is not known
	Kinds     budget.Kinds            // of answers that polls request
	Now       func() time.Time        // domain clock
}

// A Project is a Notehub project that is watched.
type Project struct {
	UID     string `json:"uid"`
	Name    string `json:"name"`
	Account string `json:"account"` // name

	Period rules.PeriodSpec `json:"-"` // the zero value is that of the Config

	Satellite env.Satellite `json:"-"` // allowance of each device
}

// An Account is a Notehub billing account.
type Account struct {
	Name      string  `json:"name"`
	PerMinute float64 `json:"requests_per_minute"`

	Prices *Prices `json:"-"` // nil: those of the Config
}

// Prices are what Notehub charges. Without a currency none are set.
type Prices struct {
	Currency   string  // such as USD
	Event      float64 // for one billable event
	FreeEvents float64 // of each account in a calendar month
	DataBlock  float64 // for what is added to a SIM when its data runs out
	BlockSize  float64 // bytes of that; 0 is 500 MB
	AsOf       string  // when they were looked up, such as 2026-06
}

// set reports whether there are prices.
func (p Prices) set() bool { return p.Currency != "" }

// A Reader answers questions from the store. It is safe for use by several goroutines.
type Reader struct {
	config  Config
	figures []rules.Figure // of devices that rules read
	routed  []rules.Figure // the same of routes
}

// New returns a reader of the store of c.
func New(c Config) *Reader {
	r := &Reader{config: c}
	for _, rule := range c.Rules {
		for _, figure := range rule.Reads.Figures {
			if figure.OfRoutes() {
				r.routed = append(r.routed, figure)
			} else {
				r.figures = append(r.figures, figure)
			}
		}
	}
	for _, figures := range []*[]rules.Figure{&r.figures, &r.routed} {
		rules.SortFigures(*figures)
		*figures = slices.Compact(*figures)
	}
	return r
}

// Of returns a reader that answers questions about other projects.
func (r *Reader) Of(projects []Project) *Reader {
	other := *r
	other.config.Projects = projects
	return &other
}

// Config returns the configuration of the reader.
func (r *Reader) Config() Config { return r.config }

// Store returns the store that answers come from.
func (r *Reader) Store() *store.Store { return r.config.Store }

// Now returns the time on the domain clock.
func (r *Reader) Now() time.Time { return r.config.Now() }

// figuresOf returns the figures of a subject that rules read.
func (r *Reader) figuresOf(s Subject) []rules.Figure {
	if s.Kind == KindRoute {
		return r.routed
	}
	return r.figures
}

// RuleNames returns the names of the rules of the rules file, in its order.
func (r *Reader) RuleNames() []string {
	names := make([]string, len(r.config.Rules))
	for i, rule := range r.config.Rules {
		names[i] = rule.Spec.Name
	}
	return names
}

// project returns the configured project of a UID.
func (r *Reader) project(uid string) (Project, bool) {
	i := slices.IndexFunc(r.config.Projects, func(p Project) bool { return p.UID == uid })
	if i < 0 {
		return Project{}, false
	}
	return r.config.Projects[i], true
}

// ProjectsOf returns the projects that a subject is part of or made of.
func (r *Reader) ProjectsOf(s Subject) []Project {
	if s.Kind == KindAll {
		return r.config.Projects
	}
	if name, ok := rules.AccountOf(s.Project.UID); ok {
		return slices.DeleteFunc(slices.Clone(r.config.Projects), func(p Project) bool { return p.Account != name })
	}
	if p, ok := r.project(s.Project.UID); ok {
		return []Project{p}
	}
	return nil
}
