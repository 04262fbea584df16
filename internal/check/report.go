package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/config/problem"
	"notewatch/internal/fetch"
	"notewatch/internal/lookup"
	"notewatch/internal/silences"
	"notewatch/internal/survey"
	"notewatch/internal/watch"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// A Report describes how a rules file is understood.
type Report struct {
	File      string         `json:"file"` // path
	Projects  []lookup.Named `json:"projects"`
	All       []string       `json:"all_projects_of,omitempty"` // names of accounts of which all other projects are watched too
	Accounts  []Account      `json:"accounts"`
	Rules     []Rule         `json:"rules"`
	Receivers []Receiver     `json:"receivers"`
	Windows   []Window       `json:"windows"`
	Warnings  []Warning      `json:"warnings"`
	LeftOut   []LeftOut      `json:"left_out"`
	Proxies   []Proxy        `json:"-"`
}

// An Account describes how often the projects of an account are polled.
type Account struct {
	Name      string        `json:"name"`
	Projects  int           `json:"projects"`
	PerMinute float64       `json:"requests_per_minute"`
	Interval  time.Duration `json:"interval_seconds"` // between two polls of each of its projects, estimated without their device lists
}

// A Rule is a rule of the file.
type Rule struct {
	Name      string        `json:"name"`
	Each      rules.Scope   `json:"each"`
	Kind      string        `json:"kind"`   // live, day, forecast or period
	Period    string        `json:"period"` // of used, such as "month from 14"; several if projects differ; "" if the rule reads no value of a period
	Levels    []rules.Level `json:"levels"`
	Reads     []string      `json:"reads"`             // figures, "device list" and "poll"
	Polls     int           `json:"requests_per_poll"` // of each project, for what it reads; rules that read the same share them
	Hourly    int           `json:"requests_per_hour"` // likewise, of routes
	Receivers []string      `json:"receivers"`         // its own, else those of all projects
	Now       *survey.Rule  `json:"now,omitempty"`     // nil if the database has no data of a project yet, and for a rule that reads only poll
}

// A Receiver is a receiver without its settings: these hold secrets.
type Receiver struct {
	Name     string      `json:"name"`
	From     rules.Level `json:"from"`
	Fallback string      `json:"fallback,omitempty"`
	Hours    string      `json:"hours,omitempty"` // when it is notified of what is new: "Mon, Tue 08:00–18:00 Europe/Berlin"; "" means always
}

// A Window is a mute window with what it covers.
type Window struct {
	silences.Silence        // its keys are keys of the window
	Times            string `json:"-"` // its schedule with the zone
	Rules            string `json:"-"` // a name, or "all 3"
	Project          string `json:"-"` // a name, or "all 2"
	Devices          string `json:"-"` // a name, "all", or "-" for a rule for each project
}

// A Warning is about a setting that is valid, but probably a mistake.
type Warning struct {
	Code    string `json:"code,omitempty"` // with which a rule can accept the warning
	File    string `json:"file,omitempty"` // with Line and Column, from 1, or 0 for what the data shows; "" for the environment
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Where   string `json:"where"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// LeftOut is a rule of the catalogue that a pattern includes but that cannot work here.
type LeftOut struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// A Proxy lists the peers that are reached through a proxy.
type Proxy struct {
	Name   string   // without its secrets
	Behind []string // "Notehub" and names of receivers
}

// Of returns how a rules file is understood at an instant, with warnings. counted is what its rules match now; nil if that is not known.
func Of(file *config.File, wired watch.Config, warnings problem.Errors, counted []survey.Rule, now time.Time) Report {
	r := Report{File: file.Path, Warnings: []Warning{}, LeftOut: []LeftOut{}, Accounts: accounts(wired.Bot), Proxies: proxies(wired)}
	for _, p := range file.Projects {
		r.Projects = append(r.Projects, lookup.Named{UID: p.UID, Name: p.Name})
	}
	for _, all := range file.All {
		r.All = append(r.All, all.Account)
	}
	for _, rule := range file.Rules {
		understood := Rule{
			Name: rule.Spec.Name, Each: rule.Spec.Each, Kind: rule.Kind.String(),
			Levels: levels(rule.Spec), Reads: reads(rule.Reads), Receivers: notified(file, rule),
		}
		if rule.Reads.Period {
			understood.Period = periods(file, rule)
		}
		understood.Polls, understood.Hourly = fetch.Requests(rule.Reads.Figures)
		if i := slices.IndexFunc(counted, func(c survey.Rule) bool { return c.Name == rule.Spec.Name }); i >= 0 {
			understood.Now = &counted[i]
		}
		r.Rules = append(r.Rules, understood)
	}
	for _, receiver := range file.Receivers {
		hours := ""
		if receiver.Hours != nil {
			hours = withUTC(silences.Schedule(*receiver.Hours), *receiver.Hours)
		}
		r.Receivers = append(r.Receivers, Receiver{receiver.Name, receiver.From, receiver.Fallback, hours})
	}
	for _, w := range file.Silences {
		r.Windows = append(r.Windows, Window{
			Silence: silences.Window(w, now), Times: withUTC(silences.Schedule(w), w),
			Rules:   cmp.Or(w.Match.Rule, fmt.Sprintf("all %d", len(file.Rules))),
			Project: cmp.Or(w.Match.Project, fmt.Sprintf("all %d", len(file.Projects))),
			Devices: covered(file, w.Match),
		})
	}
	for _, left := range file.LeftOut {
		r.LeftOut = append(r.LeftOut, LeftOut(left))
	}
	for _, w := range warnings {
		r.Warnings = append(r.Warnings, Warning{w.Code, w.File, w.Line, w.Column, w.Where, w.Message, w.Hint})
	}
	return r
}

// periods returns the periods of a rule in the projects of the file, in words.
func periods(file *config.File, rule config.Rule) string {
	specs := []rules.PeriodSpec{rule.PeriodIn(file.Period)}
	if rule.Spec.Each != rules.EachOrganization {
		specs = nil
		for _, p := range slices.Concat(file.Projects, file.All) {
			specs = append(specs, rule.PeriodIn(cmp.Or(p.Period, file.Period)))
		}
	}
	var all []string
	for _, spec := range specs {
		words := spec.String()
		if spec.MonthDay > 1 {
			words += fmt.Sprintf(" from %d", spec.MonthDay)
		}
		if !slices.Contains(all, words) {
			all = append(all, words)
		}
	}
	return strings.Join(all, ", ")
}

// withUTC returns a schedule with its zone: one in UTC does not name it.
func withUTC(schedule string, w muting.Window) string {
	if w.Zone == nil || w.Zone == time.UTC {
		return schedule + " UTC"
	}
	return schedule
}

// accounts returns how often the projects of each account are polled.
func accounts(wired bot.Config) (all []Account) {
	b := bot.New(wired)
	for _, a := range wired.Accounts {
		projects := 0
		for _, p := range wired.Projects {
			if p.Account == a.Name {
				projects++
			}
		}
		all = append(all, Account{a.Name, projects, a.PerMinute, b.Schedule().Interval(a.Name)})
	}
	return all
}

// proxies returns the proxies with the peers behind them, in the order of their names.
func proxies(wired watch.Config) (all []Proxy) {
	behind := make(map[string][]string)
	for _, a := range wired.Bot.Accounts {
		if via := a.Client.Proxy(); via != "" && behind[via] == nil {
			behind[via] = []string{"Notehub"} // all accounts have the same address
		}
	}
	for _, receiver := range wired.Receivers {
		if r, ok := receiver.Receiver.(interface{ Proxy() string }); ok && r.Proxy() != "" {
			behind[r.Proxy()] = append(behind[r.Proxy()], receiver.Name)
		}
	}
	for _, via := range slices.Sorted(maps.Keys(behind)) {
		all = append(all, Proxy{via, behind[via]})
	}
	return all
}

// covered names the devices that a match covers. A rule for each project has none.
func covered(file *config.File, m muting.Match) string {
	projectRule := func(r config.Rule) bool { return r.Spec.Name == m.Rule && r.Spec.Each == rules.EachProject }
	if slices.ContainsFunc(file.Rules, projectRule) {
		return "-"
	}
	if m.Fleet != "" {
		return "fleet " + m.Fleet
	}
	return cmp.Or(m.Subject, "all")
}

// notified returns the receivers that a rule notifies: its own, else those of all projects.
func notified(file *config.File, r config.Rule) []string {
	if r.Notify != nil {
		return r.Notify
	}
	var names []string
	for _, p := range slices.Concat(file.Projects, file.All) {
		for _, name := range p.Notify {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func levels(spec rules.Spec) (all []rules.Level) {
	for _, condition := range spec.When {
		all = append(all, condition.Level)
	}
	return all
}

// reads returns the names of what a rule reads.
func reads(r rules.Reads) (all []string) {
	for _, figure := range r.Figures {
		all = append(all, string(figure))
	}
	if r.Device {
		all = append(all, "device list")
	}
	if r.Poll {
		all = append(all, "poll")
	}
	return all
}
