package commands

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp"
	"notewatch/internal/words"
	notifyslack "notewatch/notify/slack"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// A snooze is a requested silence, with the firing alerts that it is for.
type snooze struct {
	muting.Silence
	alerts []rules.Alert
}

// silenceTolerance is how much longer than an existing silence a new one must last: a second request for an hour means the same hour.
const silenceTolerance = 5 * time.Minute

// snooze silences the firing alerts. If a silence was made or ended meanwhile, it starts again, so that two presses have one effect.
func (q *pressed) snooze(ctx context.Context, length notifyslack.Snooze) (slackapp.Reply, error) {
	for {
		reply, err := q.snoozeOnce(ctx, length)
		if !errors.Is(err, bot.ErrConflict) {
			return reply, err
		}
		if err := q.look(ctx); err != nil {
			return slackapp.Reply{}, err
		}
	}
}

func (q *pressed) snoozeOnce(ctx context.Context, length notifyslack.Snooze) (slackapp.Reply, error) {
	wanted, err := q.wanted(length)
	if err != nil {
		return slackapp.Reply{}, err
	}
	silences, seen, err := q.bot.Silences(ctx)
	if err != nil {
		return slackapp.Reply{}, err
	}
	standing := muting.Sources{Silences: silences}
	fresh := slices.DeleteFunc(wanted, func(s snooze) bool { return s.alreadySilenced(standing) })
	if len(fresh) == 0 {
		return slackapp.Reply{}, q.alreadySilencedText(standing)
	}
	if err := q.maySilence(ctx, fresh); err != nil {
		return slackapp.Reply{}, err
	}
	asked := make([]muting.Silence, len(fresh))
	for i, s := range fresh {
		asked[i] = s.Silence
	}
	made, err := q.bot.SilenceAll(ctx, asked, seen)
	if err != nil {
		return slackapp.Reply{}, err
	}
	if len(made) == 0 {
		return slackapp.Reply{}, refusalError("All alerts of this message have ended.")
	}
	isMade := func(s snooze) bool {
		return slices.ContainsFunc(made, func(m muting.Silence) bool { return m.ID == s.ID })
	}
	return q.snoozedText(slices.DeleteFunc(fresh, func(s snooze) bool { return !isMade(s) })), nil
}

// wanted returns the requested silences: one for each alert, or one for each rule of a project if there are many alerts.
func (q *pressed) wanted(length notifyslack.Snooze) ([]snooze, error) {
	firing := q.firing()
	firing = slices.DeleteFunc(firing, func(a rules.Alert) bool { return a.Drill })
	many := len(firing) > notifyslack.MaxSnoozeOver
	switch {
	case len(q.firing()) == 0:
		return nil, q.over()
	case len(firing) == 0:
		return nil, refusalError("A drill cannot be silenced. It ends by itself.")
	case many && length == notifyslack.SnoozeOver:
		return nil, refusalError("Too many alerts to snooze each one until it ends. Choose an hour or a day.")
	}
	var all []snooze
	for _, a := range firing {
		match := muting.Match{Alert: a.ID}
		if many && a.Project != "" {
			match = muting.Match{Rule: a.Rule, Project: a.Project}
		}
		at := slices.IndexFunc(all, func(s snooze) bool { return s.Match == match })
		if at < 0 {
			at, all = len(all), append(all, snooze{Silence: q.silence(match, length)})
		}
		all[at].alerts = append(all[at].alerts, a)
	}
	return all, nil
}

// maySilence returns an error unless the person may make the silences of whole rules, because these concern more than the message.
func (q *pressed) maySilence(ctx context.Context, all []snooze) error {
	typed := q.answerer.question(slackapp.Command{Person: q.asked.Person, Channel: q.asked.Channel})
	for _, s := range all {
		if s.Match.Rule == "" {
			continue
		}
		err := typed.mayChangeAlerts(ctx, s.Match)
		if denied, ok := errors.AsType[refusalError](err); ok {
			return "So many alerts can only be snoozed by silencing all of rule " + refusalError(name(s.Match.Rule)) + ". " + denied
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// silence returns a silence of the given length. SnoozeOver has no end, so it lasts until the alert ends. An end at the end of the period
// would be too early: the alert would be sent again before the poll that closes it.
func (q *pressed) silence(match muting.Match, length notifyslack.Snooze) muting.Silence {
	now := q.bot.Config().Clock.Now()
	s := muting.Silence{ID: bot.NewSilenceID(), Match: match, Start: now, By: q.asked.Person.String(), Because: "snoozed in Slack"}
	switch length {
	case notifyslack.SnoozeHour:
		s.End = now.Add(time.Hour)
	case notifyslack.SnoozeDay:
		s.End = now.Add(24 * time.Hour)
	}
	return s
}

// alreadySilenced reports whether each alert of s is already silenced for about as long.
func (s snooze) alreadySilenced(standing muting.Sources) bool {
	return !slices.ContainsFunc(s.alerts, func(a rules.Alert) bool {
		mute := standing.Of(a, s.Start)
		longer := s.End.IsZero() || mute.Until.Before(s.End.Add(-silenceTolerance))
		return mute.Kind == rules.ByNothing || !mute.Until.IsZero() && longer
	})
}

// alreadySilencedText returns the refusal that the alerts are already silenced.
func (q *pressed) alreadySilencedText(standing muting.Sources) refusalError {
	if len(q.alerts) > 1 {
		return "All firing alerts of this message are already silenced for that long."
	}
	mute := standing.Of(q.alerts[0], q.bot.Config().Clock.Now())
	return refusalError("Already " + slackapi.Mrkdwn(deliver.MuteText(mute), maxSaid) + ".")
}

// snoozedText returns what the message does not show: that a rule was silenced, or that something else mutes the alert.
func (q *pressed) snoozedText(made []snooze) slackapp.Reply {
	const named = 5
	first := made[0]
	if first.Match.Alert != "" {
		if mute := first.alerts[0].Mute; len(q.alerts) == 1 && first.stillMuted(mute) {
			return slackapp.Reply{Text: "Snoozed. The alert is also " + slackapi.Mrkdwn(deliver.MuteText(mute), maxSaid) + "."}
		}
		return slackapp.Reply{}
	}
	var what []string
	for _, s := range made[:min(len(made), named)] {
		told := s.alerts[0]
		what = append(what, "all of rule *"+name(told.Rule)+"* in "+name(told.Texts.Project))
	}
	if more := len(made) - named; more > 0 {
		what = append(what, words.Count(more, "more rule"))
	}
	return slackapp.Reply{Text: "Too many alerts to snooze one by one. Silenced " + strings.Join(what, ", ") + ", until " + words.Time(first.End) +
		". To see it: `" + q.answerer.config.Command() + " silences`. To end it: `" + q.answerer.config.Command() + " unsilence`."}
}

// stillMuted reports whether the message continues to show another mute of the alert.
func (s snooze) stillMuted(mute rules.Mute) bool {
	switch mute.Kind {
	case rules.ByNothing, rules.BySilence: // s outlasts it, otherwise s would not have been made
		return false
	case rules.ByWindow:
		return mute.Until.IsZero() || mute.Until.After(s.End) && !s.End.IsZero()
	}
	return true
}
