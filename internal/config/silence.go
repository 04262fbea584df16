package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/config/content"
	"notewatch/rules/muting"
)

func (v value) readSilences() {
	v.list(func(v value) { v.file.Silences = append(v.file.Silences, v.silence()) })
}

// silence reads a window of silence, which opens every week.
func (v value) silence() muting.Window {
	v = v.in(v.titled("silence"))
	known := len(v.problems)
	var w muting.Window
	v.keys(append(schedule(&w),
		key{name: "match", required: true, read: func(v value) { w.Match, w.Receivers = v.match() }},
		key{name: "because", required: true, read: func(v value) { w.Because = v.reason() }},
	)...)
	v.together("from", "to")
	if len(v.problems) > known {
		return w
	}
	v.checkWindow(w)
	if until, open := w.Open(time.Unix(0, 0)); open && until.IsZero() {
		v.report("never ends", "want days, or from and to, that leave out some of the week")
	}
	return w
}

// schedule returns the keys that say when a window is open.
func schedule(w *muting.Window) []key {
	return []key{
		{name: "days", read: func(v value) { w.Days = v.weekdays() }},
		{name: "from", read: func(v value) { w.From = v.timeOfDay() }},
		{name: "to", read: func(v value) { w.To = v.timeOfDay() }},
		{name: "zone", read: func(v value) { w.Zone = v.zone() }},
	}
}

// reason reads because, which messages and lists show.
func (v value) reason() string {
	text := strings.TrimSpace(v.text())
	if len(text) > maxReason {
		v.report(fmt.Sprintf("is too long: %d bytes, at most %d", len(text), maxReason), "")
	}
	return text
}

const maxReason = 500

// match reads which alerts are meant: all that have what is named; and for which receivers, if not for all.
func (v value) match() (m muting.Match, receivers []string) {
	known := len(v.problems)
	v.keys(
		key{name: "rule", read: func(v value) { m.Rule = v.refer("rule", v.ruleNames()) }},
		key{name: "project", read: func(v value) { m.Project = v.projectName() }},
		key{name: "fleet", read: func(v value) { m.Fleet = v.name() }},
		key{name: "subject", read: func(v value) { m.Subject = v.name() }},
		key{name: "receiver", read: func(v value) {
			v.oneOrSome(func(v value) { receivers = append(receivers, v.refer("receiver", v.receiverNames())) })
		}},
	)
	if m == (muting.Match{}) && receivers == nil && len(v.problems) == known {
		v.report("matches everything", "want rule, project, fleet, subject or receiver")
	}
	if m.Fleet != "" && receivers != nil {
		v.at("fleet").report("does not go with receiver", "name a rule, a project or a subject")
	}
	return m, receivers
}

// weekdays are the words for days, from Sunday as package time has it.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (v value) weekdays() (days []time.Weekday) {
	v.oneOrSome(func(v value) {
		word := v.choice(weekdays...)
		day := time.Weekday(slices.Index(weekdays, word))
		if word != "" && slices.Contains(days, day) {
			v.report("named twice", "")
		}
		days = append(days, day)
	})
	return days
}

// zone reads the name of a time zone.
func (v value) zone() *time.Location {
	name := v.name()
	if name == "" {
		return nil
	}
	zone, wrong := content.Zone(name)
	if wrong != nil {
		v.report(wrong.Message, wrong.Hint)
	}
	return zone
}

// timeOfDay reads hours and minutes on a clock, since midnight.
func (v value) timeOfDay() time.Duration {
	text := v.text()
	at, err := time.Parse("15:04", text)
	if text != "" && (err != nil || len(text) != len("15:04")) {
		v.report("not a time of day", "such as 06:00 or 22:30; midnight is 00:00")
		return 0
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
}
