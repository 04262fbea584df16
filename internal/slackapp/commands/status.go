package commands

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp/grammar"
	"notewatch/internal/status"
	"notewatch/internal/words"
)

// hello answers a command without a word: the state in short, and the next commands.
func (q *question) hello(ctx context.Context) (page, error) {
	s, err := status.Of(ctx, q.reader)
	if err != nil {
		return page{}, err
	}
	var p page
	p.say(alarmText(s), ageText(s))
	p.say(q.goOn(ctx))
	return p, nil
}

// goOn suggests the next commands.
func (q *question) goOn(ctx context.Context) string {
	names := q.names(ctx)
	var lines []string
	for _, leading := range []string{"usage", "top", "alerts"} {
		w, _ := wordOf(leading)
		if found := w.lines(names); len(found) > 0 {
			lines = append(lines, q.typed(found[0]))
		}
	}
	return "Try " + grammar.List(append(lines, q.typed("help")), "or")
}

// status describes the state of notewatch itself.
func (q *question) status(ctx context.Context) (page, error) {
	if err := grammar.ParseNone(q.line); err != nil {
		return page{}, err
	}
	s, err := status.Of(ctx, q.reader)
	if err != nil {
		return page{}, err
	}
	var p page
	p.say(alarmText(s))
	var projects, accounts []string
	for _, project := range s.Projects {
		projects = append(projects, "• "+projectText(project, s.Now))
	}
	for _, a := range s.Accounts {
		accounts = append(accounts, "• "+accountText(a, s.Now))
	}
	p.say(projects...)
	p.say(accounts...)
	p.say(receiverLines(s)...)
	return p, nil
}

// alarmText counts alerts: "2 alerts fire: 1 critical, 1 warning; 1 pending".
func alarmText(s status.Status) string {
	pending, silences := some(s.Alerts.Pending, "pending"), silencesText(s)
	firing := s.Alerts.Firing()
	if len(firing) == 0 {
		return words.Dotted("*No alert is firing*", pending, silences)
	}
	marked := slices.DeleteFunc([]string{some(s.Alerts.Muted, "muted"), some(s.Alerts.Acknowledged, "acknowledged")}, func(text string) bool { return text == "" })
	text := "*Firing:* " + grammar.List(firing, "and")
	if len(marked) > 0 {
		text += ", of them " + grammar.List(marked, "and")
	}
	return words.Dotted(text, pending, silences)
}

func silencesText(s status.Status) string {
	if s.Alerts.Silences == 0 {
		return ""
	}
	return words.Count(s.Alerts.Silences, "silence")
}

func some(n int, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", n, what)
}

// ageText returns the age of the data of the project that was polled longest ago.
func ageText(s status.Status) string {
	devices, failing := 0, 0
	oldest := s.Now
	for _, p := range s.Projects {
		devices += p.Devices
		if p.Failures > 0 {
			failing++
		}
		if p.PolledAt.Before(oldest) {
			oldest = p.PolledAt
		}
	}
	text := "Watching " + words.Count(len(s.Projects), "project") + " with " + words.Count(devices, "device")
	age := asOfText(oldest, s.Now)
	if oldest.IsZero() {
		age = "not all projects polled yet"
	}
	if failing > 0 {
		return words.Dotted(text, age, words.Count(failing, "project")+" with failed polls: see the command status")
	}
	return words.Dotted(text, age)
}

// projectText describes the polls of a project.
func projectText(p status.Project, now time.Time) string {
	read, next, failed, truncated := "never polled", "", "", ""
	if !p.PolledAt.IsZero() {
		read = "polled " + agoText(p.PolledAt, now)
	}
	switch {
	case p.Ahead(now):
		read, next = "last polled later than now: the clock was set back", "next poll now"
	case p.Polling || p.Behind != "":
		next = words.Polling(name(p.Name), name(p.Behind), p.Wait)
	case p.Next.After(now):
		next = "next poll in " + words.Duration(p.Next.Sub(now))
	case !p.Next.IsZero():
		next = "next poll now"
	}
	if p.Failures > 0 {
		failed = "failed " + words.Count(p.Failures, "time") + " since: " + slackapi.Mrkdwn(p.Failure, maxSaid)
	}
	if p.Truncated {
		truncated = words.Truncated
	}
	return words.Dotted("*"+name(p.Name)+"* "+words.Count(p.Devices, "device"), read, next, failed, truncated, words.Damaged(p.Damaged))
}

// accountText returns how many of its allowed requests an account has sent.
func accountText(a status.Account, now time.Time) string {
	const minutes = 24 * 60
	text := fmt.Sprintf("account %s: %s today (UTC), of at most %s", name(a.Name), words.Count(a.Today, "request"), words.Figure(a.PerMinute*minutes, ""))
	if a.Interval > 0 {
		text += ", a poll of each project every " + words.Duration(a.Interval)
	}
	switch broken := bot.AccountText(a.Cause, name(a.Name)); {
	case broken != "":
		text += "; " + broken + ": " + bot.NextStep(a.Cause)
	case a.HeldUntil.After(now):
		text += "; rate-limited by Notehub until " + words.Time(a.HeldUntil)
	case a.RestoredAt.After(now):
		text += "; " + words.ReducedRate(a.Rate, a.PerMinute, a.RestoredAt)
	}
	return text
}

// receiverLines describes the receivers that do not show the newest state.
func receiverLines(s status.Status) []string {
	var lines []string
	for _, r := range s.Receivers {
		if r.Waiting == 0 && r.GivenUp == 0 && !r.Outside {
			continue
		}
		waiting, dead, next := "", "", ""
		if r.Waiting > 0 {
			waiting = fmt.Sprintf("%s waiting, the oldest for %s", words.Count(r.Waiting, "alert"), words.Duration(r.Oldest))
		}
		if r.GivenUp > 0 {
			dead = words.Count(r.GivenUp, "alert") + " given up"
		}
		if r.Next.After(s.Now) {
			next = "next try " + words.Time(r.Next)
		}
		lines = append(lines, "• receiver "+words.Dotted("*"+name(r.Name)+"*", waiting, dead, next, r.Hours()))
	}
	if len(lines) == 0 {
		lines = append(lines, "All receivers are up to date: "+words.Count(len(s.Receivers), "receiver"))
	}
	return lines
}

// refresh polls Notehub now.
func (q *question) refresh(ctx context.Context) (page, error) {
	if err := grammar.ParseNone(q.line); err != nil {
		return page{}, err
	}
	if err := q.mayRefresh(ctx); err != nil {
		return page{}, err
	}
	requests, already, err := q.bot.Schedule().Refresh(ctx)
	if err != nil {
		return page{}, err
	}
	var p page
	if already {
		p.say("Notehub is being polled now, or was polled within the last minute. Nothing to do.")
	} else {
		p.say("Polling Notehub now, with at least " + words.Count(requests, "request") + " of the budget. Ask again in a minute.")
	}
	return p, nil
}

// mayRefresh returns an error unless the person may start a poll from the channel. It is a [refusalError].
func (q *question) mayRefresh(ctx context.Context) error {
	anywhere := slices.Compact(slices.Sorted(maps.Values(q.answerer.config.Channels())))
	return q.answerer.mayChange(ctx, q.asked.Person, q.asked.Channel, anywhere)
}
