package bot_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/deliver"
	"notewatch/internal/words"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
	"notewatch/rules"
)

// members are the alerts that a receiver is shown, by message; "" is of no message.
func (r record) members(receiver string) map[string][]rules.Alert {
	members := map[string][]rules.Alert{}
	for _, d := range r.deliveries[receiver] {
		members[d.Message] = append(members[d.Message], d.Alert)
	}
	return members
}

// A telling is one message that a receiver took who cannot change what he has.
type telling struct {
	key      string // the same over repeats; "" if the receiver is given none
	text     string
	cards    []string // each alert that is told at length
	sayings  []saying
	versions map[string]int64 // by alert; nil if the receiver is not told them
}

// tellings are what was taken behind a door, in order.
func (w *week) tellings(name string) (all []telling) {
	switch name {
	case "guests":
		for _, m := range w.guests.Messages(notifytest.IncomingChannel) {
			all = append(all, telling{text: m.Text, cards: []string{m.Text}, sayings: sayings(m.Text)})
		}
	case "mail":
		for _, m := range w.mail.Messages() {
			if ofOutage(m.Text) {
				continue
			}
			all = append(all, telling{key: m.Header.Get("Message-Id"), text: m.Text, cards: []string{m.Text}, sayings: sayings(m.Text)})
		}
	default:
		for _, request := range w.hooks[name].Requests() {
			if !request.Taken {
				continue
			}
			require.NoError(w.t, request.Verify(hookSecret))
			var body webhook.Body
			require.NoError(w.t, json.Unmarshal(request.Body, &body))
			told := telling{key: request.Header.Get("Webhook-Id"), versions: map[string]int64{}}
			for _, a := range body.Data.Alerts {
				level := a.Level
				if a.State != string(rules.Firing) {
					level = ""
				}
				told.sayings = append(told.sayings, saying{a.ID, level})
				told.versions[a.ID] = a.Version
				told.cards = append(told.cards, cardOf(a))
			}
			all = append(all, told)
		}
	}
	return all
}

// ofOutage reports whether a message is about the database, of which the database knows nothing.
func ofOutage(text string) bool {
	return strings.Contains(text, "cannot use its database") || strings.Contains(text, "can use its database again")
}

// A memory is what a receiver remembers who cannot change what he has.
type memory struct {
	last     map[string]saying // of each alert
	versions map[string]int64  // of each alert, if he is told them
	texts    map[string]string // the last about each message
	keys     map[string]int
	states   map[string]string // keys by versions
	repeats  []telling
}

// checkTold checks what was told to a receiver who cannot change what he has: only what was so, newer after older, as
// often as doubt allows, and at last what is so.
func (w *week) checkTold(r record, receiver deliver.Receiver) {
	name := receiver.Name
	messages := map[string]string{} // by alert
	for _, d := range r.deliveries[name] {
		messages[d.Alert.ID] = d.Message
	}
	m := &memory{map[string]saying{}, map[string]int64{}, map[string]string{}, map[string]int{}, map[string]string{}, nil}
	for _, told := range w.tellings(name) {
		if len(told.sayings) == 0 && !strings.HasPrefix(told.text, "REPORT") {
			w.t.Errorf("%s: was told of nothing: %s", name, told.text)
		}
		for _, s := range told.sayings {
			w.checkSaying(r, receiver, m, s, told)
		}
		for _, card := range told.cards {
			w.checkCard(name, card)
		}
		m.keep(told, messages)
		if state := fmt.Sprint(told.versions); told.versions != nil && m.states[state] != told.key {
			w.t.Errorf("%s: was told %s as %s and as %s", name, state, m.states[state], told.key)
		}
	}
	if doubt := w.doubtful(r, name, name); len(m.repeats) > doubt {
		w.t.Errorf("%s: was told %d times again, of which %d attempts are the reason%s", name, len(m.repeats), doubt, w.explain(r, name, m.repeats))
	}
	w.checkLastWords(r, receiver, m)
}

// explain returns what was told again with all attempts at the same alerts, and when processes were frozen.
func (w *week) explain(r record, receiver string, repeats []telling) string {
	var text strings.Builder
	for _, told := range repeats {
		fmt.Fprintf(&text, "\n%s %v", told.key, told.versions)
		for _, a := range r.attempts {
			about := func(alert string) bool { _, ok := a.Versions[alert]; return ok }
			if a.Receiver == receiver && slices.ContainsFunc(slices.Collect(maps.Keys(told.versions)), about) {
				fmt.Fprintf(&text, "\n\t%s %v %s to %s: %s %s", a.Message, a.Versions, a.Started.Format(time.TimeOnly), a.Ended.Format(time.DateTime), a.Status, a.Error)
			}
		}
	}
	for _, s := range w.freezes {
		fmt.Fprintf(&text, "\nfrozen from %s to %s", s.from.Format(time.DateTime), s.to.Format(time.DateTime))
	}
	return text.String()
}

// checkSaying checks that what is said of an alert was so, and is no older than what was said before.
func (w *week) checkSaying(r record, receiver deliver.Receiver, m *memory, s saying, told telling) {
	version, versioned := told.versions[s.alert]
	t := r.history[s.alert][version]
	switch {
	case !r.wasTrue(s, receiver.From):
		w.t.Errorf("%s: was told %+v, which was never so", receiver.Name, s)
	case versioned && sayingOf(s.alert, t.State, t.Level, receiver.From) != s:
		w.t.Errorf("%s: was told %+v of version %d, which was %s %s", receiver.Name, s, version, t.State, t.Level)
	case version < m.versions[s.alert]:
		w.t.Errorf("%s: was told version %d of alert %s after %d", receiver.Name, version, s.alert, m.versions[s.alert])
	}
}

// keep remembers a telling, and whether it says again what was said before.
func (m *memory) keep(told telling, messages map[string]string) {
	m.keys[told.key]++
	again := told.key != "" && m.keys[told.key] > 1
	for _, s := range told.sayings {
		version, versioned := told.versions[s.alert]
		again = again || versioned && version == m.versions[s.alert] || told.key == "" && s.level == "" && m.last[s.alert] == s
		m.last[s.alert], m.versions[s.alert], m.texts[messages[s.alert]] = s, version, told.text
	}
	if again {
		m.repeats = append(m.repeats, told)
	}
	if state := fmt.Sprint(told.versions); m.states[state] == "" {
		m.states[state] = told.key
	}
}

// checkLastWords checks that what was told last of each alert is what is so. Of those of which the message shows only how
// many there are, that is checked.
func (w *week) checkLastWords(r record, receiver deliver.Receiver, m *memory) {
	for message, alerts := range r.members(receiver.Name) {
		for _, a := range alerts {
			said, told := m.last[a.ID]
			hidden := receiver.Name == "guests" && len(alerts) > topShown || len(alerts) > 1 && a.Reason == rules.Reported
			switch posted := !r.messages[message].PostedAt.IsZero(); {
			case message == "" && told:
				w.t.Errorf("%s: was told %+v, but the database knows of no message", receiver.Name, said)
			case !posted, hidden, a.State == rules.Firing && a.Mute.Kind != rules.ByNothing:
			case said != owed(a, receiver.From):
				w.t.Errorf("%s: was last told %+v of alert %s of %s: want %+v", receiver.Name, said, a.ID, a.Rule, owed(a, receiver.From))
			}
			delete(m.last, a.ID)
		}
		if still := stillFiring(alerts, receiver.From); message != "" && m.texts[message] != "" && !containsAny(m.texts[message], still) {
			w.t.Errorf("%s: the last word on message %s says none of %q: %s", receiver.Name, message, still, m.texts[message])
		}
	}
	for _, said := range m.last {
		w.t.Errorf("%s: was told %+v, and nobody knows why", receiver.Name, said)
	}
}

const topShown = 5 // of a message to Slack

// stillFiring are the words for how many of some alerts still fire; nil is none.
func stillFiring(alerts []rules.Alert, from rules.Level) []string {
	firing, all := 0, len(alerts)
	for _, a := range alerts {
		if a.Reason == rules.Reported {
			return nil
		}
		if owed(a, from).level != "" {
			firing++
		}
	}
	switch {
	case firing == all, all == 1:
		return nil
	case firing == 0:
		return []string{fmt.Sprintf("all %d alerts", all), fmt.Sprintf("0 of %d still firing", all)}
	}
	return []string{fmt.Sprintf("%d of %d still firing", firing, all)}
}

func containsAny(text string, words []string) bool {
	return words == nil || slices.ContainsFunc(words, func(s string) bool { return strings.Contains(text, s) })
}

// checkChannel checks that a channel of Slack shows each message as it has to be. What else stands there was posted by an
// attempt of which nobody knows how it went, and was so at that time.
func (w *week) checkChannel(r record, receiver deliver.Receiver) {
	channel := "C-" + receiver.Name
	there := map[string]notifytest.Message{}
	for _, m := range w.slack.Messages(channel) {
		if !ofOutage(m.Text) {
			there[m.TS] = m
		}
	}
	members := r.members(receiver.Name)
	delete(members, "")
	for id, alerts := range members {
		var at struct{ TS string }
		message := r.messages[id]
		if message.Ref == "" {
			continue // never posted, which checkDeliveries wants a reason for
		}
		require.NoError(w.t, json.Unmarshal([]byte(message.Ref), &at))
		shown, ok := there[at.TS]
		deleted := w.deleted[at.TS]
		changed := slices.ContainsFunc(alerts, func(a rules.Alert) bool { return a.ChangedAt.After(deleted) && a.Mute.Kind == rules.ByNothing })
		switch {
		case !ok && (deleted.IsZero() || changed): // what is quiet does not post a deleted message again
			w.t.Errorf("%s: message %s is gone", receiver.Name, id)
		case ok:
			w.checkShown(receiver, id, shown, alerts)
		}
		delete(there, at.TS)
	}
	for _, call := range w.slack.Calls() {
		if !call.Taken || call.Form.Get("channel") != channel || ofOutage(call.Form.Get("text")) {
			continue
		}
		w.checkCard(receiver.Name, call.Form.Get("text"))
		for _, s := range sayings(call.Form.Get("text")) {
			if !r.wasTrue(s, receiver.From) {
				w.t.Errorf("%s: was shown %+v, which was never so", receiver.Name, s)
			}
		}
	}
	if doubt := w.doubtful(r, receiver.Name, "slack"); len(there) > doubt {
		w.t.Errorf("%s: %d messages belong to nothing, of which %d attempts are the reason", receiver.Name, len(there), doubt)
	}
	w.orphans += len(there)
}

// checkShown checks what a message of Slack shows of its alerts.
func (w *week) checkShown(receiver deliver.Receiver, id string, message notifytest.Message, alerts []rules.Alert) {
	text := message.Text
	want := map[string]saying{}
	for _, a := range alerts {
		want[a.ID] = owed(a, receiver.From)
	}
	all := sayings(text)
	for _, s := range all {
		if want[s.alert] != s {
			w.t.Errorf("%s: message %s shows %+v: want %+v", receiver.Name, id, s, want[s.alert])
		}
	}
	if len(all) == 0 && !strings.HasPrefix(text, "REPORT") {
		w.t.Errorf("%s: message %s shows nothing: %s", receiver.Name, id, text)
	}
	if still := stillFiring(alerts, receiver.From); !containsAny(text, still) {
		w.t.Errorf("%s: message %s says none of %q: %s", receiver.Name, id, still, text)
	}
	a := alerts[0]
	value := words.Figure(a.Value, a.Texts.Unit)
	shows := strings.Contains(text, value) || w.refused(message.TS, value)
	if len(alerts) == 1 && want[a.ID].level != "" && a.Texts.Figure != "" && !shows {
		w.t.Errorf("%s: message %s does not show %s: %s", receiver.Name, id, value, text)
	}
}

// refused reports whether Slack said of the newest update of a message, which has a value, that it will never take it. A value disturbs
// nobody, so it is not posted in another message, and the old one is changed when there is another value.
func (w *week) refused(ts, value string) bool {
	calls := slices.DeleteFunc(w.slack.Calls(), func(c notifytest.Call) bool { return c.Method != "chat.update" || c.Form.Get("ts") != ts })
	if len(calls) == 0 {
		return false
	}
	newest := calls[len(calls)-1]
	never := []string{"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "edit_window_closed", "cant_update_message"}
	return slices.Contains(never, newest.Code) && strings.Contains(newest.Form.Get("text"), value)
}

// checkPagerDuty checks that an incident is open exactly as long as something of its message needs somebody, and that
// there is no second one.
func (w *week) checkPagerDuty(r record, receiver deliver.Receiver) {
	members := r.members(receiver.Name)
	delete(members, "")
	states, count := map[string]string{}, map[string]int{}
	for _, incident := range w.pagerDuty.Incidents() {
		states[incident.DedupKey] = incident.State
		count[incident.DedupKey]++
		if members[incident.DedupKey] == nil {
			w.t.Errorf("%s: incident %s belongs to nothing", receiver.Name, incident.DedupKey)
		}
	}
	for id, alerts := range members {
		firing, needed, reopened := 0, 0, 1
		for _, a := range alerts {
			for _, t := range r.history[a.ID] {
				if t.Reason == rules.Escalated {
					reopened++ // after it was taken on, or had come down below critical
				}
			}
			if owed(a, receiver.From).level == "" {
				continue
			}
			firing++
			if a.Mute.Kind == rules.ByNothing && a.Ack == (rules.Ack{}) {
				needed++
			}
		}
		switch state := states[id]; {
		case firing == 0 && state != "" && state != notifytest.Resolved, needed > 0 && state != notifytest.Triggered:
			w.t.Errorf("%s: incident %s is %q, while %d alerts fire and %d need somebody", receiver.Name, id, state, firing, needed)
		case count[id] > reopened:
			w.t.Errorf("%s: there are %d incidents %s", receiver.Name, count[id], id)
		}
	}
}
