package bot_test

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/deliver"
	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/rules"
)

// A record is what the database holds at the end.
type record struct {
	alerts     map[string]rules.Alert
	history    map[string]map[int64]store.Transition // by alert and version
	deliveries map[string][]outbox.Delivery          // by receiver
	messages   map[string]outbox.Message
	attempts   []outbox.Attempt
	waiting    map[string]outbox.Queue // by receiver
}

func (w *week) read() record {
	w.t.Helper()
	ctx := w.t.Context()
	db, err := store.OpenReadOnly(ctx, w.settings.Database)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, db.Close()) }()
	r := record{
		alerts: map[string]rules.Alert{}, history: map[string]map[int64]store.Transition{},
		deliveries: map[string][]outbox.Delivery{}, messages: map[string]outbox.Message{},
	}
	alerts, err := db.Alerts(ctx, store.AlertFilter{})
	require.NoError(w.t, err)
	for _, a := range alerts {
		r.alerts[a.ID] = a
		r.history[a.ID] = map[int64]store.Transition{}
		all, err := db.Transitions(ctx, a.ID)
		require.NoError(w.t, err)
		for _, t := range all {
			r.history[a.ID][t.Version] = t
		}
	}
	for _, receiver := range w.receivers() {
		deliveries := storetest.Deliveries(w.t, db, receiver.Name)
		r.deliveries[receiver.Name] = deliveries
		for _, d := range deliveries {
			if d.Message != "" {
				r.messages[d.Message], _, err = db.Outbox.Members(ctx, d.Message)
				require.NoError(w.t, err)
			}
		}
	}
	r.attempts, err = db.Outbox.Attempts(ctx, "")
	require.NoError(w.t, err)
	standing, err := db.Standing(ctx, instantOf(weekSteps+healSteps))
	require.NoError(w.t, err)
	r.waiting = standing.Queues
	return r
}

func (w *week) receivers() []deliver.Receiver {
	all, err := weekReceivers(w.settings.Doors)
	require.NoError(w.t, err)
	return all
}

// cutOff counts the attempts to tell a receiver whose end the bot did not live to record; "" is any receiver.
func (r record) cutOff(receiver string) (n int) {
	for _, a := range r.attempts {
		if a.Status == outbox.CutOff && (receiver == "" || a.Receiver == receiver) {
			n++
		}
	}
	return n
}

// doubtful counts the attempts to tell a receiver that may have told it without anybody knowing: those that were cut off by
// a kill, those whose answer the door spoilt, those that nobody answered in time, and those that were under way while their process stood
// still.
func (w *week) doubtful(r record, receiver, door string) int {
	n := r.cutOff(receiver) + w.doors[door].spoilt
	for _, a := range r.attempts {
		if a.Receiver == receiver && (a.Status == outbox.Retrying && strings.Contains(a.Error, "in time") || a.Status == outbox.Posted && w.stoodStill(a)) {
			n++
		}
	}
	return n
}

// stoodStill reports whether a process was frozen while an attempt was under way, or had ended and was to be recorded with others that were: no
// time passes while somebody is at work.
func (w *week) stoodStill(a outbox.Attempt) bool {
	return slices.ContainsFunc(w.freezes, func(s span) bool { return !a.Started.After(s.from) && !a.Ended.Before(s.from) })
}

// A saying is what a message says of an alert: the level at which it fires, or "" that it is over.
type saying struct{ alert, level string }

// owed is what a receiver has to be shown of an alert.
func owed(a rules.Alert, from rules.Level) saying { return sayingOf(a.ID, a.State, a.Level, from) }

func sayingOf(alert string, state rules.State, level, from rules.Level) saying {
	if state != rules.Firing || level < from {
		return saying{alert, ""}
	}
	return saying{alert, level.String()}
}

// wasTrue reports whether something was so at some time, as a receiver is told from a level on.
func (r record) wasTrue(s saying, from rules.Level) bool {
	for _, t := range r.history[s.alert] {
		if sayingOf(s.alert, t.State, t.Level, from) == s {
			return true
		}
	}
	return false
}

var (
	cardWord = regexp.MustCompile(`^(?:DRILL: )?([A-Z, ]+[A-Z])(?: (info|warning|critical))?: `)
	cardID   = regexp.MustCompile(`\balert +([a-z2-7]{10})\b`)
	rowWord  = regexp.MustCompile(`(?m)^(?:• |  )(?:(info|warning|critical)|[a-z]).* · ([a-z2-7]{10})$`)
)

// sayings are what a text for people says.
func sayings(text string) (all []saying) {
	for _, row := range rowWord.FindAllStringSubmatch(text, -1) {
		all = append(all, saying{row[2], row[1]})
	}
	word, id := cardWord.FindStringSubmatch(text), cardID.FindStringSubmatch(text)
	if word != nil && id != nil {
		level := word[2]
		if strings.HasPrefix(word[1], "REVISED") {
			level = "" // nothing stays open
		}
		all = append(all, saying{id[1], level})
	}
	return all
}

// requireTruth checks what every receiver shows against the database.
func (w *week) requireTruth() record {
	w.t.Helper()
	r := w.read()
	w.checkRoutes(r)
	for _, a := range r.alerts {
		w.checkCard("database", inWords(a))
	}
	for _, receiver := range w.receivers() {
		if queue := r.waiting[receiver.Name]; queue.Count[delivery.Waiting]+queue.Count[delivery.GivenUp] > 0 {
			w.t.Errorf("%s: %d wait and %d were given up", receiver.Name, queue.Count[delivery.Waiting], queue.Count[delivery.GivenUp])
		}
		w.checkDeliveries(r, receiver)
		w.checkAttempts(r, receiver)
		switch receiver.Name {
		case "team", "managers":
			w.checkChannel(r, receiver)
		case "on-call":
			w.checkPagerDuty(r, receiver)
		default:
			w.checkTold(r, receiver)
		}
	}
	if w.t.Failed() {
		w.t.FailNow()
	}
	return r
}

// checkCard checks that what is said first of an alert is what the figures say.
func (w *week) checkCard(where, card string) {
	if wrong := contradiction(card); wrong != "" {
		w.t.Errorf("%s: %s", where, wrong)
	}
}

// checkRoutes checks that every alert is to be shown by all whom its rule tells.
func (w *week) checkRoutes(r record) {
	routes := map[string][]string{}
	for _, rule := range weekRules(beforeChange) {
		for _, p := range weekProjects {
			routes[rule.spec.Name+p.UID] = p.Notify
			if rule.notify != nil {
				routes[rule.spec.Name+p.UID] = rule.notify
			}
		}
		routes[rule.spec.Name] = routes[rule.spec.Name+project] // a drill
	}
	routes["watching"], routes["weekly-summary"] = []string{"team", "mail"}, []string{"team", "mail"}
	for _, a := range r.alerts {
		for _, receiver := range routes[a.Rule+a.Project] {
			known := func(d outbox.Delivery) bool { return d.Alert.ID == a.ID }
			if a.Version > 0 && !slices.ContainsFunc(r.deliveries[receiver], known) {
				w.t.Errorf("%s: forgot alert %s of %s", receiver, a.ID, a.Rule)
			}
		}
	}
}

// checkDeliveries checks that a receiver shows the newest of each alert, or has a reason not to.
func (w *week) checkDeliveries(r record, receiver deliver.Receiver) {
	for _, d := range r.deliveries[receiver.Name] {
		a := d.Alert
		name := fmt.Sprintf("%s: alert %s of %s", receiver.Name, a.ID, a.Rule)
		muted, over := a.Mute.Kind != rules.ByNothing, a.State != rules.Firing
		shown := d.Message != "" && !r.messages[d.Message].PostedAt.IsZero()
		excused := muted || a.State == rules.Withdrawn || a.Level < receiver.From || !over && a.Ack != rules.Ack{}
		if receiver.Name == "on-call" && over {
			excused = true // what ended before it was an incident never is one
		}
		switch {
		case d.State == delivery.Removed:
			w.t.Errorf("%s: is removed", name)
		case d.Have != a.Version && (over || !excused || d.Detail == ""):
			w.t.Errorf("%s: shows version %d of %d: %s", name, d.Have, a.Version, d.Detail)
		case !shown && (!excused || d.Detail == ""):
			w.t.Errorf("%s: was not told: %q", name, d.Detail)
		}
	}
}

// checkAttempts checks that nothing was tried that was never so, or of which nobody was to be told yet.
func (w *week) checkAttempts(r record, receiver deliver.Receiver) {
	tried := map[string]bool{}
	for _, attempt := range r.attempts {
		if attempt.Receiver != receiver.Name {
			continue
		}
		for id, version := range attempt.Versions {
			t, ok := r.history[id][version]
			switch {
			case !ok:
				w.t.Errorf("%s: tried version %d of alert %s, which never was", receiver.Name, version, id)
			case !tried[id] && t.Mute.Kind != rules.ByNothing:
				w.t.Errorf("%s: was first told version %d of alert %s of %s, which is muted by %s", receiver.Name, version, id, r.alerts[id].Rule, t.Mute.Kind)
			case !tried[id] && t.State == rules.Firing && t.Level < receiver.From:
				w.t.Errorf("%s: was first told version %d of alert %s of %s, which is %s", receiver.Name, version, id, r.alerts[id].Rule, t.Level)
			}
			tried[id] = true
		}
	}
}

// requireSameHistory checks that all went as it did when nobody was killed: what happened to which alerts, and what
// receivers show of those that still fire. That a receiver could not be told is another story.
func requireSameHistory(t *testing.T, calm, cut record) {
	t.Helper()
	require.Equal(t, calm.stories(), cut.stories())
	for receiver := range calm.deliveries {
		first, second := calm.firing(receiver), cut.firing(receiver)
		for _, held := range slices.Concat(calm.held(receiver), cut.held(receiver)) {
			delete(first, held)
			delete(second, held)
		}
		require.Equal(t, first, second, receiver)
	}
}

// plot names an alert by what does not depend on the second in which it came about. What notewatch says of itself may come
// a step later.
func plot(a rules.Alert) string {
	if a.Project == "" {
		return fmt.Sprintf("%s of %s", a.Rule, a.Subject)
	}
	begun := a.FiredAt
	if begun.IsZero() {
		begun = a.Since
	}
	return fmt.Sprintf("%s of %s in %q from step %d", a.Rule, a.Subject, a.Project, stepOf(begun))
}

// ofReceivers reports whether an alert is about how receivers do, which depends on when they were tried.
func ofReceivers(a rules.Alert) bool { return a.Rule == "receiver-dead" || a.Rule == "message-refused" }

// stories are what happened to alerts, in order. Several alerts have the same plot if they are about an account.
func (r record) stories() map[string][][]string {
	stories := map[string][][]string{}
	for id, a := range r.alerts {
		if ofReceivers(a) {
			continue
		}
		story := []string{}
		for _, version := range slices.Sorted(maps.Keys(r.history[id])) {
			t := r.history[id][version]
			story = append(story, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", t.Reason, t.State, t.Level, cmp.Or(string(t.Mute.Kind), "loud"), t.Ack.By)))
		}
		stories[plot(a)] = append(stories[plot(a)], story)
	}
	for _, same := range stories {
		slices.SortFunc(same, slices.Compare)
	}
	return stories
}

// firing are the alerts that a receiver shows as firing, with their levels, but for those that it shows in another's place.
func (r record) firing(receiver string) map[string]string {
	all := map[string]string{}
	for _, d := range r.deliveries[receiver] {
		if d.Alert.State == rules.Firing && d.Message != "" && d.For == "" && !ofReceivers(d.Alert) {
			all[plot(d.Alert)] = d.Shown.String()
		}
	}
	return all
}

// held are the alerts that a receiver is not told of, because they are muted or acknowledged. It may have been told before that if it was
// tried at other times: a start tries again at once what was given up.
func (r record) held(receiver string) (all []string) {
	for _, d := range r.deliveries[receiver] {
		if d.State == delivery.Held {
			all = append(all, plot(d.Alert))
		}
	}
	return all
}
