package main

import (
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
)

// A vault is a notewatch every secret of which is marked, among servers that repeat all marks in all forms.
type vault struct {
	marks       marks
	hostile     *hostile
	witness     *notifytest.Webhook // told in the place of receivers that fail
	mail        *notifytest.SMTP    // as the witness, by mail
	folder      string
	environment map[string]string
	proxied     *atomic.Int64   // requests through the proxy
	receivers   []string        // lines of the rules file
	failing     map[string]bool // names of receivers; true if nothing but an operator can mend it
}

// secrets are the names of the marks.
var secrets = []string{
	"first token", "second token", "token of the environment", "bot token", "app token", "incoming webhook", "webhook path", "webhook query",
	"new webhook secret", "old webhook secret", "header", "header of a file", "routing key", "PagerDuty path", "mail user", "mail password",
	"proxy password",
}

func newVault(t *testing.T) *vault {
	t.Helper()
	v := &vault{marks: marks{}, folder: t.TempDir(), failing: map[string]bool{}}
	for _, name := range secrets {
		v.marks[name] = markOf(name)
	}
	healthy := notehubtest.New(notehubtest.Config{
		Now: time.Now, Token: string(v.marks["first token"]), Seed: 1,
		Projects: []notehubtest.Project{{UID: "app:good", Devices: notehubtest.Fleet(1, 1, time.Now().AddDate(-1, 0, 0), notehubtest.Typical())}},
	})
	v.hostile = newHostile(t, v.marks, healthy)
	trusted := newCertificate(t, slackHost)
	v.hostile.serveTLS(t, trusted)
	v.witness = notifytest.NewWebhook()
	t.Cleanup(v.witness.Close)
	v.mail = v.newMail(t)
	v.configure(t, trusted.Certificate[0])
	v.connect(t)
	return v
}

// newMail starts a mail server that lets the marked user in.
func (v *vault) newMail(t *testing.T, faults ...notifytest.SMTPFault) *notifytest.SMTP {
	t.Helper()
	server, err := notifytest.NewSMTP(notifytest.SMTPOptions{
		User: string(v.marks["mail user"]), Password: string(v.marks["mail password"]),
	})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	server.Fail(faults...)
	return server
}

// configure sets the variables and files that hold secrets, in the forms that their places want. Incoming webhooks are at
// Slack alone, so a proxy leads there.
func (v *vault) configure(t *testing.T, trusted []byte) {
	t.Helper()
	proxy, used := newProxy(t, v.hostile.tls)
	v.proxied = used
	v.writeSecrets(t)
	v.environment = map[string]string{
		"NOTEWATCH_RULES": filepath.Join(v.folder, "rules.yaml"), "NOTEWATCH_DATABASE": storetest.Database(t),
		"NOTEWATCH_LISTEN": "127.0.0.1:0", "NOTEWATCH_PPROF": "127.0.0.1:0", "NOTEWATCH_LOG_LEVEL": "debug", "NOTEWATCH_LOG_FORMAT": "json",
		"NOTEWATCH_NOTEHUB_URL": v.hostile.url + "/hub", "NOTEWATCH_NOTEHUB_TOKEN_FILE": v.file("token of the environment"),
		"NOTEWATCH_SLACK_BOT_TOKEN": "xoxb-" + string(v.marks["bot token"]), "NOTEWATCH_SLACK_API_URL": v.hostile.url + "/slack/api/",
		"NOTEWATCH_SLACK_APP_TOKEN": "xapp-" + string(v.marks["app token"]),
		"FIRST_TOKEN":               string(v.marks["first token"]), "HOSTILE": v.hostile.url, "HOSTILE_TLS": v.hostile.tls,
		"HOOK_PATH": url.PathEscape(string(v.marks["webhook path"])), "HOOK_QUERY": url.QueryEscape(string(v.marks["webhook query"])),
		"NEW_SECRET": "whsec_" + string(v.marks["new webhook secret"]), "HEADER": "Bearer " + string(v.marks["header"]),
		"INCOMING": url.PathEscape(string(v.marks["incoming webhook"])), "ROUTING_KEY": string(v.marks["routing key"]),
		"MAIL_USER":     string(v.marks["mail user"]),
		"HTTPS_PROXY":   "http://notewatch:" + url.QueryEscape(string(v.marks["proxy password"])) + "@" + proxy,
		"SSL_CERT_FILE": v.writeRoots(t, trusted),
	}
}

// writeSecrets writes the files that hold secrets.
func (v *vault) writeSecrets(t *testing.T) {
	t.Helper()
	for name, text := range map[string]string{
		"second token": string(v.marks["second token"]), "old webhook secret": string(v.marks["old webhook secret"]),
		"header of a file": `Token "` + string(v.marks["header of a file"]) + `" \ <&>`,
		"PagerDuty path":   url.PathEscape(string(v.marks["PagerDuty path"])), "mail password": string(v.marks["mail password"]),
		"token of the environment": string(v.marks["token of the environment"]),
	} {
		v.write(t, v.file(name), text+"\n")
	}
}

// writeRoots writes the certificates that are trusted, those of the mail servers too, and returns where.
func (v *vault) writeRoots(t *testing.T, trusted []byte) string {
	t.Helper()
	mailer := httptest.NewTLSServer(nil) // has the same one
	defer mailer.Close()
	roots := filepath.Join(v.folder, "roots.pem")
	v.write(t, roots, string(slices.Concat(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: trusted}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: mailer.Certificate().Raw}))))
	return roots
}

func (v *vault) write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// file is where a secret is that is kept in a file.
func (v *vault) file(name string) string {
	return filepath.Join(v.folder, strings.ReplaceAll(name, " ", "-"))
}

// connect adds receivers of every kind that are answered in every way.
func (v *vault) connect(t *testing.T) {
	t.Helper()
	for _, way := range ways {
		v.add("webhook", way, v.webhook("${HOSTILE}/webhook/"+way, way))
		v.add("pagerduty", way, v.pagerDuty("${HOSTILE_TLS}/pagerduty/"+way))
		v.add("slack", way, "slack: {channel: "+channelOf(way)+"}")
		v.add("incoming", way, "slack: {url: 'https://"+slackHost+"/"+"services/"+way+"/${INCOMING}'}")
	}
	stranger := startTLS(t, newCertificate(t), http.NotFoundHandler()).URL
	v.add("webhook", "stranger", v.webhook(stranger, ""))
	v.add("webhook", "closed", v.webhook("http://127.0.0.1:1", ""))
	v.add("webhook", "no-host", public(v.webhook("https://notewatch.invalid", "")))
	v.add("webhook", "inside", public(v.webhook(strings.Replace(v.hostile.url, "127.0.0.1", "localhost", 1), "")))
	v.add("pagerduty", "stranger", v.pagerDuty(stranger))
	echo := v.marks.chant()[:900]
	for _, step := range []string{"connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "."} {
		for _, code := range []string{"554 5.7.1", "what?"} {
			way := strings.ToLower(strings.Trim(step, ".") + "-" + code[:3])
			fault := notifytest.AnswerAt(step, code+" "+echo)
			v.add("mail", way, v.email(v.newMail(t, fault, fault, fault).Addr))
		}
	}
	wrong, err := notifytest.NewSMTP(notifytest.SMTPOptions{User: "amy", Password: "another"}) // says what it was told
	require.NoError(t, err)
	t.Cleanup(wrong.Close)
	v.add("mail", "wrong", v.email(wrong.Addr))
}

// webhook is a webhook with all secrets that there are. What it posts depends on the way in which it fails.
func (v *vault) webhook(base, way string) string {
	format := map[string]string{"ids": "discord", "401": "ntfy", "410": "alertmanager"}[way]
	if format == "" {
		format = "standard"
	}
	return fmt.Sprintf(`webhook: {url: '%s/${HOOK_PATH}?key=${HOOK_QUERY}', secret: ['${NEW_SECRET}', '${file:%s}'], format: %s, `+
		`headers: {Authorization: '${HEADER}', X-Api-Key: '${file:%s}'}, allow_private: true}`,
		base, v.file("old webhook secret"), format, v.file("header of a file"))
}

// public is a webhook that may not reach private addresses.
func public(webhook string) string {
	return strings.Replace(webhook, "allow_private: true", "allow_private: false", 1)
}

func (v *vault) pagerDuty(base string) string {
	return fmt.Sprintf(`pagerduty: {routing_key: '${ROUTING_KEY}', url: '%s/${file:%s}'}`, base, v.file("PagerDuty path"))
}

func (v *vault) email(server string) string {
	return fmt.Sprintf(`email: {server: '%s', user: '${MAIL_USER}', password: '${file:%s}', from: a@example.com, to: b@example.com}`,
		server, v.file("mail password"))
}

// add adds a receiver, with a witness as its fallback.
func (v *vault) add(kind, way, settings string) {
	name := kind + "-" + way
	witness := []string{"witness", "witness-mail", "witness-terminal"}[len(v.receivers)%3]
	v.receivers = append(v.receivers, fmt.Sprintf("  - {name: %s, fallback: %s, %s}", name, witness, settings))
	if fails(kind, way) {
		v.failing[name] = slices.Contains([]string{"401", "410", "redirect", "inside", "wrong"}, way)
	}
}

// rules is the rules file.
func (v *vault) rules() string {
	text := &strings.Builder{}
	v.writeProjects(text)
	v.writeReceivers(text)
	all := v.fine()
	var hopeless []string
	for _, name := range slices.Sorted(maps.Keys(v.failing)) {
		all = append(all, name)
		if v.failing[name] {
			hopeless = append(hopeless, name)
		}
	}
	_, _ = fmt.Fprintf(text, `defaults: {notify: [witness, witness-mail, witness-terminal]}
rules:
  - {name: spike, when: events.today >= 0, notify: [%s]}
  - {name: hopeless, when: events.today > 1e12, notify: [%s]}
`, strings.Join(all, ", "), strings.Join(hopeless, ", "))
	return text.String()
}

func (v *vault) writeProjects(text *strings.Builder) {
	_, _ = fmt.Fprintf(text, `accounts:
  - {name: first, token: '${FIRST_TOKEN}', requests_per_minute: 6000}
  - {name: second, token: '${file:%s}', requests_per_minute: 6000}
projects:
  - {uid: 'app:good', account: first, notify: [witness]}
`, v.file("second token"))
	for _, uid := range v.projects() {
		account := "first"
		if strings.Contains(uid, "429") {
			account = "second" // which waits then
		}
		_, _ = fmt.Fprintf(text, "  - {uid: '%s', account: %s, notify: [witness]}\n", uid, account)
	}
}

func (v *vault) writeReceivers(text *strings.Builder) {
	_, _ = fmt.Fprintf(text, `receivers:
  - {name: witness-terminal, terminal: }
  - {name: witness-mail, %s}
  - {name: witness, webhook: {url: '%s', allow_private: true, secret: ['${NEW_SECRET}', '${file:%s}']}}
%s
`, v.email(v.mail.Addr), v.witness.URL, v.file("old webhook secret"), strings.Join(v.receivers, "\n"))
}

// fine are the receivers that take what they are told.
func (v *vault) fine() []string {
	names := []string{"witness", "witness-mail", "witness-terminal"}
	for _, kind := range []string{"webhook", "pagerduty", "slack", "incoming"} {
		for _, way := range ways {
			if !fails(kind, way) {
				names = append(names, kind+"-"+way)
			}
		}
	}
	return names
}

// projects are those that Notehub answers badly, by the way and the form in which it repeats the tokens.
func (v *vault) projects() (uids []string) {
	forms := formNames()
	for i, way := range ways {
		if way == "fine" || way == "hang" {
			continue
		}
		for j := range 2 {
			uids = append(uids, "app:"+way+"."+forms[(2*i+j)%len(forms)])
		}
	}
	return uids
}

// command prepares the program in a process of its own, with the environment of the vault.
func (v *vault) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), "notewatch", args...)
	c.Dir = v.folder
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + v.folder, "GOTRACEBACK=system"}
	for name, value := range v.environment {
		c.Env = append(c.Env, name+"="+value)
	}
	return c
}
