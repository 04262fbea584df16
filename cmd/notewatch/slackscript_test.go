package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"notewatch/notify/notifytest"
)

// slackSecret is what the Slack of scripts signs with.
const slackSecret = "0123456789abcdef0123456789abcdef"

// patience is how long a script waits for something to happen.
const patience = time.Minute

// playSlack starts a Slack for a script: its API is at $SLACK, and what it signs with is $SLACK_SECRET.
func playSlack(env *testscript.Env) {
	slack := notifytest.NewSlack()
	env.Defer(slack.Close)
	env.Values["slack"] = slack
	env.Setenv("SLACK", slack.URL)
	env.Setenv("SLACK_SECRET", slackSecret)
}

// seen waits until a script sees what it wants.
func seen(ts *testscript.TestScript, what string, there func() bool) {
	deadline := time.NewTimer(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !there() {
		select {
		case <-deadline.C:
			ts.Fatalf("not seen in %s: %s", patience, what)
		case <-tick.C:
		}
	}
}

// shows waits until a channel of Slack shows a message that begins with a text: shows C0123456789 FIRING.
func shows(ts *testscript.TestScript, _ bool, args []string) {
	slack := ts.Value("slack").(*notifytest.Slack)
	seen(ts, args[1]+" in "+args[0], func() bool {
		return slices.ContainsFunc(slack.Messages(args[0]), func(m notifytest.Message) bool { return strings.HasPrefix(m.Text, args[1]) })
	})
}

// slackType types a command in a channel, has the notewatch at an address told of it, and prints the answer:
// slack 127.0.0.1:8080 C0123456789 usage project one.
func slackType(ts *testscript.TestScript, _ bool, args []string) {
	_, _ = fmt.Fprintln(ts.Stdout(), typeInSlack(ts, args[0], args[1], strings.Join(args[2:], " ")))
}

// typeInSlack types one command and returns the answer.
func typeInSlack(ts *testscript.TestScript, address, channel, text string) string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	slack := ts.Value("slack").(*notifytest.Slack)
	amy := notifytest.Asker{ID: "U0123456789", Name: "amy", Channel: channel}
	asked := slack.Type(amy, "/notewatch", text)
	request, err := asked.Request(ctx, "http://"+address, slackSecret, time.Now())
	ts.Check(err)
	response, err := http.DefaultTransport.RoundTrip(request)
	ts.Check(err)
	ts.Check(response.Body.Close())
	if response.StatusCode != http.StatusOK {
		ts.Fatalf("%s: status %d", text, response.StatusCode)
	}
	answer, err := slack.AwaitAnswer(ctx, asked.ResponseURL)
	ts.Check(err)
	return answer.Text
}

// shown matches a command that an answer offers to be typed.
var shown = regexp.MustCompile("`/notewatch ([^`]+)`")

// slackHelp types each line that help shows, and each that help for a word shows, as it stands, until help has nothing new to
// show. It prints the lines in order: slackhelp 127.0.0.1:8080 C0123456789.
func slackHelp(ts *testscript.TestScript, _ bool, args []string) {
	typed := map[string]bool{}
	var line func(text string)
	line = func(text string) {
		if typed[text] && !strings.HasPrefix(text, "help") {
			return
		}
		typed[text] = true
		answer := typeInSlack(ts, args[0], args[1], text)
		if !strings.HasPrefix(text, "help") {
			return
		}
		for _, found := range shown.FindAllStringSubmatch(answer, -1) {
			if !typed[found[1]] {
				line(found[1])
			}
		}
	}
	for before := -1; before < len(typed); {
		before = len(typed)
		line("help")
		for _, word := range helpWords(typeInSlack(ts, args[0], args[1], "help")) {
			line("help " + word)
		}
	}
	_, _ = fmt.Fprintln(ts.Stdout(), strings.Join(slices.Sorted(maps.Keys(typed)), "\n"))
}

// helpWords returns the words that help is about.
func helpWords(help string) (all []string) {
	for _, found := range regexp.MustCompile(`(?m)^\*([a-z]+)\*`).FindAllStringSubmatch(help, -1) {
		all = append(all, found[1])
	}
	return all
}

// asks checks what became of the commands that a notewatch was told of, by its metrics: asks 127.0.0.1:8080 refused 0.
func asks(ts *testscript.TestScript, _ bool, args []string) {
	want := fmt.Sprintf("notewatch_slack_requests_total{kind=\"command\",result=%q} %s\n", args[1], args[2])
	seen(ts, want, func() bool {
		all, err := scrape(args[0])
		ts.Check(err)
		return strings.Contains(all, want)
	})
}

// scrape returns the metrics of the notewatch that listens on an address.
func scrape(address string) (string, error) {
	response, err := http.Get("http://" + address + "/metrics") //nolint:noctx,gosec // a script has no context
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(response.Body)
	return string(body), errors.Join(err, response.Body.Close())
}
