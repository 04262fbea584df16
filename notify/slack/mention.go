package slack

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// mentionForm matches the allowed mentions: a user, a user group, the active members of the channel, all members.
var mentionForm = regexp.MustCompile(`^<(@[UW][A-Z0-9]{1,20}|!subteam\^S[A-Z0-9]{1,20}|!here|!channel)>$`)

// checkMentions returns the problems of the mentions by level.
func checkMentions(byLevel map[string]string) error {
	for _, level := range slices.Sorted(maps.Keys(byLevel)) {
		if notify.Severity(level) < notify.Severity("info") {
			return fmt.Errorf("the mention of level %q: levels are info, warning and critical", level)
		}
		if !mentionForm.MatchString(byLevel[level]) {
			return fmt.Errorf("the mention of level %s: it has to be <@U…>, <!subteam^S…>, <!here> or <!channel>", level)
		}
	}
	return nil
}

// mentions returns the mentions for the alerts that are firing, are not muted, and were not shown at their level.
func mentions(byLevel map[string]string, alerts []notify.Alert) string {
	var called []string
	for _, a := range notify.WorstFirst(alerts) {
		mention := byLevel[a.Level]
		if mention != "" && escalates(a) && a.Mute == "" && !slices.Contains(called, mention) {
			called = append(called, mention)
		}
	}
	return strings.Join(called, " ")
}

// escalates reports whether a is firing at a higher level than the one shown, or was not shown at all.
func escalates(a notify.Alert) bool {
	s := message.StatusOf(a)
	return s == message.Escalated || s == message.Firing && message.Unseen(a)
}
