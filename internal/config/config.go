// Package config decodes the rules file and the process environment: it checks everything a person writes, says all
// that is wrong at once and where, and never prints a secret.
package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"notewatch/internal/secret"
	"notewatch/rules"
)

// A File is a checked rules file.
type File struct {
	Path      string
	Accounts  []Account // at least one
	Projects  []Project // at least one
	Receivers []Receiver
	Rules     []Rule // in the order of the file; the built-in watcher-blind last, unless the file has a rule of that name
	Period    rules.PeriodSpec
}

// An Account is a Notehub billing account; its projects share one budget of requests.
type Account struct {
	Name              string
	Token             secret.Text // unset in the account that stands for none in the file
	RequestsPerMinute float64
}

// A Project is a Notehub project to watch.
type Project struct {
	UID     string // project UID (app:…) or product UID
	Name    string // the UID unless the file names it
	Account string // the name of an Account
}

// A Receiver is somebody to tell: exactly one of Terminal, Slack and Webhook is set.
type Receiver struct {
	Name     string
	From     rules.Level // the lowest level it wants
	Terminal bool
	Slack    *Slack
	Webhook  *Webhook
}

// Slack is a Slack channel, reached by the bot token, or an incoming webhook: exactly one of Channel and URL is set.
type Slack struct {
	Channel string
	URL     secret.Text
}

// A Webhook is an HTTP endpoint.
type Webhook struct {
	URL          secret.Text
	Secret       secret.Text // signs the requests; may be unset
	AllowPrivate bool        // addresses of private networks too
}

// A Rule is a compiled rule with whom it tells.
type Rule struct {
	*rules.Rule
	Notify []string // names of receivers, at least one
}

// Load reads and checks the rules file at path. lookup gives the variables that ${NAME} stands for, as os.LookupEnv
// does. checks say what else is wrong with the settings of a receiver; several errors may be joined, and none may hold a
// secret. The error is an Errors when something in the file is wrong, and wraps that of the file system when it cannot
// be read.
func Load(path string, lookup func(name string) (string, bool), checks ...func(Receiver) error) (*File, error) {
	data, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("reading rules file %q: %w", path, reason(err))
	}
	return Parse(path, data, lookup, checks...)
}

// read returns the content of a file, cut where parse would refuse it anyway.
func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, maxBytes+1))
}

// reason returns err without the operation and path that package os puts before it.
func reason(err error) error {
	if failure, ok := errors.AsType[*fs.PathError](err); ok {
		return failure.Err
	}
	return err
}

// Parse checks the content of a rules file; path only names it. lookup, checks and the errors are as those of Load.
func Parse(path string, data []byte, lookup func(name string) (string, bool), checks ...func(Receiver) error) (*File, error) {
	d := &decoder{source: newSource(data), path: path, lookup: lookup, checks: checks, file: newFile(path)}
	d.decode()
	if len(d.problems) > 0 {
		return nil, d.problems.sorted()
	}
	return d.file, nil
}
