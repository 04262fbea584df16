package environ

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"

	"notewatch/internal/config/content"
	"notewatch/internal/config/document"
	"notewatch/internal/config/problem"
	"notewatch/internal/secret"
	"notewatch/internal/spelling"
)

// Settings are those of the process, with its own secrets.
type Settings struct {
	Rules              string      // path of the rules file
	Database           secret.Text // path of an SQLite file, or URL of PostgreSQL, which may hold a password
	Listen             string      // host:port of the HTTP server
	Pprof              string      // host:port of the profiling server, on the loopback interface; "" is none
	NotehubURL         string      // where the Notehub API is; "" is Notehub's own
	NotehubToken       secret.Text // of the account of a rules file that has no accounts; may be unset
	TokenExpires       time.Time   // the day on which NotehubToken expires; zero: not stated
	ClientID           string      // of an OAuth client, in place of NotehubToken; "" is none
	ClientSecret       secret.Text
	SlackBotToken      secret.Text // may be unset
	SlackAppToken      secret.Text // of Socket Mode; may be unset
	SlackSigningSecret secret.Text // of what Slack sends over HTTP; may be unset
	SlackAPIURL        string      // where the Slack API is; "" is Slack's own
	Heartbeat          secret.Text // URL to call after each good cycle; may be unset
	HeartbeatPrivate   bool        // it may have an address that is not public
	LogLevel           slog.Level
	LogFormat          string // text or json
}

// AnswersSlack reports whether commands and buttons in Slack are to be answered.
func (e Settings) AnswersSlack() bool {
	return !e.SlackAppToken.IsZero() || !e.SlackSigningSecret.IsZero()
}

// variables are the settings as text. Only text, since envconfig stops at the first value it cannot convert and prints
// it, and takes a variable that is set but empty for a value.
type variables struct {
	Rules              string `envconfig:"NOTEWATCH_RULES" default:"rules.yaml"`
	Database           string `envconfig:"NOTEWATCH_DATABASE" default:"notewatch.db"`
	Listen             string `envconfig:"NOTEWATCH_LISTEN" default:"127.0.0.1:8080"`
	Pprof              string `envconfig:"NOTEWATCH_PPROF"`
	NotehubURL         string `envconfig:"NOTEWATCH_NOTEHUB_URL"`
	NotehubToken       string `envconfig:"NOTEWATCH_NOTEHUB_TOKEN"`
	TokenExpires       string `envconfig:"NOTEWATCH_NOTEHUB_TOKEN_EXPIRES"`
	ClientID           string `envconfig:"NOTEWATCH_NOTEHUB_CLIENT_ID"`
	ClientSecret       string `envconfig:"NOTEWATCH_NOTEHUB_CLIENT_SECRET"`
	SlackBotToken      string `envconfig:"NOTEWATCH_SLACK_BOT_TOKEN"`
	SlackAppToken      string `envconfig:"NOTEWATCH_SLACK_APP_TOKEN"`
	SlackSigningSecret string `envconfig:"NOTEWATCH_SLACK_SIGNING_SECRET"`
	SlackAPIURL        string `envconfig:"NOTEWATCH_SLACK_API_URL"`
	Heartbeat          string `envconfig:"NOTEWATCH_HEARTBEAT_URL"`
	HeartbeatPrivate   string `envconfig:"NOTEWATCH_HEARTBEAT_ALLOW_PRIVATE" default:"false"`
	LogLevel           string `envconfig:"NOTEWATCH_LOG_LEVEL" default:"info"`
	LogFormat          string `envconfig:"NOTEWATCH_LOG_FORMAT" default:"text"`
}

// Read reads the variables NOTEWATCH_… of the process. Each may be given as NAME_FILE too, the path of a file
// that holds the value; a byte order mark and one newline at its end are not part of it. A variable that is unset or empty has
// its default. The error is an Errors with all problems; it never holds a value.
func Read() (Settings, error) {
	var v variables
	if err := envconfig.Process("", &v); err != nil {
		return Settings{}, errors.New("reading the environment: the settings are not all text")
	}
	r := environmentReader{settings: v.settings(), files: map[string]string{}}
	r.checkNames(os.Environ())
	for name, s := range r.settings {
		r.fill(name, s)
	}
	environment := r.environment(v)
	if len(r.problems) > 0 {
		return Settings{}, r.problems.Sorted()
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
	files    map[string]string // names of variables whose value comes from a file, to the path
	problems problem.Errors
}

// report adds a problem with a variable. If its value comes from a file, the problem names the variable with _FILE and the path.
func (r *environmentReader) report(name, message, hint string) {
	if path, ok := r.files[name]; ok {
		name += fileSuffix
		if showable(path) {
			name += fmt.Sprintf(" (%q)", path)
		}
	}
	r.problems = append(r.problems, problem.Problem{Where: name, Message: message, Hint: hint})
}

// showable reports whether text is a path. It may also be the secret itself, given in the wrong variable.
func showable(text string) bool {
	_, err := os.Lstat(text)
	return err == nil || filepath.IsAbs(text)
}

const (
	prefix     = "NOTEWATCH_"
	fileSuffix = "_FILE"
)

// injected matches variables that Kubernetes and Docker set by themselves for a service of the name notewatch.
var injected = regexp.MustCompile(`^NOTEWATCH_(SERVICE_HOST|SERVICE_PORT(_.*)?|NAME|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)?)$`)

// ofCobra matches variables that the completion scripts set, and those that cobra documents for users.
var ofCobra = regexp.MustCompile(`^NOTEWATCH_(ACTIVE_HELP|COMPLETION_DESCRIPTIONS)$`)

// ofTests matches variables that the tests of this program read.
var ofTests = regexp.MustCompile(`^NOTEWATCH_TEST_POSTGRES$`)

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
		_, ok := r.settings[setting]
		if ok || !strings.HasPrefix(name, prefix) || injected.MatchString(name) || ofCobra.MatchString(name) || ofTests.MatchString(name) {
			continue
		}
		hint := "the names " + prefix + "… are for its own settings; call yours something else"
		if near := spelling.Nearest(strings.TrimPrefix(setting, prefix), known); near != "" {
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
		r.files[name] = path
		text, err := content.ReadSecret(path)
		if err != nil {
			hint := ""
			if !showable(path) {
				hint = "want the path of a file that holds the value, from the root"
			}
			r.report(name, "reading the file of that path: "+err.Error(), hint)
			text = s.fallback
		}
		*s.text = text
	default:
		*s.text = cmp.Or(strings.TrimPrefix(*s.text, document.ByteOrderMark), s.fallback)
	}
}

// environment converts and checks the variables.
func (r *environmentReader) environment(v variables) Settings {
	var level slog.Level
	levelErr := level.UnmarshalText([]byte(v.LogLevel))
	_, _, listenErr := net.SplitHostPort(v.Listen)
	r.require(listenErr == nil, "NOTEWATCH_LISTEN", "want a host and port", "such as 127.0.0.1:8080")
	r.require(v.Pprof == "" || isLoopback(v.Pprof), "NOTEWATCH_PPROF", "want a loopback address and port", "such as 127.0.0.1:6060")
	r.require(v.NotehubURL == "" || content.IsHTTP(v.NotehubURL), "NOTEWATCH_NOTEHUB_URL", "want an address", "such as https://api.notefile.net")
	tokenExpires := r.checkNotehub(v)
	r.checkSlack(v)
	r.require(v.SlackAPIURL == "" || content.IsHTTP(v.SlackAPIURL), "NOTEWATCH_SLACK_API_URL", "want an address",
		"such as https://slack.com/api/")
	r.require(v.Heartbeat == "" || content.IsHTTP(v.Heartbeat), "NOTEWATCH_HEARTBEAT_URL", "want an address", "such as https://hc-ping.com/…")
	r.require(v.HeartbeatPrivate == "true" || v.HeartbeatPrivate == "false", "NOTEWATCH_HEARTBEAT_ALLOW_PRIVATE", "not a truth value", "want true or false")
	r.require(levelErr == nil, "NOTEWATCH_LOG_LEVEL", "unknown level", "want debug, info, warn or error")
	r.require(v.LogFormat == "text" || v.LogFormat == "json", "NOTEWATCH_LOG_FORMAT", "unknown format", "want text or json")

	return Settings{
		Rules:              v.Rules,
		Database:           secret.New(v.Database),
		Listen:             v.Listen,
		Pprof:              v.Pprof,
		NotehubURL:         v.NotehubURL,
		NotehubToken:       secret.New(v.NotehubToken),
		TokenExpires:       tokenExpires,
		ClientID:           v.ClientID,
		ClientSecret:       secret.New(v.ClientSecret),
		SlackBotToken:      secret.New(v.SlackBotToken),
		SlackAppToken:      secret.New(v.SlackAppToken),
		SlackSigningSecret: secret.New(v.SlackSigningSecret),
		SlackAPIURL:        v.SlackAPIURL,
		Heartbeat:          secret.New(v.Heartbeat),
		HeartbeatPrivate:   v.HeartbeatPrivate == "true",
		LogLevel:           level,
		LogFormat:          v.LogFormat,
	}
}

// checkNotehub checks what gives access to Notehub, and returns when the token expires.
func (r *environmentReader) checkNotehub(v variables) (expires time.Time) {
	const token, expiry = "NOTEWATCH_NOTEHUB_TOKEN", "NOTEWATCH_NOTEHUB_TOKEN_EXPIRES"
	const id, secret = "NOTEWATCH_NOTEHUB_CLIENT_ID", "NOTEWATCH_NOTEHUB_CLIENT_SECRET"
	r.require(!content.HoldsSpace(v.NotehubToken), token, "holds white space", "")
	r.require(!content.HoldsSpace(v.ClientID), id, "holds white space", "")
	r.require(!content.HoldsSpace(v.ClientSecret), secret, "holds white space", "")
	switch {
	case v.ClientID == "" && v.ClientSecret == "":
	case v.NotehubToken != "":
		r.report(token, "there is an OAuth client too", "unset it, or "+id+" and "+secret)
	case v.ClientID == "":
		r.report(id, "missing", "it belongs to "+secret)
	case v.ClientSecret == "":
		r.report(secret, "missing", "it belongs to "+id)
	}
	if v.TokenExpires == "" {
		return time.Time{}
	}
	expires, err := time.Parse(time.DateOnly, v.TokenExpires)
	r.require(err == nil, expiry, "not a date", "such as 2027-01-14")
	r.require(v.NotehubToken != "", expiry, "there is no token that expires", "it is about "+token)
	return expires
}

// checkSlack checks what Slack gives an app, which is easily mixed up.
func (r *environmentReader) checkSlack(v variables) {
	const bot, app, signing = "NOTEWATCH_SLACK_BOT_TOKEN", "NOTEWATCH_SLACK_APP_TOKEN", "NOTEWATCH_SLACK_SIGNING_SECRET"
	switch {
	case content.HoldsSpace(v.SlackBotToken):
		r.report(bot, "holds white space", "")
	case strings.HasPrefix(v.SlackBotToken, appToken):
		r.report(bot, "that is an app-level token", "the bot token begins with "+botToken+"; this one goes into "+app)
	}
	switch {
	case v.SlackAppToken == "":
	case content.HoldsSpace(v.SlackAppToken):
		r.report(app, "holds white space", "")
	case strings.HasPrefix(v.SlackAppToken, botToken):
		r.report(app, "that is a bot token", "the app-level token begins with "+appToken+"; this one goes into "+bot)
	case !strings.HasPrefix(v.SlackAppToken, appToken):
		r.report(app, "not an app-level token", "it begins with "+appToken+" and stands under Basic Information of the Slack app")
	}
	switch {
	case v.SlackSigningSecret == "":
	case content.HoldsSpace(v.SlackSigningSecret):
		r.report(signing, "holds white space", "")
	case strings.HasPrefix(v.SlackSigningSecret, botToken), strings.HasPrefix(v.SlackSigningSecret, appToken):
		r.report(signing, "that is a token", "the signing secret stands under Basic Information of the Slack app")
	case !signingSecret.MatchString(v.SlackSigningSecret):
		r.report(signing, "not a signing secret", "it is 32 hexadecimal digits, under Basic Information of the Slack app")
	}
}

// How what Slack gives an app begins.
const (
	botToken = "xoxb-"
	appToken = "xapp-"
)

// signingSecret allows for lengths that Slack may choose some day, but not for what could be guessed.
var signingSecret = regexp.MustCompile(`^[0-9a-fA-F]{16,128}$`)

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
