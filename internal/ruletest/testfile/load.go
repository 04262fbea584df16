package testfile

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"notewatch/internal/config"
	"notewatch/internal/config/document"
	"notewatch/internal/config/problem"
	"notewatch/internal/config/typed"
	"notewatch/internal/smallfile"
)

// Suffix is the end of the names of files of tests.
const Suffix = "_test.yaml"

// Find returns the files of tests at paths. The path of a directory stands for all files of tests in it and below. Without a path, Find
// looks in the current directory. The files are sorted.
func Find(paths ...string) (files []string, err error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("looking for rule tests: %w", err)
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		found, err := within(path)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// Load reads a file of tests and the rules file that it names. The error is a problem.Errors if something in one of them is wrong.
func Load(path string) (*File, error) {
	data, err := smallfile.Read(path, document.MaxBytes+1)
	if err != nil && !errors.Is(err, smallfile.ErrTooLarge) { // typed.Read reports a file that is too large
		return nil, fmt.Errorf("reading rule tests %q: %w", path, err)
	}
	var d Document
	problems := typed.Read(path, data, &d)
	file := &File{Path: path, Tests: d.Tests}
	if d.Rules.Given {
		more := file.readRules(data, d.Rules)
		problems = append(problems, more...)
	}
	if file.Rules != nil {
		c := checker{file: file, problems: problems}
		c.check()
		problems = c.problems
	}
	if len(problems) > 0 {
		return nil, problems.Sorted()
	}
	return file, nil
}

// readRules reads the rules under test.
func (f *File) readRules(data []byte, at typed.Raw) problem.Errors {
	var err error
	switch {
	case at.Mapping:
		f.Rules, err = config.ParseWithin(f.Path, data, at.Where)
	case at.Text == "" || filepath.IsAbs(at.Text):
		return problem.Errors{at.Problem(f.Path, "", "want the path of a rules file from this file, or a rules file", "")}
	default:
		path := filepath.Join(filepath.Dir(f.Path), at.Text)
		f.Rules, err = config.LoadPartly(path, func(string) (string, bool) { return "", false })
	}
	if err == nil {
		f.listProject()
	}
	if problems, ok := errors.AsType[problem.Errors](err); ok {
		return problems
	}
	if err != nil {
		return problem.Errors{at.Problem(f.Path, "", err.Error(), "")}
	}
	return nil
}

// listProject adds a project to rules for all projects of an account, as if Notehub listed it.
func (f *File) listProject() {
	if all := f.Rules.All; len(all) > 0 {
		one := all[0]
		one.UID, one.Name = "app:"+config.TestProject, config.TestProject
		f.Rules.Projects, f.Rules.All = append(f.Rules.Projects, one), nil
	}
}

// Defaults of a test.
const (
	defaultPoll = 15 * time.Minute
	shortest    = time.Minute // between two polls
	maxDays     = 400
	maxPolls    = 50_000
)

// defaultStart is a Wednesday in the middle of a month.
var defaultStart = time.Date(2026, 6, 17, 0, 0, 0, 0, time.UTC)

// complete sets the fields that a test leaves out.
func (t *Test) complete(rules *config.File) {
	if t.Start.Start.IsZero() {
		t.Start.Start = defaultStart
	}
	t.Poll = cmp.Or(t.Poll, Length(defaultPoll))
	t.Project = cmp.Or(t.Project, rules.Projects[0].Name)
	if t.Days == 0 {
		t.Days = t.lastDay() + 1
	}
	for i := range t.Devices {
		d := &t.Devices[i]
		d.Value.UID = cmp.Or(d.Value.UID, "dev:"+d.Key)
		if !d.Value.Provisioned.Given() {
			d.Value.Provisioned = Instant{date: t.Begins().AddDate(-2, 0, 0), given: true}
		}
	}
	for i := range t.Routes {
		t.Routes[i].Value.UID = cmp.Or(t.Routes[i].Value.UID, "route:"+t.Routes[i].Key)
	}
}

// lastDay returns the last day that the test mentions, counted from its first one.
func (t *Test) lastDay() (last int) {
	for _, m := range t.moments() {
		last = max(last, int(m.at.Sub(t.Begins())/(24*time.Hour)))
	}
	for _, s := range t.series() {
		last = max(last, len(s.Value.Days)-1)
	}
	return min(last, maxDays)
}

// A moment is an instant that a test mentions, with its place in the file.
type moment struct {
	typed.At
	field string
	at    time.Time
}

// moments returns the instants that the test mentions.
func (t *Test) moments() (all []moment) {
	note := func(at typed.At, field string, i Instant) {
		if i.Given() {
			all = append(all, moment{at, field, i.In(t.Begins())})
		}
	}
	for _, s := range t.Steps {
		note(s.At, "at", s.When)
	}
	for _, a := range t.Expect.Alerts {
		note(a.At, "fired", a.Fired.To)
		note(a.At, "ended", a.Ended.To)
	}
	for _, m := range t.Expect.Messages {
		for _, one := range m.Value {
			note(one.At, "at", one.When.To)
		}
	}
	for _, r := range t.Expect.Results {
		note(r.At, "at", r.When)
	}
	return all
}

// Ends returns the end of the test.
func (t *Test) Ends() time.Time { return t.Begins().AddDate(0, 0, t.Days) }

// series returns all series of the test, by metric.
func (t *Test) series() (all typed.Map[Series]) {
	add := func(at typed.At, key string, s Series) {
		if s.Given() {
			all = append(all, typed.Entry[Series]{At: at, Key: key, Value: s})
		}
	}
	for _, d := range t.Devices {
		for name, s := range d.Value.Metrics() {
			add(d.Value.At, name, s)
		}
	}
	for _, r := range t.Routes {
		add(r.Value.At, "routed", r.Value.Routed)
		add(r.Value.At, "route_failures", r.Value.Failures)
		add(r.Value.At, "route_latency", r.Value.Latency)
	}
	return all
}

// LoadAll loads the files of tests at paths, as Find finds them. The error has the problems of all files.
func LoadAll(paths ...string) (files []*File, err error) {
	found, err := Find(paths...)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no rule tests: no file here or below has a name that ends in %s", Suffix)
	}
	var problems []error
	for _, path := range found {
		file, err := Load(path)
		problems = append(problems, err)
		files = append(files, file)
	}
	return files, errors.Join(problems...)
}
