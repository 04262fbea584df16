package config

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"notewatch/internal/secret"
)

// An Environment is the settings of the process and its own secrets.
type Environment struct {
	Rules         string      // path of the rules file
	Database      string      // path of the SQLite file
	Listen        string      // host:port of the HTTP server
	Pprof         string      // host:port of the profiling server, on the loopback interface; "" is none
	NotehubURL    string      // where the Notehub API is; "" is Notehub's own
	NotehubToken  secret.Text // of the account of a rules file that has no accounts; may be unset
	SlackBotToken secret.Text // may be unset
	SlackAPIURL   string      // where the Slack API is; "" is Slack's own
	LogLevel      slog.Level
	LogFormat     string // text or json
}

// variables are the settings as text. Only text, since envconfig stops at the first value it cannot convert and prints
// it, and takes a variable that is set but empty for a value.
type variables struct {
	Rules         string `envconfig:"NOTEWATCH_RULES" default:"rules.yaml"`
	Database      string `envconfig:"NOTEWATCH_DATABASE" default:"notewatch.db"`
	Listen        string `envconfig:"NOTEWATCH_LISTEN" default:"127.0.0.1:8080"`
	Pprof         string `envconfig:"NOTEWATCH_PPROF"`
	NotehubURL    string `envconfig:"NOTEWATCH_NOTEHUB_URL"`
	NotehubToken  string `envconfig:"NOTEWATCH_NOTEHUB_TOKEN"`
	SlackBotToken string `envconfig:"NOTEWATCH_SLACK_BOT_TOKEN"`
	SlackAPIURL   string `envconfig:"NOTEWATCH_SLACK_API_URL"`
	LogLevel      string `envconfig:"NOTEWATCH_LOG_LEVEL" default:"info"`
	LogFormat     string `envconfig:"NOTEWATCH_LOG_FORMAT" default:"text"`
}

// ReadEnvironment reads the variables NOTEWATCH_… of the process. Each may be given as NAME_FILE too, the path of a file
// that holds the value; one newline at its end is not part of it. A variable that is unset or empty has its default. The
// error is an Errors with all problems; it never holds a value.
func ReadEnvironment() (Environment, error) {
	var v variables
	if err := envconfig.Process("", &v); err != nil {
		return Environment{}, errors.New("reading the environment: the settings are not all text")
	}
	r := environmentReader{settings: v.settings()}
	r.checkNames(os.Environ())
	for name, s := range r.settings {
		r.fill(name, s)
	}
	environment := r.environment(v)
	if len(r.problems) > 0 {
		return Environment{}, r.problems.sorted()
	}
	return environment, nil
}

// A setting is where the text of a variable goes, and what it is when there is none.
type setting struct {
	text     *string
	fallback string
}

// settings returns the fields by the names in their tags.
func (v *variables) settings() map[string]setting {
	all := map[string]setting{}
	for field, value := range reflect.ValueOf(v).Elem().Fields() {
		all[field.Tag.Get("envconfig")] = setting{value.Addr().Interface().(*string), field.Tag.Get("default")}
	}
	return all
}

type environmentReader struct {
	settings map[string]setting
	problems Errors
}

func (r *environmentReader) report(name, message, hint string) {
	r.problems = append(r.problems, Problem{Where: name, Message: message, Hint: hint})
}

const (
	prefix     = "NOTEWATCH_"
	fileSuffix = "_FILE"
)

// injected matches variables that Kubernetes and Docker set by themselves for a service of the name notewatch.
var injected = regexp.MustCompile(`^NOTEWATCH_(SERVICE_HOST|SERVICE_PORT(_.*)?|NAME|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)?)$`)

// checkNames reports variables that look like settings but are none: a slip would else go unseen.
func (r *environmentReader) checkNames(environ []string) {
	known := make([]string, 0, len(r.settings))
	for name := range r.settings {
		known = append(known, strings.TrimPrefix(name, prefix))
	}
	slices.Sort(known)
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		setting := strings.TrimSuffix(name, fileSuffix)
		if _, ok := r.settings[setting]; ok || !strings.HasPrefix(name, prefix) || injected.MatchString(name) {
			continue
		}
		hint := "the names " + prefix + "… are for its own settings; call yours something else"
		if near := Nearest(strings.TrimPrefix(setting, prefix), known); near != "" {
			hint = "did you mean " + prefix + near + strings.TrimPrefix(name, setting) + "?"
		}
		r.report(name, "unknown variable", hint)
	}
}

// fill sets s to the content of the file that NAME_FILE names, or to its default, where the variable gave nothing.
func (r *environmentReader) fill(name string, s setting) {
	path := os.Getenv(name + fileSuffix)
	switch {
	case path != "" && os.Getenv(name) != "":
		r.report(name, "given both by itself and as "+name+fileSuffix, "unset one of them")
	case path != "":
		text, err := readSecretFile(path)
		if err != nil {
			// The path is not shown: it may be the value itself, put in the wrong place.
			r.report(name+fileSuffix, "reading the file of that path: "+err.Error(), "")
			text = s.fallback
		}
		*s.text = text
	case *s.text == "":
		*s.text = s.fallback
	}
}

// environment converts and checks the variables.
func (r *environmentReader) environment(v variables) Environment {
	var level slog.Level
	levelErr := level.UnmarshalText([]byte(v.LogLevel))
	_, _, listenErr := net.SplitHostPort(v.Listen)
	isPostgres := strings.HasPrefix(v.Database, "postgres://") || strings.HasPrefix(v.Database, "postgresql://")

	r.require(!isPostgres, "NOTEWATCH_DATABASE", "PostgreSQL is not supported yet", "give the path of a SQLite file")
	r.require(listenErr == nil, "NOTEWATCH_LISTEN", "want a host and port", "such as 127.0.0.1:8080")
	r.require(v.Pprof == "" || isLoopback(v.Pprof), "NOTEWATCH_PPROF", "want a loopback address and port", "such as 127.0.0.1:6060")
	r.require(v.NotehubURL == "" || isHTTP(v.NotehubURL), "NOTEWATCH_NOTEHUB_URL", "want an address", "such as https://api.notefile.net")
	r.require(!holdsSpace(v.NotehubToken), "NOTEWATCH_NOTEHUB_TOKEN", "holds white space", "")
	r.require(!holdsSpace(v.SlackBotToken), "NOTEWATCH_SLACK_BOT_TOKEN", "holds white space", "")
	r.require(v.SlackAPIURL == "" || isHTTP(v.SlackAPIURL), "NOTEWATCH_SLACK_API_URL", "want an address",
		"such as https://slack.com/api/")
	r.require(levelErr == nil, "NOTEWATCH_LOG_LEVEL", "unknown level", "want debug, info, warn or error")
	r.require(v.LogFormat == "text" || v.LogFormat == "json", "NOTEWATCH_LOG_FORMAT", "unknown format", "want text or json")

	return Environment{
		Rules:         v.Rules,
		Database:      v.Database,
		Listen:        v.Listen,
		Pprof:         v.Pprof,
		NotehubURL:    v.NotehubURL,
		NotehubToken:  secret.New(v.NotehubToken),
		SlackBotToken: secret.New(v.SlackBotToken),
		SlackAPIURL:   v.SlackAPIURL,
		LogLevel:      level,
		LogFormat:     v.LogFormat,
	}
}

// require reports a problem unless what it is about holds.
func (r *environmentReader) require(holds bool, name, message, hint string) {
	if !holds {
		r.report(name, message, hint)
	}
}

// isLoopback reports whether text is a host and port that only this machine can reach.
func isLoopback(text string) bool {
	host, port, err := net.SplitHostPort(text)
	if err != nil || port == "" {
		return false
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
