package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/alertjson"
	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
	"notewatch/rules"
	"notewatch/rules/muting"
)

const number = `(\d+(?:,\d{3})*(?:\.\d+)?(?:e\+\d+)?(?: [kMGTP]?B\b)?)`

var (
	headNumber = regexp.MustCompile(`\s` + number + `(?:[\s,;]|$)`)
	valueFact  = regexp.MustCompile(`(?m)(?:^\s*| · )[a-z_]+\.[a-z_0-9]+(?: now| at the end)?\s+` + number)
	peakFact   = regexp.MustCompile(`(?m)(?:^\s*| · )peak\s+` + number)
)

// contradiction says in which way the headline of a card, its first line, says another number than the figures below it; ""
// is in none. What fires is about its value, what is quiet for now about its peak, and what is over about either.
func contradiction(card string) string {
	headline, rest, _ := strings.Cut(card, "\n")
	word, said, value := cardWord.FindStringSubmatch(headline), headNumber.FindStringSubmatch(headline), valueFact.FindStringSubmatch(rest)
	if word == nil || said == nil || value == nil {
		return ""
	}
	peak := value
	if found := peakFact.FindStringSubmatch(rest); found != nil {
		peak = found
	}
	over := strings.Contains(word[1], "RESOLVED") || strings.Contains(word[1], "WITHDRAWN")
	quiet := strings.Contains(rest, "quiet since") && !over
	if said[1] == value[1] && !quiet || said[1] == peak[1] && (over || quiet) {
		return ""
	}
	return fmt.Sprintf("%q is above value %s and peak %s", headline, value[1], peak[1])
}

func TestContradictionsAreSeen(t *testing.T) {
	const card = "FIRING warning: pump-7 has used 4.83 MB of 6 MB this month\nbytes.used %s (84 %%) · limit 6 MB · usual day 4.83 MB"
	require.Empty(t, contradiction(fmt.Sprintf(card, "4.83 MB")))
	require.NotEmpty(t, contradiction(fmt.Sprintf(card, "5.05 MB")))
	require.NotEmpty(t, contradiction(fmt.Sprintf(card, "4.83 kB")))
	const quiet = "QUIET warning: pump-7: events.today %s, limit 500\nevents.today 3 · peak 1,945 (389 %%)\nquiet since 00:00 UTC"
	require.Empty(t, contradiction(fmt.Sprintf(quiet, "1,945")))
	require.NotEmpty(t, contradiction(fmt.Sprintf(quiet, "3")))
	const mail = "RESOLVED: pump-7: events.today %s\n\n  events.today now  3\n  peak              1,945\n"
	require.Empty(t, contradiction(fmt.Sprintf(mail, "1,945")))
	require.NotEmpty(t, contradiction(fmt.Sprintf(mail, "1,900")))
}

// cards returns what a channel shows, each message as its headline with a line for each field and section.
func cards(t *testing.T, messages []notifytest.Message) (all []string) {
	t.Helper()
	type text struct{ Text string }
	type block struct {
		Text     text
		Fields   []text
		Elements []text
	}
	var headlines []block
	var attached []struct{ Blocks []block }
	bare := strings.NewReplacer("*  ", ": ", "*\n", " ", "*", "")
	for _, m := range messages {
		require.NoError(t, json.Unmarshal(m.Blocks, &headlines))
		require.NoError(t, json.Unmarshal(m.Attachments, &attached))
		lines := []string{headlines[0].Text.Text}
		for _, b := range attached[0].Blocks {
			for _, part := range append(b.Fields, b.Text) {
				lines = append(lines, part.Text)
			}
		}
		all = append(all, bare.Replace(strings.Join(lines, "\n")))
	}
	return all
}

// spoken are rules with headlines of their own that say their figures.
func spoken() (all []rules.Spec) {
	used, today, hours := budget("1150"), events("500"), silent()
	used.Summary = "{{.Subject}} has used {{.Value}} of {{.Limit}} events {{.When}}"
	today.Summary = "{{.Subject}} sent {{.Value}} events {{.When}}; usually {{.Usual}}"
	hours.Summary = "{{.Subject}} has been silent for {{.Value}} hours"
	return []rules.Spec{used, today, hours}
}

// channelRig is a rig with the receiver "team", a Slack channel, that polls every hour.
func channelRig(t *testing.T, incidents ...notehubtest.Incident) (*rig, *notifytest.Slack) {
	t.Helper()
	r := newRig(t, 3, incidents, spoken()...)
	slack := r.slack()
	r.rules(spoken()...)
	return r.hourly(), slack
}

// requireOneVoice checks that no message says one number in its headline and another below it, and that each shows what the
// database says.
func (r *rig) requireOneVoice(slack *notifytest.Slack) {
	r.t.Helper()
	messages := slack.Messages("C1")
	for i, card := range cards(r.t, messages) {
		require.Empty(r.t, contradiction(card), r.now)
		require.Empty(r.t, contradiction(messages[i].Text), r.now)
	}
	alerts, err := r.store.Alerts(r.t.Context(), store.AlertFilter{})
	require.NoError(r.t, err)
	for _, a := range alerts {
		require.Empty(r.t, contradiction(inWords(a)), r.now)
	}
}

// inWords is an alert as a card that begins with what look-ups say of it.
func inWords(a rules.Alert) string {
	detail := ""
	if !a.QuietSince.IsZero() {
		detail = "quiet since then"
	}
	return cardOf(webhook.Alert{Detail: []string{detail}, Alert: alertjson.Alert{
		State: string(a.State), Summary: a.Texts.Summary,
		Figure: a.Texts.Figure, Unit: a.Texts.Unit, Value: &a.Value, Peak: &a.Peak,
	}})
}

// cardOf is an alert as a card that begins with its summary.
func cardOf(a webhook.Alert) string {
	card := strings.ToUpper(a.State) + ": " + a.Summary
	if a.Value != nil {
		card += "\n" + a.Figure + " " + words.Figure(*a.Value, a.Unit)
	}
	if a.Peak != nil {
		card += "\npeak " + words.Figure(*a.Peak, a.Unit)
	}
	return strings.Join(append([]string{card}, a.Detail...), "\n")
}

// Everything goes up and down, and every poll has other figures: a budget is used up, a day is loud and then quiet, a device
// is silent for longer and longer.
func TestTheHeadlineSaysWhatTheFiguresSay(t *testing.T) {
	quiet := silence(monday.Add(20*hour), 30*hour)
	quiet.Devices = []string{sensors(2)[1].UID}
	r, slack := channelRig(t, flood(monday.Add(9*hour), 20*time.Minute), quiet)
	heads := map[string]bool{}
	for range 4 * 24 {
		r.run(r.now.Add(hour))
		r.requireOneVoice(slack)
		for _, m := range slack.Messages("C1") {
			heads[strings.SplitN(m.Text, "\n", 2)[0]] = true
		}
	}
	require.Len(t, slack.Messages("C1"), 3, "one for each rule")
	require.Greater(t, len(heads), 60, "the headlines went along")
	require.Equal(t, []string{"fired", "resolved"}, r.reasonsOf("ops", "silent-device"), "a webhook is not told of every headline")
}

func TestTheFirstPostAfterASilenceIsOfTheNewestFigures(t *testing.T) {
	r, slack := channelRig(t, flood(monday.Add(9*hour), 20*time.Minute))
	r.hush(muting.Match{}, 4*day)
	r.run(monday.Add(4*day - time.Minute))
	require.Empty(t, slack.Messages("C1"))
	r.run(monday.Add(4 * day))
	require.NotEmpty(t, slack.Messages("C1"))
	r.requireOneVoice(slack)
	for _, a := range r.taken("ops") {
		require.Contains(t, a.Summary, " "+words.Figure(*a.Value, a.Unit)+" ", a.Rule)
	}
}

func TestWhatPeopleDoTellsTheNewestFigures(t *testing.T) {
	r, slack := channelRig(t, flood(monday.Add(9*hour), 20*time.Minute))
	r.run(monday.Add(30 * hour))
	for _, change := range []func(*bot.Bot, context.Context, rules.Alert, string) (bool, error){(*bot.Bot).Acknowledge, (*bot.Bot).Unacknowledge} {
		r.run(r.now.Add(5 * hour))
		ok, err := change(r.bot, t.Context(), r.delivery("ops", "event-budget").Alert, "amy")
		require.NoError(t, err)
		require.True(t, ok)
		r.run(r.now.Add(time.Minute))
		r.requireOneVoice(slack)
		told := r.taken("ops")
		last := told[len(told)-1]
		require.Contains(t, last.Reason, "acknowledged")
		require.Contains(t, last.Summary, " "+words.Figure(*last.Value, last.Unit)+" ")
	}
}

// A poll that ends while somebody acknowledges an alert keeps what it measured.
func TestAnAcknowledgementKeepsTheValuesOfAPollMeanwhile(t *testing.T) {
	r, slack := channelRig(t, flood(monday.Add(9*hour), 20*time.Minute))
	r.run(monday.Add(30 * hour))
	before := r.delivery("ops", "event-budget").Alert
	slow, polled := r.config.Bot, false
	slow.Clock.Now = func() time.Time {
		if !polled {
			polled = true
			r.run(r.now.Add(hour))
		}
		return r.clock()
	}
	slow.Store = r.store
	ok, err := bot.New(slow).Acknowledge(t.Context(), before, "amy")
	require.NoError(t, err)
	require.True(t, ok)
	a := r.delivery("ops", "event-budget").Alert
	require.Equal(t, rules.Ack{By: "amy", At: r.now}, a.Ack)
	require.Greater(t, a.Value, before.Value)
	require.True(t, a.AsOf.After(before.AsOf))
	r.run(r.now.Add(time.Minute))
	r.requireOneVoice(slack)
}

// Late values of the day before raise the peak of a quiet alert, whose messages lead with it.
func TestTheHeadlineOfAQuietAlertFollowsItsPeak(t *testing.T) {
	device := []string{sensors(2)[1].UID}
	upload := func(from time.Time, delay time.Duration) notehubtest.Incident {
		return notehubtest.Incident{Kind: notehubtest.ExtraBytes, Devices: device, Start: from, Duration: hour, Bytes: 2e6, Delay: delay}
	}
	spec := rules.Spec{Name: "upload", Each: rules.EachProject, When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.today > mb(1)"}}, Show: "bytes.today"}
	r := newRig(t, 2, []notehubtest.Incident{upload(monday.Add(10*hour), 0), upload(monday.Add(12*hour), 15*hour)}, spec)
	r.hourly()
	r.run(monday.Add(26 * hour))
	quiet := r.delivery("ops", "upload").Alert
	require.NotZero(t, quiet.QuietSince)
	r.run(monday.Add(30 * hour))
	late := r.delivery("ops", "upload").Alert
	require.Greater(t, late.Peak, 1.5*quiet.Peak)
	require.Empty(t, contradiction(inWords(late)))
	require.NotNil(t, late.Texts.Contributors)
	require.Equal(t, quiet.Texts.Contributors, late.Texts.Contributors, "what is said of the newest event stays")
	r.hush(muting.Match{}, day)
	r.run(monday.Add(31 * hour))
	told := r.taken("ops")
	require.Empty(t, contradiction(cardOf(told[len(told)-1].Alert)))
}
