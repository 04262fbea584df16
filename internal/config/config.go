package config

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"notewatch/internal/config/document"
	"notewatch/internal/config/problem"
	"notewatch/internal/limits"
	"notewatch/internal/secret"
	"notewatch/internal/smallfile"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// A File is a checked rules file.
type File struct {
	Path             string
	Files            []string  // paths of all that was read: Path, then the templates, secrets and rules files that it refers to
	Accounts         []Account // at least one
	Projects         []Project // at least one, unless there are accounts in All
	All              []Project // for accounts of which all other projects are watched: Account, Notify and Period hold for each of them
	Receivers        []Receiver
	Rules            []Rule // in the order of the file; the built-in watcher-blind last, unless the file has a rule of that name
	Period           rules.PeriodSpec
	DefaultReceivers []string        // names of the default receivers: those of defaults, else all
	Silences         []muting.Window // standing mute windows
	Summary          bool            // a report every week
	Slack            SlackApp
	Prices           Prices
	Satellite        Satellite
	LeftOut          []LeftOut
	Warnings         problem.Errors // settings without effect, or easily misunderstood
}

// An Account is a Notehub billing account; its projects share one budget of requests.
type Account struct {
	Name              string
	Token             secret.Text // unset with a client, and in the account that stands for none in the file
	TokenExpires      time.Time   // the day, as the file says it; zero: it does not
	ClientID          string      // of an OAuth client, in place of a token; "" is none
	ClientSecret      secret.Text
	RequestsPerMinute float64
	Organization      string         // UID of the one that pays for its projects; "" is the only one that the token sees
	Prices            Prices         // those of the file, but for what the account has of its own
	Missing           problem.Errors // what keeps it from being used; only of LoadPartly
}

// OfEnvironment reports whether the environment has the token or client of the account.
func (a Account) OfEnvironment() bool { return a.Token.IsZero() && a.ClientID == "" }

// A Project is a Notehub project to watch.
type Project struct {
	UID     string           // project UID (app:…) or product UID
	Name    string           // the UID unless the file names it
	Account string           // the name of an Account
	Notify  []string         // names of receivers, for rules that name none; never empty where there are receivers
	Period  rules.PeriodSpec // the zero value is that of the file
	Listed  bool             // it is in no rules file: Notehub lists it for an account in All

	Satellite Satellite // the zero value is that of the file
}

// A Satellite is the satellite allowance of each device.
type Satellite struct {
	Allowance float64 // bytes
	Once      bool    // it does not begin again
	Period    rules.PeriodSpec
	From      rules.Day // days before do not count; 0 is none
}

// A Receiver is a destination of notifications: exactly one of Terminal, Slack, PagerDuty, Webhook and Email is set.
type Receiver struct {
	Name      string
	From      rules.Level    // the lowest level it wants
	Fallback  string         // name of the receiver that is notified while this one is unreachable; "" means none
	Hours     *muting.Window // when it is notified of what is new; nil means always
	Terminal  bool
	Slack     *Slack
	PagerDuty *PagerDuty
	Webhook   *Webhook
	Email     *Email
	Missing   problem.Errors // what keeps it from being used; only of LoadPartly
}

// HoursOf returns when a receiver is notified of what is new, with the mute windows that are for it.
func (f *File) HoursOf(r Receiver) muting.Hours {
	h := muting.Hours{Open: r.Hours}
	for _, w := range f.Silences {
		if slices.Contains(w.Receivers, r.Name) {
			h.Closed = append(h.Closed, w)
		}
	}
	return h
}

// Slack is a Slack channel, reached by the bot token, or an incoming webhook: exactly one of Channel and URL is set.
type Slack struct {
	Channel string
	URL     secret.Text
	Mention map[rules.Level]string // who is called when an alert reaches a level: <@U…>, <!subteam^S…>, <!here>, <!channel>
}

// PagerDuty is an integration with Events API v2.
type PagerDuty struct {
	RoutingKey secret.Text
	URL        secret.Text // unset is the one of the US service region
}

// A Webhook is an HTTP endpoint.
type Webhook struct {
	URL          secret.Text
	Secrets      []secret.Text // sign the requests, the newest first; none, one, or two while one is replaced
	Format       string        // "" is standard
	Template     string        // text of a template file of the user's; "" is none. Format is "" then
	Headers      []Header
	AllowPrivate bool // addresses of private networks too
}

// A Header is a header that goes with every request.
type Header struct {
	Name  string
	Value secret.Text
}

// An Email is addresses that are written to over a mail server.
type Email struct {
	Server   string      // host:port
	TLS      string      // starttls, tls or none; "" is starttls
	User     secret.Text // unset is no authentication
	Password secret.Text
	From     string
	To       []string // at least one
}

// A SlackApp is how people ask notewatch in Slack.
type SlackApp struct {
	Command string // with its slash; never empty
	Allow   Allow
}

// Allow says who may do what in Slack: IDs of users, user groups and channels. Nil is that the file does not say.
type Allow struct {
	Look   []string
	Change []string
}

// Prices are what Notehub charges. The zero value, without a currency, is that none are set.
type Prices struct {
	Currency   string  // three letters, such as USD
	Event      float64 // for one event; 0 is none set
	FreeEvents float64 // events a month that cost nothing
	DataBlock  float64 // for one block of cellular data; 0 is none set
	AsOf       string  // the month or day that they were true, such as 2026-06; "" is not known
	BlockSize  float64 // bytes of such a block; 0 is 500 MB
}

// A Rule is a compiled rule with its receivers.
type Rule struct {
	*rules.Rule
	Notify []string // names of receivers; nil is those of the project
}

// Load reads and checks the rules file at path. lookup gives the variables that ${NAME} stands for, as os.LookupEnv
// does. checks say what else is wrong with the settings of a receiver; several errors may be joined, and none may hold a
// secret. The error is a problem.Errors when something in the file is wrong, and wraps that of the file system when it cannot
// be read. Template files are sought from the folder of path.
func Load(path string, lookup func(name string) (string, bool), checks ...func(Receiver) error) (*File, error) {
	return load(path, options{lookup: lookup, checks: checks})
}

// LoadPartly is Load for commands that can do without some accounts and receivers: a missing value for ${…} is not a problem. Such an
// account or receiver lists it in Missing, has no value in these places, and is not checked.
func LoadPartly(path string, lookup func(name string) (string, bool), checks ...func(Receiver) error) (*File, error) {
	return load(path, options{lookup: lookup, checks: checks, partly: true})
}

// ParseWithin is Parse for a rules file that stands under a key of another document, for tests of rules. Values for ${…} may be missing.
// Without projects it has the project [TestProject], and without receivers the receiver [TestReceiver], which prints.
func ParseWithin(path string, data []byte, key string) (*File, error) {
	return parse(path, data, options{lookup: func(string) (string, bool) { return "", false }, partly: true, within: key})
}

// What a rules file within another document has if it says nothing else.
const (
	TestProject  = "test"
	TestReceiver = "team"
)

// options are how a rules file is read.
type options struct {
	lookup func(name string) (string, bool)
	checks []func(Receiver) error
	partly bool   // what ${…} stands for may be missing
	within string // key of the document under which the rules file stands; "" is the whole document
}

func load(path string, o options) (*File, error) {
	data, err := smallfile.Read(path, document.MaxBytes+1)
	if err != nil && !errors.Is(err, smallfile.ErrTooLarge) { // parse reports a file that is too large
		return nil, fmt.Errorf("reading rules file %q: %w", path, err)
	}
	return parse(path, data, o)
}

// Parse checks the content of a rules file; path names it, and template files are sought from its folder. lookup, checks
// and the errors are as those of Load.
func Parse(path string, data []byte, lookup func(name string) (string, bool), checks ...func(Receiver) error) (*File, error) {
	return parse(path, data, options{lookup: lookup, checks: checks})
}

func parse(path string, data []byte, o options) (*File, error) {
	d := &decoder{source: document.New(data), options: o, path: path, file: newFile(path), rules: rules.NewSet(), limits: limits.Table{}}
	d.decode()
	if len(d.problems) > 0 {
		return nil, d.problems.Sorted()
	}
	return d.file, nil
}
