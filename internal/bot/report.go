package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/internal/weekly"
	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// Rule names of reports.
const (
	weeklySummary = "weekly-summary"
	watching      = "watching"
)

// Summarize sends the default receivers the usage of the week, and the rules that may need a change.
func (b *Bot) Summarize(ctx context.Context, lease work.Lease) error {
	now := b.clock.Now().UTC()
	if behind, err := b.schedule.Behind(ctx, now); err != nil || behind {
		return errors.Join(err, b.store.Work.Complete(ctx, lease, now, now.Add(time.Minute), 0))
	}
	if b.config.Summary && len(b.defaultReceivers) > 0 {
		body, err := b.summary(ctx, now)
		if err != nil {
			return err
		}
		week := rules.DayOf(now.AddDate(0, 0, -7))
		name := "week from " + week.Start().Format("Mon 2 Jan")
		texts := rules.Texts{Subject: name, Summary: "Usage in the " + name, Body: body}
		if err := b.Report(ctx, rules.Key{Rule: weeklySummary, Subject: week.String()}, b.defaultReceivers, texts); err != nil {
			return err
		}
	}
	return b.store.Work.Complete(ctx, lease, now, weekly.Next(now), 0)
}

// Report sends a report to receivers, unless this process or another one has done so.
func (b *Bot) Report(ctx context.Context, key rules.Key, receivers []string, texts rules.Texts) error {
	for {
		before, err := b.store.Alerts(ctx, store.AlertFilter{Match: muting.Match{Rule: key.Rule, Subject: key.Subject}, Limit: 1})
		if err != nil || len(before) > 0 {
			return err
		}
		_, err = b.updateAlertOnce(ctx, key, receivers, func(rules.Alert) (rules.Alert, rules.Event) {
			return key.Report(texts, b.clock.Now()), rules.Reported
		})
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

// summary returns the text of a weekly summary.
func (b *Bot) summary(ctx context.Context, now time.Time) (string, error) {
	var text strings.Builder
	for _, p := range b.projects {
		usage, err := b.summarize(ctx, p, now)
		if err != nil {
			return "", err
		}
		text.WriteString(usage)
	}
	fired, err := b.summarizeRules(ctx, now)
	return text.String() + fired, err
}

// summarize returns the usage of one project.
func (b *Bot) summarize(ctx context.Context, p Project, now time.Time) (string, error) {
	state, err := b.store.Project(ctx, p.UID)
	if err != nil {
		return "", err
	}
	if state.PolledAt.IsZero() {
		return fmt.Sprintf("%s: not polled yet; %s\n", p.Name, cmp.Or(state.Failure, "no error recorded")), nil
	}
	state.Failures = 0 // old data is better than none; the text says its age
	d, err := b.look(ctx, p, state, now)
	if err != nil {
		return "", err
	}
	return weekly.Usage(ctx, d, b.reads.Figures, now)
}

// summarizeRules returns which rules fired, which fired too often, and which never.
func (b *Bot) summarizeRules(ctx context.Context, now time.Time) (string, error) {
	week, err := b.store.Fired(ctx, now.AddDate(0, 0, -7))
	if err != nil {
		return "", err
	}
	ever, err := b.store.Fired(ctx, now.Add(-weekly.NeverFor))
	if err != nil {
		return "", err
	}
	since, err := b.evaluatedSince(ctx)
	if err != nil {
		return "", err
	}
	all := make([]weekly.Rule, len(b.rules))
	for i, r := range b.rules {
		name := r.Spec.Name
		all[i] = weekly.Rule{Name: name, Week: week[name], Ever: ever[name], Since: since[name]}
	}
	return weekly.Rules(all, now), nil
}

// evaluatedSince returns since when each rule is evaluated with its present meaning, by name: of the project where that is longest.
func (b *Bot) evaluatedSince(ctx context.Context) (map[string]time.Time, error) {
	since := map[string]time.Time{}
	for _, p := range b.projects {
		meanings, err := b.store.Meanings(ctx, p.UID)
		if err != nil {
			return nil, err
		}
		for rule, m := range meanings {
			if at, known := since[rule]; !known || m.Since.Before(at) {
				since[rule] = m.Since
			}
		}
	}
	return since, nil
}

// reportStart sends the default receivers one report of what is watched, as soon as every project has been polled. Each process checks that,
// because the process that polled the last project may have died before it could.
func (b *Bot) reportStart(ctx context.Context) error {
	if len(b.defaultReceivers) == 0 || b.startReported.Load() {
		return nil
	}
	devices := 0
	for _, p := range b.projects {
		state, err := b.store.Project(ctx, p.UID)
		if err != nil || state.PolledAt.IsZero() {
			return err
		}
		listed, _, err := b.store.Usage.DeviceCount(ctx, p.UID)
		if err != nil {
			return err
		}
		devices += listed
	}
	err := b.Report(ctx, rules.Key{Rule: watching}, b.defaultReceivers, rules.Texts{
		Subject: "notewatch",
		Summary: fmt.Sprintf("notewatch is watching %s, %s, %s", words.Count(len(b.projects), "project"), words.Count(devices, "device"), words.Count(len(b.rules), "rule")),
	})
	b.startReported.Store(err == nil)
	return err
}
