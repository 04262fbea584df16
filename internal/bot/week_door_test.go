package bot_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notify/notifytest"
)

// A trouble is one way in which what stands behind a door fails for some time.
type trouble struct {
	name   string
	steps  int  // how long it lasts
	closed bool // nothing listens
	hangs  bool
	takes  bool // the message, but the sender does not learn that: the connection is cut, or hangs
	fault  notifytest.Fault
	mail   notifytest.SMTPFault
	then   *trouble // what follows as soon as it has struck
}

// lost takes what comes first and then nothing more, without a word.
func lost() trouble {
	return trouble{
		name: "lost", takes: true, fault: notifytest.TakeAndCut(), mail: notifytest.CutAt("."),
		then: &trouble{
			name: "and then nothing", fault: notifytest.Status(http.StatusServiceUnavailable, ""), mail: notifytest.CutAt("connect"),
		},
	}
}

// commonTroubles are those of every server that speaks HTTP.
func commonTroubles() []trouble {
	return []trouble{
		{name: "refused", steps: 3, closed: true},
		{name: "hang", steps: 1, hangs: true},
		{name: "taken, then hang", steps: 1, takes: true, hangs: true},
		{name: "cut", steps: 2, fault: notifytest.Cut()},
		{name: "taken, then cut", steps: 2, takes: true, fault: notifytest.TakeAndCut()},
		{name: "429", steps: 3, fault: notifytest.RateLimited("")},
		{name: "429 for seconds", steps: 3, fault: notifytest.RateLimited("90")},
		{name: "429 until a date", steps: 2, fault: notifytest.RateLimited(time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat))},
		{name: "429 for nonsense", steps: 2, fault: notifytest.RateLimited("soon")},
		{name: "500 for an hour", steps: 5, fault: notifytest.Status(http.StatusInternalServerError, "")},
		{name: "503", steps: 2, fault: notifytest.Status(http.StatusServiceUnavailable, "")},
		{name: "410", steps: 2, fault: notifytest.Status(http.StatusGone, "")},
	}
}

// hookTroubles are those of webhooks.
func hookTroubles() []trouble {
	return append(commonTroubles(),
		trouble{name: "302", steps: 1, fault: notifytest.Status(http.StatusFound, "").With("Location", "http://example.com/")},
		trouble{name: "400", steps: 1, fault: notifytest.Status(http.StatusBadRequest, "")},
		trouble{name: "401", steps: 2, fault: notifytest.Status(http.StatusUnauthorized, "")},
	)
}

func pagerDutyTroubles() []trouble {
	return append(commonTroubles(),
		trouble{name: "400", steps: 1, fault: notifytest.Status(http.StatusBadRequest, `{"status":"invalid event"}`)},
		trouble{name: "wrong key", steps: 2, fault: notifytest.Status(http.StatusBadRequest, `{"errors":["Invalid routing key"]}`)},
	)
}

// slackTroubles are those of Slack: with a code of each class that its errors have.
func slackTroubles() []trouble {
	all := append(commonTroubles(), trouble{name: "half an answer", steps: 1, takes: true, fault: notifytest.CutAnswer()})
	return withCodes(all, "ratelimited", "internal_error", "fatal_error", "service_unavailable", "token_revoked", "invalid_auth",
		"missing_scope", "channel_not_found", "not_in_channel", "is_archived", "restricted_action", "invalid_blocks", "msg_too_long",
		"edit_window_closed", "cant_update_message", "a_new_code")
}

// guestTroubles are those of Slack's incoming webhooks.
func guestTroubles() []trouble {
	return withCodes(commonTroubles(), "invalid_payload", "no_service", "no_team", "action_prohibited", "channel_is_archived",
		"too_many_attachments", "a_new_code")
}

func withCodes(all []trouble, codes ...string) []trouble {
	for _, code := range codes {
		all = append(all, trouble{name: code, steps: 1, fault: notifytest.Code(code)})
	}
	return all
}

func mailTroubles() []trouble {
	answer := notifytest.AnswerAt
	return []trouble{
		{name: "refused", steps: 3, closed: true},
		{name: "hang", steps: 1, hangs: true, mail: notifytest.HangAt("EHLO")},
		{name: "taken, then hang", steps: 1, takes: true, hangs: true, mail: notifytest.HangAt(".")},
		{name: "cut", steps: 2, mail: notifytest.CutAt("DATA")},
		{name: "taken, then cut", steps: 2, takes: true, mail: notifytest.CutAt(".")},
		{name: "busy", steps: 4, mail: answer("connect", "421 4.3.2 come back later")},
		{name: "greylisted", steps: 2, mail: answer("RCPT", "450 4.2.0 greylisted")},
		{name: "full", steps: 2, mail: answer(".", "452 4.3.1 no space left")},
		{name: "spam", steps: 1, mail: answer(".", "554 5.7.1 this looks like spam")},
		{name: "nobody there", steps: 2, mail: answer("RCPT", "550 5.1.1 no such user")},
	}
}

// A door is the address at which a survivor finds a server. All goes through it, one after the other, and it lays the
// trouble of the hour on it.
type door struct {
	t        *testing.T
	listener net.Listener // nil while it is closed
	scheme   string
	address  string
	serve    func(net.Listener) // until it is closed

	mu      sync.Mutex
	laid    *trouble       // on it, nil is none
	trouble *trouble       // of what comes next
	struck  map[string]int // what was let in, by trouble
	spoilt  int            // what was taken and then cut
}

// open lets in at the address where it did before.
func (d *door) open() {
	if d.listener != nil {
		return
	}
	d.t.Helper()
	var err error
	// A connection that somebody makes may have the port for a moment.
	require.Eventually(d.t, func() bool {
		d.listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", d.address)
		return err == nil
	}, 10*time.Second, time.Millisecond)
	d.address = d.listener.Addr().String()
	go d.serve(d.listener)
}

func (d *door) close() {
	if d.listener != nil {
		_ = d.listener.Close()
		d.listener = nil
	}
}

// url is where what speaks HTTP is found; of a mail server it is host and port.
func (d *door) url() string { return d.scheme + d.address }

// suffer has the door in trouble from now on; nil is in none.
func (d *door) suffer(t *trouble) {
	d.mu.Lock()
	if d.laid != t {
		d.laid, d.trouble = t, t
	}
	d.mu.Unlock()
	if t != nil && t.closed {
		d.close()
		return
	}
	d.open()
}

// strike notes that the trouble struck, and returns it. mu is held.
func (d *door) strike() *trouble {
	t := d.trouble
	if t == nil {
		return nil
	}
	d.struck[t.name]++
	if t.takes && !t.hangs {
		d.spoilt++
	}
	if t.then != nil {
		d.trouble = t.then
	}
	return t
}

// newDoor is a door to a server that speaks HTTP. fail lays a fault on its next answer.
func newDoor(t *testing.T, server string, fail func(...notifytest.Fault)) *door {
	t.Helper()
	inside, err := url.Parse(server)
	require.NoError(t, err)
	d := &door{t: t, scheme: "http://", address: "127.0.0.1:0", struck: map[string]int{}}
	serving := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.forward(w, r, inside.Host, fail)
	})}
	d.serve = func(l net.Listener) { _ = serving.Serve(l) }
	d.open()
	t.Cleanup(func() { _ = serving.Close() })
	return d
}

// forward hands a request on once all of it is there, whether or not the sender lives to see the answer.
func (d *door) forward(w http.ResponseWriter, r *http.Request, host string, fail func(...notifytest.Fault)) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	onward, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, "http://"+host+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	onward.Header = r.Header
	answer, hangs := d.ask(onward, fail)
	if answer != nil {
		defer func() { _ = answer.Body.Close() }()
	}
	if hangs {
		<-r.Context().Done()
	}
	if hangs || answer == nil {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, answer.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// ask puts a request to the server, with the trouble of the hour on it. The answer is nil if there is none.
func (d *door) ask(onward *http.Request, fail func(...notifytest.Fault)) (answer *http.Response, hangs bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.strike()
	switch {
	case t == nil:
	case t.hangs && !t.takes:
		return nil, true
	case !t.hangs:
		fail(t.fault)
	}
	answer, err := http.DefaultTransport.RoundTrip(onward) // follows no redirects
	if err != nil {
		answer = nil
	}
	return answer, t != nil && t.hangs
}

// newMailDoor is a door to a mail server.
func newMailDoor(t *testing.T, server *notifytest.SMTP) *door {
	t.Helper()
	d := &door{t: t, address: "127.0.0.1:0", struck: map[string]int{}}
	d.serve = func(l net.Listener) {
		for {
			connection, err := l.Accept()
			if err != nil {
				return
			}
			d.connect(connection, server)
		}
	}
	d.open()
	t.Cleanup(d.close)
	return d
}

// connect lets a connection through.
func (d *door) connect(outside net.Conn, server *notifytest.SMTP) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t := d.strike(); t != nil {
		server.Fail(t.mail)
	}
	inside, err := new(net.Dialer).DialContext(context.Background(), "tcp", server.Addr)
	if err != nil {
		_ = outside.Close()
		return
	}
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
		_ = from.Close()
	}
	go pass(inside, outside)
	go pass(outside, inside)
}
