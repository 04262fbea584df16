package commands

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapp"
	"notewatch/internal/store"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// typeable matches what an answer shows to be typed.
var typeable = regexp.MustCompile("`/notewatch ([^`]*)`")

// Whatever help prints to be typed can be typed as it stands, and is answered.
func TestEveryLineOfHelpCanBeTyped(t *testing.T) {
	d := newAskDesk(t, usualScene())
	questions := []string{"", "help"}
	for _, w := range commands() {
		questions = append(questions, "help "+w.name)
	}
	typed := map[string]bool{}
	for _, question := range questions {
		for _, found := range typeable.FindAllStringSubmatch(d.ask(question), -1) {
			text := found[1]
			d.ask(text)
			typed[strings.Fields(text)[0]] = true
			d.run(d.now.Add(time.Minute)) // what is said of one is carried out before the next
		}
	}
	for _, w := range commands() {
		require.True(t, typed[w.name], "help shows no line for %s", w.name)
	}
}

// What is shown with a refusal can be typed as well.
func TestEveryRefusalShowsWhatCanBeTyped(t *testing.T) {
	d := newAskDesk(t, usualScene())
	d.ask("silence device hourly-sensor-2 for 2h because it is not used")
	for _, w := range commands() {
		found := typeable.FindAllStringSubmatch(d.refused(w.name+` "no such thing" "nor this"`), -1)
		require.NotEmpty(t, found, w.name)
		for _, text := range found {
			d.ask(text[1])
		}
	}
}

// The words of a conversation, as people read it.
func TestConversation(t *testing.T) {
	s := usualScene()
	s.prices = lookup.Prices{}
	d := newAskDesk(t, s)
	var said strings.Builder
	for _, text := range []string{
		"", "usage", "usage device hourly-sensor-1", "usage fleet pilot 7d", "usage HOURLY-SENSOR-2 today", "top 3 events 30d", "top 2 cold-chain",
		"alerts", "alerts hourly-sensor-2", "alerts fleet hourly sensor", "status", "silences", "refresh", "refresh",
		"usage hourly-sensor-99", "usage hourly-sensor", "top sessions", "stat", "ack 0",
	} {
		said.WriteString("> /notewatch " + text + "\n" + d.steady(d.from(teamRoom, text).Text) + "\n\n")
	}
	golden(t, "conversation.golden.txt", said.String())
}

// steady is an answer with the identifiers of alerts and silences, which are drawn by lot, replaced.
func (d *askDesk) steady(text string) string {
	open, err := d.store.Alerts(d.t.Context(), store.AlertFilter{})
	require.NoError(d.t, err)
	for _, a := range open {
		text = strings.ReplaceAll(text, a.ID, "ALERT-OF-"+a.Rule)
	}
	return regexp.MustCompile(`s-[a-z0-9]{8}\b`).ReplaceAllString(text, "SILENCE")
}

// golden compares got with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o700))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "go test ./internal/slackapp -update writes it anew")
}

// spike returns the open alert of the rule event-spike.
func (d *askDesk) spike() rules.Alert {
	d.t.Helper()
	open, err := d.store.Alerts(d.t.Context(), store.AlertFilter{Match: muting.Match{Rule: "event-spike"}, Open: true})
	require.NoError(d.t, err)
	require.Len(d.t, open, 1)
	return open[0]
}

func TestAnAlertIsTakenOnAndGivenBack(t *testing.T) {
	d := newAskDesk(t, usualScene())
	a := d.spike()
	require.Contains(t, d.ask("unack "+a.ID), "was not acknowledged")
	require.Contains(t, d.ask("ack "+strings.ToUpper(a.ID[:4])), "You acknowledged", "the beginning of an ID will do")
	require.Equal(t, "amy (U0AMY)", d.spike().Ack.By)
	require.Contains(t, d.ask("ack "+a.ID), "You already acknowledged")
	require.Contains(t, d.ask("alerts"), "acknowledged 0 s ago by amy")
	bob := d.answerer.Command(t.Context(), slackapp.Command{Person: slackapp.Person{ID: "U0BOB"}, Channel: teamRoom, Text: "ack " + a.ID})
	require.Contains(t, bob.Text, ", replacing amy.")
	require.Contains(t, d.ask("unack "+a.ID), "Removed the acknowledgement")
	require.Empty(t, d.spike().Ack)
}

func TestWhatIsSilencedIsNotToldUntilThatEnds(t *testing.T) {
	d := newAskDesk(t, usualScene())
	answer := d.ask("silence rule event-spike project cold-chain for 2h because gateway is being moved")
	require.Contains(t, answer, "It matches 1 open alert now.")
	d.run(d.now.Add(time.Minute))
	require.Equal(t, rules.Mute{Kind: rules.BySilence, Until: d.spike().Mute.Until, By: "amy (U0AMY)", Because: "gateway is being moved"},
		d.spike().Mute)
	require.Contains(t, d.ask("silences"), "by amy: gateway is being moved")
	require.Contains(t, d.ask("alerts"), "by amy: gateway is being moved")

	found := regexp.MustCompile("unsilence (s-[a-z0-9]+)").FindStringSubmatch(answer)
	require.NotNil(t, found)
	require.Contains(t, d.ask("unsilence "+found[1]), "Silence ended")
	d.run(d.now.Add(time.Minute))
	require.Empty(t, d.spike().Mute)
	require.Contains(t, d.refused("unsilence "+found[1]), "already ended at Mon 15 Jun 12:")
}

// An ID is what it is whatever a telephone makes of its first letter, and its beginning will do.
func TestIDsAreReadLoosely(t *testing.T) {
	d := newAskDesk(t, usualScene())
	first := d.ask("silence rule event-spike project cold-chain for 2h because x")
	second := d.ask("silence rule event-budget project cold-chain for 2h because x")
	id := func(answer string) string { return regexp.MustCompile("s-[a-z0-9]+").FindString(answer) }
	require.Contains(t, d.refused("unsilence S-"), "Several silences begin with \"s-\": `"+min(id(first), id(second))+"`")
	require.Contains(t, d.ask("unsilence S–"+id(first)[2:]), "rule event-spike")
	require.Contains(t, d.ask("unsilence S-"), "rule event-budget", "the only one that is left")
	require.Contains(t, d.refused("unsilence S-"), `Unknown silence "s-".`)

	alert := strings.ToUpper(d.spike().ID[:4])
	for _, text := range []string{"ack " + alert, "unack " + alert, "explain " + alert, "silence " + alert + " until over because x"} {
		d.ask(text)
	}
}

func TestADeviceIsSilencedWhateverSlackMakesOfItsName(t *testing.T) {
	d := newAskDesk(t, usualScene())
	require.Contains(t, d.ask("silence device “hourly–sensor–1” until “2026–06–16 14:00” because it's on the bench"), "It matches 2 open alerts now.")
	silences, _, err := d.store.Silences(t.Context(), d.now)
	require.NoError(t, err)
	require.Len(t, silences, 1)
	require.Equal(t, muting.Match{Project: coldChainUID, Subject: fleetOf(1, notehubtest.HourlySensor)[0].UID}, silences[0].Match)
	require.Equal(t, time.Date(2026, 6, 16, 14, 0, 0, 0, time.UTC), silences[0].End.UTC())
	require.Equal(t, "it's on the bench", silences[0].Because)
}

func TestAnAlertIsSilencedUntilItIsOver(t *testing.T) {
	d := newAskDesk(t, usualScene())
	a := d.spike()
	require.Contains(t, d.ask("silence "+a.ID+" until over because we know"), "until the alert ends")
	require.Contains(t, d.ask("silences"), "until the alert ends, by amy: we know")
	d.run(midday.AddDate(0, 0, 2))
	require.Contains(t, d.ask("silences"), "No active silences and no mute windows.")
	require.Contains(t, d.refused("silence "+a.ID+" until over because we know"), "has ended. There is nothing to silence")
	require.Contains(t, d.refused("ack "+a.ID), "is resolved. Only firing alerts")
	require.Contains(t, d.ask("explain "+a.ID), "` ended Wed")
}

func TestEverythingIsSilencedOnlyBySayingSo(t *testing.T) {
	d := newAskDesk(t, usualScene())
	d.allow.Change = []string{teamRoom}
	require.Contains(t, d.refused("silence for 2h because of the fair"), "or everything")
	require.Contains(t, d.ask("silence everything for 2h because of the fair"), "*Silenced* everything until")
}

func TestAnswersAreForThePersonUnlessTheyAreShared(t *testing.T) {
	d := newAskDesk(t, usualScene())
	require.False(t, d.from(teamRoom, "top 3").Public)
	shared := d.from(teamRoom, "top 3 share")
	require.True(t, shared.Public)
	require.Contains(t, shared.Text, "asked by amy")
	require.False(t, d.from(teamRoom, "top 3000 share").Public, "nobody else needs to see a mistake")
}

// By default anybody may look, and whoever writes in a channel that is told of an alert may change what is told of it.
func TestChangesAreForThoseWhoAreTold(t *testing.T) {
	d := newAskDesk(t, usualScene())
	a := d.spike()
	d.ask("silence rule event-budget project cold-chain for 2h because it is known")
	silences, _, err := d.store.Silences(t.Context(), d.now)
	require.NoError(t, err)
	changes := []string{
		"ack " + a.ID, "unack " + a.ID, "unsilence " + silences[0].ID, "refresh",
		"silence " + a.ID + " for 2h because x", "silence rule event-spike project cold-chain for 2h because x",
		"silence device hourly-sensor-1 for 2h because x", "silence project cold-chain for 2h because x",
	}
	for _, text := range changes {
		refused := d.from(otherRoom, text)
		require.True(t, refused.Failed, text)
		require.Contains(t, refused.Text, "<#"+teamRoom+">", text)
	}
	for _, text := range []string{"", "usage", "top", "alerts", "status", "silences", "explain " + a.ID} {
		require.False(t, d.from(otherRoom, text).Failed, text)
	}
	after, _, err := d.store.Silences(t.Context(), d.now)
	require.NoError(t, err)
	require.Equal(t, silences, after)
	require.Empty(t, d.spike().Ack)
	require.Contains(t, d.refused("silence project lab for 2h because x"), "No Slack channel is notified of this")
	for _, text := range []string{"silence everything for 2h because x", "silence rule event-spike for 2h because x"} {
		require.Contains(t, d.refused(text), "No Slack channel is notified of everything this would silence", "the alerts of lab are told elsewhere")
	}

	d.allow = Allow{Look: []string{teamRoom}, Change: []string{"U0AMY"}}
	require.True(t, d.from(otherRoom, "usage").Failed)
	d.ask("silence project lab for 2h because x")
}

// A rule that judges projects never says anything of a device, so that it does not matter whom it tells.
func TestDevicesAreSilencedWhereverProjectsAreTold(t *testing.T) {
	d := newAskDesk(t, usualScene())
	require.Equal(t, rules.EachProject, d.bot.Config().Rules[2].Spec.Each)
	d.bot.Config().Rules[2].Notify = []string{"log"} // which is not in Slack
	answer := d.ask("silence device hourly-sensor-1 for 2h because x")
	d.ask("unsilence " + regexp.MustCompile("s-[a-z0-9]+").FindString(answer))
	require.Contains(t, d.refused("silence project cold-chain for 2h because x"), "No Slack channel is notified of everything this would silence")

	// By its name, as at the terminal, a project can be silenced as the subject of its alerts.
	s := muting.Silence{
		ID: bot.NewSilenceID(), Match: muting.Match{Project: coldChainUID, Subject: "cold-chain"},
		Start: d.now, End: d.now.Add(time.Hour), By: "cem", Because: "x",
	}
	require.NoError(t, d.bot.Silence(t.Context(), s))
	require.Contains(t, d.refused("unsilence "+s.ID), "No Slack channel is notified of everything this would silence")
}

func TestMistakesAreNamed(t *testing.T) {
	d := newAskDesk(t, usualScene())
	for text, want := range map[string]string{
		"usages":                    `Unknown command "usages". Did you mean usage?`,
		strings.Repeat("x", 10_240): "That is 10,240 characters long; a command has at most 1,000.",
		"hourly-sensor-3":           "For a device, say what you want to know, such as usage hourly-sensor-3.",
		"alerts 7d":                 "alerts shows the current state and takes no time span such as 7d.",
		"alerts cold-chain Week":    "alerts shows the current state and takes no time span such as Week.",
		`alerts "7d"`:               `Unknown project, fleet or device "7d".`,
		`usage "hourly`:             `The quote before "hourly" is not closed.`,
		"usage hourly-sensor-111":   `Did you mean "hourly-sensor-11"?`,
		"usage device cold-chain":   `Unknown device "cold-chain".`,
		"usage x because y":         "usage takes no reason (because …).",
		"status now":                `status takes no arguments, got "now".`,
		"top sessions":              "No rule uses sessions, so notewatch does not fetch them.",
		"explain event-spik x":      `Unknown rule "event-spik". Did you mean event-spike?`,
		"explain event-spike":       "is evaluated per device. Add a device name after it.",
		"explain lively-project":    "is evaluated per project. Add a project name after it.",
		"explain event-spike lab":   `Unknown device "lab".`,
		"alerts nowhere":            `Unknown project, fleet or device "nowhere".`,
		"ack":                       "Which alert?",
		"ack a b":                   `One alert at a time, not "a b".`,
		"silence hourly-sensor-1 for 2h because x":                    "To silence the device with that name, put device before it.",
		"silence project lab device hourly-sensor-1 for 2h because x": `Device "hourly-sensor-1" belongs to project "cold-chain", not to the one you named.`,
		"help usag":     `Unknown command "usag". Did you mean usage?`,
		"unsilence s-1": `Unknown silence "s-1".`,
	} {
		require.Contains(t, d.refused(text), want, text)
	}
}

// A device whose name holds a word of the grammar is the one that is explained, not one that is called like the rest of it.
func TestExplanationsAreOfTheDeviceThatIsNamed(t *testing.T) {
	s := usualScene()
	s.coldChain[1].Name, s.coldChain[2].Name = "pump", "pump device"
	d := newAskDesk(t, s)
	require.Contains(t, d.ask("explain event-spike pump device"), s.coldChain[2].UID+"|pump device>")
	require.Contains(t, d.ask("explain rule event-spike device pump device"), s.coldChain[2].UID+"|pump device>")
	require.Contains(t, d.ask("explain rule event-spike device pump"), s.coldChain[1].UID+"|pump>")
}

// A device that was deleted is answered for as long as something is known of it.
func TestDevicesThatAreGone(t *testing.T) {
	s := usualScene()
	gone := &s.coldChain[4]
	gone.Removed = midday.Add(-2 * time.Hour)
	d := newAskDesk(t, s)
	answer := d.ask("usage " + gone.UID)
	require.Contains(t, answer, "No longer listed in Notehub.")
	require.Contains(t, answer, "*events*")
	require.Contains(t, d.refused("explain event-spike "+gone.UID), "no longer exists")
	require.Contains(t, d.refused("usage device "+gone.UID+"0"), "Unknown device")
}

func TestNothingIsReadAndNothingIsThere(t *testing.T) {
	d := newAskDesk(t, scene{})
	require.Contains(t, d.ask(""), "*No alert is firing*")
	require.Contains(t, d.ask("usage"), "no rule uses it")
	require.Contains(t, d.refused("top"), "Nothing to rank by")
	require.Contains(t, d.refused("top cost"), "No prices are set")
	require.Contains(t, d.ask("alerts"), "No open alerts.")
	require.Contains(t, d.ask("help ack"), "There is nothing to use it on right now.")
	for _, found := range typeable.FindAllStringSubmatch(d.ask("help"), -1) {
		d.ask(found[1])
	}
}

func TestWindowsOfTheRulesFileAreListed(t *testing.T) {
	s := usualScene()
	s.windows = []muting.Window{
		{Match: muting.Match{Project: "lab"}, Days: []time.Weekday{time.Monday}, Because: "no shift"},
		{Match: muting.Match{Rule: "event-spike"}, From: 22 * time.Hour, To: 6 * time.Hour, Because: "night"},
	}
	answer := newAskDesk(t, s).ask("silences")
	require.Contains(t, answer, "until Tue 16 Jun 00:00 UTC, by the rules file: no shift")
	require.Contains(t, answer, "rule event-spike from Mon 15 Jun 22:00 UTC, by the rules file: night")
}

// What is silenced is named by what has just the UID or the name, and not by what is like it: that may be another.
func TestWhatIsSilencedIsNamedOnlyIfThatIsSure(t *testing.T) {
	s := usualScene()
	s.coldChain[3].Name = s.coldChain[2].Name
	d := newAskDesk(t, s)
	d.allow.Change = []string{teamRoom}
	first, twin := s.coldChain[5], s.coldChain[2]
	link := "https://notehub.io/project/" + coldChainUID + "/devices/"
	for want, m := range map[string]muting.Match{
		"project " + linkTo(notify.Named{Name: "lab", URL: "https://notehub.io/project/" + labUID}) + " until": {Project: labUID},
		"device " + linkTo(notify.Named{Name: first.Name, URL: link + first.UID}) + " until":                   {Subject: first.UID},
		"project cold-chain · device " + first.Name + " until":                                                 {Project: "cold-chain", Subject: first.Name},
		"project lab-2 until":            {Project: "lab-2"},
		"device sensor-1 until":          {Subject: "sensor-1"},
		"device HOURLY-SENSOR-2 until":   {Subject: "HOURLY-SENSOR-2"},
		"device " + twin.Name + " until": {Subject: twin.Name},
	} {
		silence := muting.Silence{ID: bot.NewSilenceID(), Match: m, Start: d.now, End: d.now.Add(time.Hour), By: "cem", Because: "maintenance"}
		require.NoError(t, d.bot.Silence(t.Context(), silence))
		require.Contains(t, d.ask("silences"), want)
		require.Contains(t, d.ask("unsilence "+silence.ID), strings.TrimSuffix(want, " until")+".")
	}
}

// Of very many silences and windows some are listed, and the others counted.
func TestSilencesAreListedAsFarAsThereIsRoom(t *testing.T) {
	s := usualScene()
	for range maxSilences + 1 {
		s.windows = append(s.windows, muting.Window{Match: muting.Match{Project: "lab"}, Days: []time.Weekday{time.Monday}, Because: "no shift"})
	}
	d := newAskDesk(t, s)
	for range maxSilences + 2 {
		require.NoError(t, d.bot.Silence(t.Context(), muting.Silence{
			ID: bot.NewSilenceID(), Match: muting.Match{Rule: "event-spike"}, Start: d.now, End: d.now.Add(time.Hour), By: "cem", Because: "maintenance",
		}))
	}
	r := d.from(teamRoom, "silences")
	requireSlack(t, r)
	var lines []string
	for _, block := range r.Blocks {
		lines = append(lines, strings.Split(strings.Join(textsIn(block), "\n"), "\n")...)
	}
	require.Equal(t, "*32 silences*, 31 mute windows in the rules file", lines[0])
	require.Len(t, lines, 1+maxSilences+1+maxSilences+1)
	require.Equal(t, "and 2 more silences", lines[1+maxSilences])
	require.Equal(t, "and 1 more window", lines[len(lines)-1])
}

// hostile are names with which a device could try to be more than a name.
var hostile = []string{
	"<!channel> & <@U1>", "`code` ```fence```", "*bold* _it_ ~no~", "\u202edrawkcab", "😀👩‍🚀", "مستشعر", "a\"b", "share", "today",
	"<https://evil.example|x>", strings.Repeat("&", 200), "{device}", "1", "project",
}

// Names are shown as they are: nobody is pinged, nothing becomes a link, and what help prints of them can be typed.
func TestNamesAreNamesWhateverTheyAre(t *testing.T) {
	s := usualScene()
	for i, name := range hostile {
		s.coldChain[i%len(s.coldChain)].Name = name
		if (i+1)%len(s.coldChain) != 0 && i+1 != len(hostile) {
			continue
		}
		scene := s
		scene.coldChain = slices.Clone(s.coldChain)
		t.Run(name, func(t *testing.T) {
			d := newAskDesk(t, scene)
			uid := scene.coldChain[0].UID
			for _, text := range []string{"usage " + uid, "top 50", "alerts", "help", "usage dev:", "silence device " + uid + " for 2h because " + name, "silences"} {
				r := d.from(teamRoom, text)
				requireSlack(t, r)
				require.NotRegexp(t, "<!|<@|<https://evil|\u202e", r.Text)
			}
			for _, found := range typeable.FindAllStringSubmatch(d.ask("help")+d.ask("help usage"), -1) {
				d.ask(found[1])
			}
		})
	}
}

// requireSlack checks that Slack takes an answer: its limits are those of its documentation, or what was seen of it.
func requireSlack(t *testing.T, r slackapp.Reply) {
	t.Helper()
	require.NotEmpty(t, r.Text)
	require.LessOrEqual(t, utf8.RuneCountInString(r.Text), slackapp.MaxText)
	require.NotEmpty(t, r.Blocks)
	require.LessOrEqual(t, len(r.Blocks), slackapp.MaxBlocks)
	total := 0
	for _, block := range r.Blocks {
		for _, text := range textsIn(block) {
			require.NotEmpty(t, text)
			require.LessOrEqual(t, utf8.RuneCountInString(text), 3000)
			total += utf8.RuneCountInString(text)
		}
	}
	require.LessOrEqual(t, total, 12_000)
}

// textsIn returns the texts of a block.
func textsIn(block slack.Block) (texts []string) {
	switch b := block.(type) {
	case *slack.SectionBlock:
		return []string{b.Text.Text}
	case *slack.ContextBlock:
		for _, e := range b.ContextElements.Elements {
			texts = append(texts, e.(*slack.TextBlockObject).Text)
		}
	}
	return texts
}
