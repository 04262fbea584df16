package main

import (
	"regexp"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"notewatch/notify/notifytest"
)

// A hook is a webhook receiver of a script.
type hook struct {
	*notifytest.Webhook
	seen int // requests that the script knows of
}

// receive starts a webhook receiver for each name of a variable, which gets its URL.
func receive(env *testscript.Env, names ...string) {
	for _, name := range names {
		receiver := notifytest.NewWebhook()
		env.Defer(receiver.Close)
		env.Values[name] = &hook{Webhook: receiver}
		env.Setenv(name, receiver.URL)
	}
}

func hookOf(ts *testscript.TestScript, name string) *hook {
	found, ok := ts.Value(name).(*hook)
	if !ok {
		ts.Fatalf("there is no receiver %s", name)
	}
	return found
}

// answer makes a receiver answer its next requests with a status each: answer FIRST_HOOK 503 503.
func answer(ts *testscript.TestScript, _ bool, args []string) {
	for _, arg := range args[1:] {
		status, err := strconv.Atoi(arg)
		ts.Check(err)
		hookOf(ts, args[0]).Fail(notifytest.Status(status, ""))
	}
}

// got checks how many requests a receiver has had since got looked last, and what the last one holds:
// got FIRST_HOOK 2 '"drill":true'. With no number it only looks.
func got(ts *testscript.TestScript, _ bool, args []string) {
	h := hookOf(ts, args[0])
	requests := h.Requests()[h.seen:]
	h.seen += len(requests)
	if len(args) == 1 {
		return
	}
	if want, err := strconv.Atoi(args[1]); err != nil || len(requests) != want {
		ts.Fatalf("%s has had %d requests, not %s", args[0], len(requests), args[1])
	}
	for _, pattern := range args[2:] {
		if body := requests[len(requests)-1].Body; !regexp.MustCompile(pattern).Match(body) {
			ts.Fatalf("%s: no match for %s in %s", args[0], pattern, body)
		}
	}
}

// capture sets a variable to what a pattern finds in the last output: capture ID '^(\w+)  warning'.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("no match for %s in the output", args[1])
	}
	ts.Setenv(args[0], found[1])
}
