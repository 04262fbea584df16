package bot_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/internal/watch"
	"notewatch/notehub"
	"notewatch/notify"
	"notewatch/notify/email"
	"notewatch/notify/pagerduty"
	"notewatch/notify/slack"
	"notewatch/notify/webhook"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// weekSettings is the variable that makes the test binary a survivor: settings as JSON.
const weekSettings = "WEEK_TEST_SETTINGS"

// Settings are where the other sides of a survivor are.
type settings struct {
	Database string
	Hub      string            // address of the simulated Notehub
	Doors    map[string]string // addresses by name
	Life     int               // how many survivors came before

	// Of a sibling.
	Name      string
	Clock     string // path
	Rules     string // path
	Log       string // path
	PerMinute float64
}

// An order lets a survivor go on to an instant. It dies at one of the points or posts that follow; 0 is at none.
type order struct {
	Now   int64 // domain, Unix milliseconds
	Point int64
	Post  int64
}

// A survivor is a bot that does what is due at the instants it is ordered to, and dies where it is ordered to. On standard
// output it says when its clock moves, and when it has nothing left to do.
type survivor struct {
	tide
	points, posts      atomic.Int64
	lastPoint, endPost atomic.Int64 // where to die; 0 is nowhere
	db                 *store.Store
	work               *sql.DB // the database beside its store
	config             watch.Config
	late               time.Duration // of the machine clock
}

// live takes orders until there are no more.
func (s *survivor) live() error {
	var given settings
	if err := json.Unmarshal([]byte(os.Getenv(weekSettings)), &given); err != nil {
		return err
	}
	s.moved = func(to time.Time) { fmt.Println("now", to.UnixMilli()) }
	orders := bufio.NewScanner(os.Stdin)
	if !orders.Scan() {
		return errors.New("there is no order")
	}
	if err := s.obey(orders.Bytes()); err != nil {
		return err
	}
	if err := s.open(given); err != nil {
		return err
	}
	b, err := watch.New(context.Background(), s.config)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { b.Run(ctx) })
	err = s.serve(orders)
	stop()
	running.Wait()
	return errors.Join(err, s.work.Close(), s.db.Close())
}

// serve settles each instant and takes the next order.
func (s *survivor) serve(orders *bufio.Scanner) error {
	for {
		if err := s.settle(); err != nil {
			return err
		}
		fmt.Println("settled", s.points.Swap(0), s.posts.Swap(0))
		if !orders.Scan() {
			return orders.Err()
		}
		if err := s.obey(orders.Bytes()); err != nil {
			return err
		}
	}
}

func (s *survivor) obey(line []byte) error {
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		return err
	}
	s.lastPoint.Store(o.Point)
	s.endPost.Store(o.Post)
	s.advance(time.UnixMilli(o.Now).UTC())
	return nil
}

// point counts what the bot touches, and dies where it has to.
func (s *survivor) point(string) { countTo(&s.points, &s.lastPoint) }

// posted counts what was sent, and dies before that can be recorded.
func (s *survivor) posted() { countTo(&s.posts, &s.endPost) }

func countTo(count, last *atomic.Int64) {
	if count.Add(1) == last.Load() {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

func (s *survivor) open(given settings) (err error) {
	if s.db, err = store.Open(context.Background(), given.Database); err != nil {
		return err
	}
	if s.work, err = openRaw(given.Database); err != nil {
		return err
	}
	s.late = time.Duration(given.Life) * restartTime
	if err := s.db.TakeOver(context.Background(), s.machine()); err != nil {
		return err
	}
	client, err := notehub.New(notehub.Config{
		BaseURL: given.Hub, Token: secret.New(token), HTTP: &http.Client{Transport: mortal{s.point}},
	})
	if err != nil {
		return err
	}
	s.config.Bot = weekConfig(s.db, bot.Clock{Timer: s.timer, Now: func() time.Time {
		s.point("clock")
		return s.tick()
	}})
	s.config.Bot.Accounts = []bot.Account{{Name: "acme", Client: client, PerMinute: 1e6}}
	s.config.Bot.Machine = func() time.Time {
		s.point("clock")
		return s.machine()
	}
	s.config.Sleep = func(context.Context, time.Duration) {}
	s.config.Bot.Log = slog.New(slog.NewTextHandler(mortalLog{s.point}, nil))
	s.config.Receivers, err = weekReceivers(given.Doors)
	for i, r := range s.config.Receivers {
		s.config.Receivers[i].Receiver = impatient{mortalReceiver{r.Receiver, s.point}, s.posted}
	}
	return err
}

func (s *survivor) machine() time.Time { return time.Now().Add(s.late) }

// settle waits until nothing is due at this instant.
func (s *survivor) settle() error {
	tick, began := time.NewTicker(2*time.Millisecond), time.Now()
	defer tick.Stop()
	for range tick.C {
		due, err := s.due()
		if err != nil || due == "" {
			return err
		}
		if time.Since(began) > time.Minute {
			return fmt.Errorf("%s is still due after a minute at %s", due, s.now())
		}
	}
	return nil
}

// due names something that is due; "" is that nothing is.
func (s *survivor) due() (what string, err error) {
	query := `SELECT coalesce(min(kind || ' of ' || key), '') FROM work WHERE due_at <= $1`
	return what, s.work.QueryRowContext(context.Background(), query, s.now().UnixMilli()).Scan(&what)
}

// A tide is domain time. It all but stands still until it is told to move, and lets the moments pass that a request to
// Notehub waits for its turn.
type tide struct {
	mu      sync.Mutex
	instant time.Time
	waiting []wait
	moved   func(to time.Time) // is called when it moves; nil is nothing
}

type wait struct {
	until time.Time
	timer *time.Timer
}

func (t *tide) now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.instant
}

// tick is now for those who may wait for it to pass: a moment passes whenever they look.
func (t *tide) tick() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.instant = t.instant.Add(time.Millisecond)
	return t.instant
}

// advance moves on to an instant.
func (t *tide) advance(to time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !to.After(t.instant) {
		return
	}
	t.instant = to
	if t.moved != nil {
		t.moved(to)
	}
	var still []wait
	for _, w := range t.waiting {
		if w.until.After(to) {
			still = append(still, w)
			continue
		}
		w.timer.Reset(0)
	}
	t.waiting = still
}

func (t *tide) timer(until time.Time) *time.Timer {
	t.mu.Lock()
	if until.After(t.instant.Add(time.Second)) && !forNotehub() {
		defer t.mu.Unlock()
		timer := time.NewTimer(time.Hour)
		t.waiting = append(t.waiting, wait{until, timer})
		return timer
	}
	t.mu.Unlock()
	t.advance(until.Truncate(time.Millisecond).Add(time.Millisecond))
	return time.NewTimer(0)
}

// forNotehub reports whether it is asked by the one who waits in the middle of a poll: until a request may be sent.
func forNotehub() bool {
	callers := make([]uintptr, 5)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, "request.Poll.wait") {
			return true
		}
		if !more {
			return false
		}
	}
}

// impatient does not wait for an answer as long as the bot would, so that a hang costs little.
type impatient struct {
	mortalReceiver
	posted func()
}

const patience = 200 * time.Millisecond

func (i impatient) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ref, err := i.mortalReceiver.Send(ctx, n, ref)
	i.posted()
	return ref, err
}

// weekConfig is what all processes of the week have in common.
func weekConfig(db *store.Store, clock bot.Clock) bot.Config {
	config := bot.Config{
		Store: db, Clock: clock, Projects: weekProjects, DefaultReceivers: []string{"team", "mail"}, Summary: true,
		// Less than the time from one poll to the next, since an instant lasts a little, and some minutes where Notehub refuses requests.
		Interval: pollSteps*stepTime - 9*time.Minute,
		Windows:  []muting.Window{{Match: muting.Match{Rule: "spike", Project: "lab"}, Days: []time.Weekday{time.Wednesday}, Because: "load test"}},
	}
	config.Rules = compileAll(weekRules(beforeChange))
	return config
}

func compileAll(all []weekRule) (made []bot.Rule) {
	for _, r := range all {
		rule, problems := rules.Compile(r.spec)
		if len(problems) > 0 {
			panic(fmt.Sprintf("compiling %s: %v", r.spec.Name, problems))
		}
		made = append(made, bot.Rule{Rule: rule, Notify: r.notify})
	}
	return made
}

// weekReceivers are receivers of every kind that speaks over the network, by the doors they go through.
func weekReceivers(doors map[string]string) ([]deliver.Receiver, error) {
	channel := func(id string) (notify.Receiver, error) {
		return slack.NewBot(slack.BotConfig{Token: secret.New("xoxb-token"), Channel: id, APIURL: doors["slack"] + "/api/"})
	}
	hook := func(name string) (notify.Receiver, error) {
		return webhook.New(webhook.Config{
			Name: name, URL: secret.New(doors[name] + "/hook"), Secrets: []secret.Text{secret.New(hookSecret)}, AllowPrivate: true,
		})
	}
	team, err1 := channel("C-team")
	managers, err2 := channel("C-managers")
	guests, err3 := slack.NewWebhook(slack.WebhookConfig{
		Name: "guests", URL: secret.New(doors["guests"] + "/services/T0/B0/incoming"), AllowPrivate: true,
	})
	onCall, err4 := pagerduty.New(pagerduty.Config{
		Name: "on-call", RoutingKey: secret.New("0123456789abcdef0123456789abcdef"), URL: doors["on-call"] + "/v2/enqueue", AllowPrivate: true,
	})
	hooked, err5 := hook("hook")
	audit, err6 := hook("audit")
	mail, err7 := email.New(email.Config{
		Name: "mail", Server: doors["mail"], TLS: "none", From: "notewatch@example.com", To: []string{"ops@example.com"},
	})
	return []deliver.Receiver{
		{Name: "team", Live: true, Lane: "team", Pause: time.Second, Receiver: team},
		{Name: "managers", Live: true, Lane: "managers", Pause: time.Second, From: rules.Critical, Receiver: managers},
		{Name: "guests", Lane: "guests", Pause: time.Second, Receiver: guests},
		{Name: "on-call", From: rules.Critical, Batch: deliver.MaxBatch, Fallback: "team", Receiver: onCall},
		{Name: "hook", Batch: deliver.MaxBatch, Receiver: hooked},
		{Name: "audit", From: rules.Critical, Batch: deliver.MaxBatch, Fallback: "mail", Receiver: audit},
		{Name: "mail", Receiver: mail},
	}, errors.Join(err1, err2, err3, err4, err5, err6, err7)
}
