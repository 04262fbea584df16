package onboard_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/internal/demo"
	"notewatch/internal/driven"
	"notewatch/internal/onboard"
	"notewatch/internal/readback"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

const token = "a-token"

var (
	now     = time.Date(2026, 6, 30, 15, 0, 0, 0, time.UTC)
	longAgo = now.AddDate(-1, 0, 0)
)

// A rig runs init against a simulated Notehub with a database of its own.
type rig struct {
	t      *testing.T
	hub    *notehubtest.Server
	clock  *driven.Clock
	config onboard.Config
	said   []string
	asked  []string
	typed  []string // answers; nil: no one is asked
}

func newRig(t *testing.T, hub *notehubtest.Server, clock *driven.Clock, token string) *rig {
	t.Helper()
	r := &rig{t: t, hub: hub, clock: clock}
	client, err := notehub.New(notehub.Config{BaseURL: "http://notehub.invalid", Token: secret.New(token), HTTP: hub.Client()})
	require.NoError(t, err)
	db, err := store.Temporary(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	r.config = onboard.Config{
		Path: filepath.Join(t.TempDir(), "rules.yaml"), Client: client, Clock: clock.Clock(), Machine: driven.NewClock(clock.Now()).Now, Rate: 1e6,
		Open: func(context.Context) (*store.Store, func(), error) { return db, func() {}, nil },
		Say:  func(text string) { r.said = append(r.said, text) }, Log: slog.New(slog.DiscardHandler),
	}
	return r
}

// simulated returns a rig with a simulated Notehub, in which the rules are not tried.
func simulated(t *testing.T, organizations []notehubtest.Organization, projects ...notehubtest.Project) *rig {
	t.Helper()
	clock := driven.NewClock(now)
	hub := notehubtest.New(notehubtest.Config{Now: clock.Now, Token: token, Seed: 1, Projects: projects, Organizations: organizations})
	r := newRig(t, hub, clock, token)
	r.config.NoTrial = true
	return r
}

// small returns a project of three devices.
func small(uid, name string) notehubtest.Project {
	return notehubtest.Project{UID: uid, Name: name, Devices: notehubtest.Fleet(1, 3, longAgo, nil)}
}

// run runs init. Questions are answered with what is typed.
func (r *rig) run() (onboard.Result, error) {
	r.t.Helper()
	if r.typed != nil {
		r.config.Ask = func(question string) (string, error) {
			r.asked = append(r.asked, question)
			require.NotEmpty(r.t, r.typed, "no answer is left for %q", question)
			answer := r.typed[0]
			r.typed = r.typed[1:]
			return answer, nil
		}
	}
	return onboard.Run(r.t.Context(), r.config)
}

// text returns the written rules file.
func (r *rig) text() string {
	r.t.Helper()
	text, err := os.ReadFile(r.config.Path)
	require.NoError(r.t, err)
	return string(text)
}

// load reads the written rules file as check does.
func (r *rig) load() *config.File {
	r.t.Helper()
	file, err := config.Load(r.config.Path, func(string) (string, bool) { return "value", true })
	require.NoError(r.t, err, r.text())
	return file
}

// requests counts the requests so far.
func (r *rig) requests() int { return len(r.hub.Requests()) }

// The account of the demo gets a rules file that is valid without a warning, with what each rule would have sent.
func TestTheDemoAccount(t *testing.T) {
	t.Parallel()
	hub, clock, err := demo.NewAccount()
	require.NoError(t, err)
	r := newRig(t, hub, clock, demo.Token)
	result, err := r.run()
	require.NoError(t, err)
	file, text := r.load(), r.text()
	require.Empty(t, file.Warnings)
	require.Len(t, file.Rules, result.Rules+1, "and watcher-blind, which is built in")
	require.True(t, strings.HasPrefix(text, "# yaml-language-server: $schema=rules.schema.json\n"))
	require.FileExists(t, filepath.Join(filepath.Dir(r.config.Path), "rules.schema.json"))
	require.NotEmpty(t, result.Trial.Alerts, "the demo has incidents")
	for _, rule := range result.Trial.Rules {
		if rule.Alerts > 0 {
			require.Contains(t, text, fmt.Sprintf("%s # last month: %d alert", rule.Name, rule.Alerts))
		}
	}
	for _, want := range []string{
		"catalogue/event-flood # last month: not known\n",
		"# not included: top-up-imminent: no fleet buys data by itself",
		"limit: mb(6) # hourly sensor, 20 devices: hourly-sensor-17 usually uses 2.42 MB in 30 days\n",
		"satellite: {allowance: kb(25), every: month}\n",
		"limit: 50 # 54,425 events in the last 30 days cost USD 37.07,",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, demo.Token+"\n")

	// Nothing is overwritten, and nothing is requested before that is known.
	asked := r.requests()
	_, err = r.run()
	require.ErrorContains(t, err, "already exists, and init overwrites nothing: choose another path with --rules")
	require.Equal(t, asked, r.requests())
	require.Equal(t, text, r.text())
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		projects []notehubtest.Project
		fault    notehubtest.Fault
		change   func(r *rig)
		want     string
	}{
		{name: "an empty account", want: "the token sees no project: add its owner to the projects to watch, with the role viewer"},
		{
			name: "a token that is not valid", projects: []notehubtest.Project{small("app:1", "one")},
			fault: notehubtest.Fault{Kind: notehubtest.Unauthorized}, want: "make a new token at notehub.io/api-access",
		},
		{
			name: "a token that may not list projects", projects: []notehubtest.Project{small("app:1", "one")},
			fault: notehubtest.Fault{Kind: notehubtest.Forbidden}, want: "needs at least the role viewer in the projects to watch",
		},
		{
			name: "a token without rights in the only project", projects: []notehubtest.Project{small("app:1", "one")},
			fault: notehubtest.Fault{Kind: notehubtest.Forbidden, Project: "app:1"},
			want:  `reading project "one": reading the device list: Notehub answers 403 Forbidden`,
		},
		{
			name: "a suspended account", projects: []notehubtest.Project{small("app:1", "one")},
			fault: notehubtest.Fault{Kind: notehubtest.Suspended, Project: "app:1"}, want: "settle the billing account at notehub.io",
		},
		{
			name: "a web page", projects: []notehubtest.Project{small("app:1", "one")},
			fault: notehubtest.Fault{Kind: notehubtest.WebPage}, want: "check NOTEWATCH_NOTEHUB_URL and the proxy",
		},
		{
			name: "an unknown project", projects: []notehubtest.Project{small("app:1", "one"), small("app:2", "two")},
			change: func(r *rig) { r.config.Projects = []string{"three"} },
			want:   `the token sees no project "three": it sees "one", "two"`,
		},
		{
			name: "an ambiguous name", projects: []notehubtest.Project{small("app:1", "one"), small("app:2", "One")},
			change: func(r *rig) { r.config.Projects = []string{"ONE"} },
			want:   `2 projects have the name "ONE": give the UID`,
		},
		{
			name: "an unknown organization", projects: []notehubtest.Project{small("app:1", "one")},
			change: func(r *rig) { r.config.Organization = "org:2" },
			want:   `the token sees no organization "org:2"`,
		},
		{
			name: "a channel by its name", projects: []notehubtest.Project{small("app:1", "one")},
			change: func(r *rig) { r.config.Channel = "#alerts" },
			want:   `--slack "#alerts": not the ID of a channel`,
		},
		{
			name: "a directory that does not exist", projects: []notehubtest.Project{small("app:1", "one")},
			change: func(r *rig) { r.config.Path = filepath.Join(filepath.Dir(r.config.Path), "missing", "rules.yaml") },
			want:   "looking where the rules file is to be written",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := simulated(t, nil, c.projects...)
			if c.fault.Kind != "" {
				r.hub.Fail(c.fault)
			}
			if c.change != nil {
				c.change(r)
			}
			_, err := r.run()
			require.ErrorContains(t, err, c.want)
			require.NoFileExists(t, r.config.Path)
		})
	}
}

// A project that Notehub refuses to show is left out, and the file says so.
func TestAProjectWithoutRights(t *testing.T) {
	t.Parallel()
	r := simulated(t, nil, small("app:1", "one"), small("app:2", "two"))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Forbidden, Project: "app:1"})
	result, err := r.run()
	require.NoError(t, err)
	require.Len(t, result.Skipped, 1)
	require.Len(t, r.load().Projects, 1)
	require.Contains(t, r.text(), "  # not watched: app:1 one: reading the device list: Notehub answers 403 Forbidden")
}

// What was read before an interruption is not read again, and neither is what was read less than an hour ago.
func TestAnInterruptedFetchGoesOn(t *testing.T) {
	t.Parallel()
	r := simulated(t, nil, small("app:1", "one"), small("app:2", "two"))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError, Endpoint: notehubtest.Sessions, Project: "app:2"})
	_, err := r.run()
	require.ErrorContains(t, err, `reading project "two": reading sessions usage: Notehub answers 500`)
	require.ErrorContains(t, err, "what was read is kept: repeat the command to go on")
	r.hub.ClearFaults()
	before := r.requests()
	_, err = r.run()
	require.NoError(t, err)
	whole := 0
	for _, request := range r.hub.Requests()[before:] {
		require.NotEqual(t, "app:1", request.Project, "%s was read before", request.Endpoint)
		if request.Endpoint == notehubtest.Events {
			start := request.Query.Get("startDate")
			require.Equal(t, fmt.Sprint(now.Truncate(24*time.Hour).AddDate(0, 0, -1).Unix()), start, "the days before were read")
			whole++
		}
	}
	require.Equal(t, 1, whole)

	before = r.requests()
	r.config.Path += ".other.yaml"
	_, err = r.run()
	require.NoError(t, err)
	require.Equal(t, 2, r.requests()-before, "the lists of projects and organizations")
}

// A person is asked which projects, where to, and whether to go on.
func TestQuestions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		typed    []string
		projects []string
		channel  string
		err      error
	}{
		{name: "Enter for everything", typed: []string{"", "", ""}, projects: []string{"app:1", "app:2", "app:3"}},
		{name: "numbers and names", typed: []string{"3, ONE", "", "y"}, projects: []string{"app:3", "app:1"}},
		{name: "a mistake is asked again", typed: []string{"4", "two", "#alerts", "C0123456789", "maybe", "yes"}, projects: []string{"app:3"}, channel: "C0123456789"},
		{name: "no", typed: []string{"", "", "n"}, err: readback.ErrDeclined},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := simulated(t, nil, small("app:1", "one"), small("app:2", "three"), small("app:3", "two"))
			r.typed = c.typed
			_, err := r.run()
			require.Empty(t, r.typed)
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
				require.NoFileExists(t, r.config.Path)
				require.Equal(t, 2, r.requests())
				return
			}
			require.NoError(t, err)
			var uids []string
			file := r.load()
			for _, p := range file.Projects {
				uids = append(uids, p.UID)
			}
			require.Equal(t, c.projects, uids)
			require.Equal(t, c.channel != "", file.Receivers[0].Slack != nil)
		})
	}
}

// With several organizations, the file names the one that pays, and refers to the token without writing it down.
func TestOrganizations(t *testing.T) {
	t.Parallel()
	organizations := []notehubtest.Organization{{UID: "org:1", Name: "First"}, {UID: "org:2", Name: "Second"}}
	for _, c := range []struct {
		name      string
		wanted    string
		variables map[string]string
		want      []string
	}{
		{name: "none is named", want: []string{"# not included: suspended: the token sees several organizations: org:1 · First, org:2 · Second"}},
		{name: "by name", wanted: "second", want: []string{"organization: 'org:2' # Second\n", "token: ${NOTEWATCH_NOTEHUB_TOKEN}\n", "catalogue/suspended"}},
		{
			name: "the token is in a file", wanted: "org:1", variables: map[string]string{"NOTEWATCH_NOTEHUB_TOKEN_FILE": "/run/secrets/notehub"},
			want: []string{"token: '${file:/run/secrets/notehub}'\n"},
		},
		{
			name: "an OAuth client", wanted: "org:1",
			variables: map[string]string{"NOTEWATCH_NOTEHUB_CLIENT_ID": "id-1", "NOTEWATCH_NOTEHUB_CLIENT_SECRET": "hidden"},
			want:      []string{"client_id: ${NOTEWATCH_NOTEHUB_CLIENT_ID}\n", "client_secret: ${NOTEWATCH_NOTEHUB_CLIENT_SECRET}\n"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := simulated(t, organizations, notehubtest.Project{UID: "app:1", Name: "one"})
			r.config.Organization = c.wanted
			r.config.Variable = func(name string) (string, bool) { value, ok := c.variables[name]; return value, ok }
			_, err := r.run()
			require.NoError(t, err)
			for _, want := range c.want {
				require.Contains(t, r.text(), want)
			}
			require.NotContains(t, r.text(), token)
			require.NotContains(t, r.text(), "hidden")
			if len(c.variables) == 0 {
				require.Len(t, r.load().Accounts, 1)
			}
		})
	}
}

// Names from Notehub cannot break the file, or say something in it.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	evil := "it's: [\"#\n- x: {y}\u202e\x1b[31m'"
	devices := notehubtest.Fleet(1, 12, longAgo, []notehubtest.Share{{Archetype: notehubtest.LinePowered, Weight: 1}})
	for i := range devices {
		devices[i].Name = fmt.Sprintf("%s %d", evil, i)
	}
	fleets := map[string]string{devices[0].Fleets[0]: evil}
	r := simulated(t, []notehubtest.Organization{{UID: "org:1", Name: evil}, {UID: "org:2", Name: evil}},
		notehubtest.Project{UID: "app:1", Name: evil, Devices: devices, Fleets: fleets}, notehubtest.Project{UID: "app:2", Name: "o'k #1"})
	r.config.Organization = "org:1"
	_, err := r.run()
	require.NoError(t, err)
	file := r.load()
	require.Equal(t, "app:1", file.Projects[0].Name, "the UID, because that is no name")
	require.Equal(t, "o'k #1", file.Projects[1].Name)
	require.NotContains(t, r.text(), "\x1b")
	require.NotContains(t, r.text(), "\u202e")
}

// The number of requests is said before they are sent, and how long they take.
func TestRequestsAreSaidFirst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		rate     float64
		projects int
		want     string
	}{
		{name: "at once", rate: 7, projects: 1, want: "Reading 1 project takes 7 requests to Notehub. "},
		{name: "slowly", rate: 4, projects: 1, want: "Reading 1 project takes 7 requests to Notehub, at most 4 a minute: about 2 minutes. "},
		{name: "many projects", rate: 4, projects: 40, want: "Reading 40 projects takes 280 requests to Notehub, at most 4 a minute: about 70 minutes. "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var projects []notehubtest.Project
			for i := range c.projects {
				projects = append(projects, notehubtest.Project{UID: fmt.Sprintf("app:%d", i), Name: fmt.Sprint(i)})
			}
			r := simulated(t, nil, projects...)
			r.config.Rate = c.rate
			r.config.Ask = func(string) (string, error) { return "n", nil }
			r.config.Projects = []string{}
			for _, p := range projects {
				r.config.Projects = append(r.config.Projects, p.UID)
			}
			r.config.Channel = "C0123456789"
			_, err := r.run()
			require.ErrorIs(t, err, readback.ErrDeclined)
			require.Contains(t, r.said[len(r.said)-1], c.want)
			require.Equal(t, 2, r.requests(), "the lists of projects and organizations")
		})
	}
}
