package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/command"
	"notewatch/internal/service"
	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/storetest"
	"notewatch/internal/watch"
)

// TestNoSecretIsTold marks every secret that notewatch holds, has everything fail in every way by those who are told them
// and repeat them, and looks for the marks in all that notewatch says and keeps.
func TestNoSecretIsTold(t *testing.T) {
	t.Parallel() // it waits for receivers that do not answer
	v := newVault(t)
	v.write(t, v.environment["NOTEWATCH_RULES"], v.rules())
	v.watch(t)
	v.requireTold(t)
	v.requireCleanDatabase(t, true)
	v.runCommands(t)
	v.requireCleanHealth(t)
}

// TestNoSecretIsPrinted reads settings in this very process, whose environment it changes.
func TestNoSecretIsPrinted(t *testing.T) {
	v := newVault(t)
	v.write(t, v.environment["NOTEWATCH_RULES"], v.rules())
	v.requireCleanSettings(t)
	v.requireCleanMistakes(t)
}

// watch lets notewatch run until it has been answered in every way, asks for what it serves, has it read a bad rules file,
// and ends it so that it says where it is and what it does, as it does in a panic.
func (v *vault) watch(t *testing.T) {
	t.Helper()
	var stdout, stderr journal
	c := v.command(t, "run")
	c.Stdout, c.Stderr = &stdout, &stderr
	require.NoError(t, c.Start())
	defer func() { _ = c.Process.Kill() }()
	v.awaitFailures(t, &stderr)
	for path, answer := range v.serves(t, stderr.String()) {
		v.requireClean(t, path, answer)
	}
	bad := fmt.Sprintf("surprise: %[1]s\n%[1]s: 1\n", v.marks["header"])
	v.write(t, v.environment["NOTEWATCH_RULES"], v.rules()+bad)
	require.NoError(t, c.Process.Signal(syscall.SIGHUP))
	await(t, &stdout, "rules.yaml changed and is not valid")
	for _, news := range []string{"Cannot deliver to", "rules.yaml changed and is not valid"} {
		require.Eventually(t, func() bool { return strings.Contains(v.witnessed(), news) }, time.Minute, 20*time.Millisecond, news)
	}
	await(t, &stdout, "receiver-dead") // the terminal stands in for others
	await(t, &stderr, "asking Slack whose bot this is")
	await(t, &stderr, "connecting to Slack; it will be tried again")
	require.NoError(t, c.Process.Signal(syscall.SIGQUIT))
	require.Error(t, c.Wait())
	v.write(t, v.environment["NOTEWATCH_RULES"], v.rules())
	require.Contains(t, stderr.String(), "reloading the settings; the previous settings stay in effect")
	require.Contains(t, stderr.String(), "SIGQUIT: quit")
	require.Contains(t, stderr.String(), "watch.(*Watch).Run")
	v.requireClean(t, "stdout", stdout.String())
	v.requireClean(t, "stderr", stderr.String())
}

// await waits until somebody has written text.
func await(t *testing.T, written *journal, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(written.String(), text) }, time.Minute, 20*time.Millisecond,
		"%s\n%s", text, written)
}

// awaitFailures waits until everything that fails has failed, and who says nothing is heard.
func (v *vault) awaitFailures(t *testing.T, log *journal) {
	t.Helper()
	for name := range v.failing {
		if !strings.HasSuffix(name, "-hang") {
			await(t, log, `"msg":"sending a message","receiver":"`+name+`"`)
		}
	}
	for _, uid := range v.projects() {
		if !strings.Contains(uid, "429") { // that waits before it fails
			await(t, log, `"msg":"polling a project","project":"`+uid+`"`)
		}
	}
	for _, name := range append(v.fine(), "webhook-hang", "slack-hang", "incoming-hang", "pagerduty-hang") {
		if !strings.HasPrefix(name, "witness") {
			require.Eventually(t, func() bool { return len(v.hostile.from(name)) > 0 }, time.Minute, 20*time.Millisecond,
				"%s is told\n%s", name, log)
		}
	}
}

// address finds where a server listens in the log.
var address = regexp.MustCompile(`"msg":"(listening|serving profiles)","address":"([^"]+)"`)

// serves returns all that notewatch answers to HTTP requests.
func (v *vault) serves(t *testing.T, log string) map[string]string {
	t.Helper()
	paths := map[string][]string{
		"listening": {"/metrics", "/readyz", "/livez", "/"},
		"serving profiles": {
			"/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=1", "/debug/pprof/goroutine?debug=2", "/debug/pprof/goroutine",
			"/debug/pprof/heap", "/debug/pprof/heap?debug=1", "/debug/pprof/allocs?debug=1", "/debug/pprof/threadcreate?debug=1",
			"/debug/pprof/symbol",
		},
	}
	answers := map[string]string{}
	for _, found := range address.FindAllStringSubmatch(log, -1) {
		for _, path := range paths[found[1]] {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+found[2]+path, http.NoBody)
			require.NoError(t, err)
			request.Header.Set("Authorization", string(v.marks["header"]))
			response, err := http.DefaultTransport.RoundTrip(request)
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			answers[path] = fmt.Sprint(response.Header) + string(body)
		}
	}
	require.Len(t, answers, len(paths["listening"])+len(paths["serving profiles"]))
	require.Contains(t, answers["/metrics"], `receiver="webhook-401"`)
	require.Contains(t, answers["/debug/pprof/goroutine?debug=2"], "watch.(*Watch).Run")
	return answers
}

// belongs are the marks that requests of a kind hold.
var belongs = map[string][]string{
	"webhook":   {"header", "header of a file", "webhook path", "webhook query"},
	"pagerduty": {"PagerDuty path", "routing key"},
	"slack":     {"bot token"},
	"socket":    {"app token"},
	"incoming":  {"incoming webhook"},
	"hub":       {"first token", "second token", "token of the environment"},
}

// requireTold fails unless everybody was told the own secrets, which proves that they are found, and no other.
func (v *vault) requireTold(t *testing.T) {
	t.Helper()
	told := map[string]bool{}
	v.hostile.mu.Lock()
	all := slices.Clone(v.hostile.heard)
	v.hostile.mu.Unlock()
	for _, one := range all {
		kind, _, _ := strings.Cut(one.who, "-")
		found := v.marks.in(one.all)
		require.NotEmpty(t, found, one.who)
		for _, name := range found {
			told[name] = true
			require.Contains(t, belongs[kind], name, "%s is told the %s", one.who, name)
		}
		if kind == "webhook" {
			v.requireClean(t, one.who, one.body)
		}
	}
	for kind, names := range belongs {
		for _, name := range names {
			require.True(t, told[name] || name == "token of the environment", "%s is told the %s", kind, name)
		}
	}
	require.NotZero(t, v.proxied.Load(), "incoming webhooks of Slack were called")
	v.requireCleanWitnesses(t)
}

// witnessed is all that those were told who stand in for others.
func (v *vault) witnessed() string {
	var text strings.Builder
	for _, request := range v.witness.Requests() {
		_, _ = fmt.Fprintf(&text, "%v\n%s\n", request.Header, request.Body)
	}
	for _, message := range v.mail.Messages() {
		_, _ = fmt.Fprintf(&text, "%s\n%s\n%s\n", message.Raw, message.Subject, message.Text)
	}
	return text.String()
}

// requireCleanWitnesses fails if those who are told in the place of others learn their secrets. Signatures and the user of a
// mail server prove that they were told with ours.
func (v *vault) requireCleanWitnesses(t *testing.T) {
	t.Helper()
	for _, request := range v.witness.Requests() {
		require.NoError(t, request.Verify("whsec_"+string(v.marks["new webhook secret"]), string(v.marks["old webhook secret"])))
	}
	require.NotEmpty(t, v.mail.Messages())
	for _, message := range v.mail.Messages() {
		require.Equal(t, string(v.marks["mail user"]), message.User)
	}
	v.requireClean(t, "witnesses", v.witnessed())
}

// requireClean fails if text gives any mark away, or the password of the database.
func (v *vault) requireClean(t *testing.T, what, text string) {
	t.Helper()
	v.marks.requireClean(t, what, text)
	if u, err := url.Parse(v.environment["NOTEWATCH_DATABASE"]); err == nil && u.User != nil {
		password, _ := u.User.Password()
		require.NotContains(t, text, password, what)
	}
}

// requireCleanDatabase looks at the text in every table, and of SQLite at the files as bytes, in which texts may be cut.
func (v *vault) requireCleanDatabase(t *testing.T, cut bool) {
	t.Helper()
	place := v.environment["NOTEWATCH_DATABASE"]
	driver, tables := "sqlite", "SELECT name FROM sqlite_master WHERE type = 'table'"
	if database.IsURL(place) {
		driver, tables = "pgx", "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	} else {
		v.requireCleanFiles(t, place, cut)
	}
	db, err := sql.Open(driver, place)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	text := ""
	for _, table := range queryAll(t, db, tables) {
		text += strings.Join(queryAll(t, db, `SELECT * FROM "`+table+`"`), "\n")
	}
	require.Contains(t, text, "posting to webhook")
	require.Contains(t, text, "Notehub answers 401")
	v.requireClean(t, "database", text)
}

// requireCleanFiles looks at the files of a database.
func (v *vault) requireCleanFiles(t *testing.T, path string, cut bool) {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	require.Equal(t, cut, slices.Contains(files, path+"-wal"), "closing it folds the log into it")
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		v.requireClean(t, file, string(content))
	}
}

// queryAll returns every row as text.
func queryAll(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		cells := make([]string, len(columns))
		pointers := make([]any, len(columns))
		for i := range cells {
			pointers[i] = &sql.Null[string]{}
		}
		require.NoError(t, rows.Scan(pointers...))
		for i, pointer := range pointers {
			cells[i] = pointer.(*sql.Null[string]).V
		}
		all = append(all, strings.Join(cells, " "))
	}
	require.NoError(t, rows.Err())
	return all
}

// runCommands runs every command that reads the database or sends something, on what is left of the run.
func (v *vault) runCommands(t *testing.T) {
	t.Helper()
	said := v.output(t, "alerts", "--all", "--rule", "spike", "--json")
	var alerts []struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(said), &alerts))
	spike := alerts[0].ID
	for _, args := range [][]string{
		{"alerts", "--all"}, {"alerts", "--all", "--json"}, {"history"}, {"history", "--json"}, {"history", spike}, {"history", spike, "--json"},
		{"check"}, {"version"}, {"template", "ntfy"},
		{"redeliver", spike, "--receiver", "webhook-401"}, {"redeliver", spike, "--receiver", "slack-401", "--json"},
		{"silence", "--rule", "spike", "--for", "2h", "--because", "peace"}, {"silences"}, {"silences", "--json"}, {"ack", spike},
		{"demo", "--for", "1ms", "--webhook", v.hostile.url + "/webhook/401/" + url.PathEscape(string(v.marks["webhook path"]))},
	} {
		said += v.output(t, args...)
	}
	said += v.drill(t)
	require.Contains(t, said, "status 401 Unauthorized: check its URL and credentials")
	v.requireClean(t, "commands", said)
	v.requireClean(t, "once", v.once(t))
	v.requireCleanDatabase(t, false)
}

// drill sends test alerts, once for each form of the answer, at the same time: some receivers are waited for to the end.
func (v *vault) drill(t *testing.T) string {
	t.Helper()
	var drills sync.WaitGroup
	var text, view string
	drills.Go(func() { text = v.output(t, "drill", "hopeless") })
	drills.Go(func() { view = v.output(t, "drill", "hopeless", "--json") })
	drills.Wait()
	return text + view
}

// output runs a command and returns all that it says.
func (v *vault) output(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := v.command(t, args...)
	c.Stdout, c.Stderr = &stdout, &stderr
	_ = c.Run() // many fail
	require.NotContains(t, stderr.String(), "unknown", "%s", args)
	require.NotEmpty(t, stdout.String()+stderr.String(), "%s", args)
	if slices.Contains(args, "--json") {
		require.True(t, json.Valid(stdout.Bytes()), "%s: %s", args, &stdout)
		return stdout.String()
	}
	return stdout.String() + stderr.String()
}

// once makes one cycle with the token of the environment, in a database of its own.
func (v *vault) once(t *testing.T) string {
	t.Helper()
	other := *v
	other.environment = maps.Clone(v.environment)
	other.environment["NOTEWATCH_RULES"] = filepath.Join(v.folder, "once.yaml")
	other.environment["NOTEWATCH_DATABASE"] = storetest.Database(t)
	other.environment["NOTEWATCH_LOG_FORMAT"] = "text"
	v.write(t, other.environment["NOTEWATCH_RULES"], fmt.Sprintf(
		"projects: [{uid: 'app:401.base64'}]\nreceivers:\n  - {name: hook, %s}\nrules:\n"+
			"  - {name: blind, each: project, when: poll.failures > 0}\n", v.webhook("${HOSTILE}/webhook/401", "401")))
	text := other.output(t, "once")
	require.Contains(t, text, "Notehub answers 401 Unauthorized: [secret]")
	heard := v.hostile.from("hub-401.base64")
	require.Equal(t, []string{"token of the environment"}, v.marks.in(heard[len(heard)-1].all))
	return text
}

// requireCleanSettings prints all that settings are made of, in every way there is.
func (v *vault) requireCleanSettings(t *testing.T) {
	t.Helper()
	for name, value := range v.environment {
		t.Setenv(name, value)
	}
	c := &cobra.Command{}
	c.SetContext(t.Context())
	c.SetErr(io.Discard)
	c.SetOut(io.Discard)
	s, err := command.Configure(c)
	require.NoError(t, err)
	wired, err := s.Wire(bot.SystemClock())
	require.NoError(t, err)
	var text strings.Builder
	for _, value := range []any{
		s, s.Environment, s.File, *s.File, wired, s.File.Accounts, s.File.Receivers, wired.Bot.Accounts, wired.Receivers,
	} {
		_, _ = fmt.Fprintf(&text, "%v\n%+v\n%#v\n", value, value, value)
		marshalled, err := json.Marshal(value)
		_, _ = fmt.Fprintf(&text, "%s %v\n", marshalled, err)
		slog.New(slog.NewTextHandler(&text, nil)).Info("text", "value", value)
		slog.New(slog.NewJSONHandler(&text, nil)).Info("JSON", "value", value)
	}
	for _, r := range s.File.Receivers {
		_, _ = fmt.Fprintf(&text, "%+v %#v %+v %#v %+v\n", r.Slack, r.PagerDuty, r.Webhook, r.Email, r.Email)
		receiver, err := s.Receiver(r)
		require.NoError(t, err)
		_, _ = fmt.Fprintf(&text, "%v %+v %#v\n", receiver, receiver, receiver)
	}
	require.Contains(t, text.String(), "[secret]")
	v.requireClean(t, "settings", text.String())
}

// requireCleanHealth asks why notewatch is not ready, project by project.
func (v *vault) requireCleanHealth(t *testing.T) {
	t.Helper()
	db, err := store.OpenReadOnly(t.Context(), v.environment["NOTEWATCH_DATABASE"])
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	text := ""
	for _, uid := range v.projects() {
		w := watch.Attach(watch.Config{Bot: bot.Config{
			Clock: bot.SystemClock(), Store: db,
			Accounts: []bot.Account{{PerMinute: 4}}, Projects: []bot.Project{{UID: uid}},
		}})
		text += fmt.Sprintln(service.Ready(t.Context(), w, time.Now().AddDate(0, 0, -1)))
	}
	require.Contains(t, text, "401 Unauthorized")
	v.requireClean(t, "health", text)
}

// requireCleanMistakes makes every mistake around a secret that stands in the rules file itself.
func (v *vault) requireCleanMistakes(t *testing.T) {
	t.Helper()
	m := string(v.marks["header"])
	path := url.PathEscape(m)
	said := map[string]string{}
	for _, mistake := range slices.Concat(mistakesInAccounts, mistakesInReceivers) {
		text := strings.NewReplacer("MARK", m, "PATH", path).Replace(mistake)
		v.write(t, v.environment["NOTEWATCH_RULES"], text)
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), []string{"check"}, &stdout, &stderr)
		require.NotZero(t, code, mistake)
		v.requireClean(t, mistake, stdout.String()+stderr.String())
		require.Contains(t, stderr.String(), "rules.yaml:", mistake)
		said[stderr.String()] = mistake
	}
	require.Greater(t, len(said), 30, "the mistakes are different ones")
}
