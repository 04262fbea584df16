package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// Rule names of reports.
const (
	weeklySummary = "weekly-summary"
	watching      = "watching"
)

const (
	summaryHour = 8 // on Mondays, UTC
	topSize     = 10
	tooOften    = 20 // times a week
	neverFor    = 90 * 24 * time.Hour
)

// NextSummary returns the first Monday at 08:00 UTC after now.
func NextSummary(now time.Time) time.Time {
	year, month, day := now.UTC().Date()
	next := time.Date(year, month, day, summaryHour, 0, 0, 0, time.UTC)
	for next.Weekday() != time.Monday || !next.After(now) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}

// Summarize sends the default receivers the usage of the week, and the rules that may need a change.
func (b *Bot) Summarize(ctx context.Context, lease work.Lease) error {
	now := b.clock.Now().UTC()
	if coming, err := b.polling(ctx, now); err != nil || coming {
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
	return b.store.Work.Complete(ctx, lease, now, NextSummary(now), 0)
}

// polling reports whether a poll of a project is due soon, for example after a time without a running process.
func (b *Bot) polling(ctx context.Context, now time.Time) (bool, error) {
	for _, a := range b.accounts {
		for _, uid := range b.ProjectsOf(a.Name) {
			state, err := b.store.Project(ctx, uid)
			if err != nil || state.Failures == 0 && now.Sub(state.PolledAt) > 2*b.PollInterval(a) {
				return err == nil, err
			}
		}
	}
	return false, nil
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
		if err := b.summarize(ctx, &text, p, now); err != nil {
			return "", err
		}
	}
	err := b.summarizeRules(ctx, &text, now)
	return text.String(), err
}

// summarize writes the usage of one project.
func (b *Bot) summarize(ctx context.Context, text *strings.Builder, p Project, now time.Time) error {
	state, err := b.store.Project(ctx, p.UID)
	if err != nil {
		return err
	}
	if state.PolledAt.IsZero() {
		_, _ = fmt.Fprintf(text, "%s: not polled yet; %s\n", p.Name, cmp.Or(state.Failure, "no error recorded"))
		return nil
	}
	state.Failures = 0 // old data is better than none; the text says its age
	d, err := b.look(ctx, p, state, now)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(text, "%s: %d devices, %d silent for more than %.0f hours; last polled %s ago\n",
		p.Name, d.Counts.Enabled, d.Counts.Silent, env.SilentAfter.Hours(), words.Duration(now.Sub(state.PolledAt)))
	wants := rules.Wants{}
	for _, figure := range b.reads.Figures {
		wants[figure] = rules.MembersOf("used", "d7", "forecast")
	}
	project, err := d.Read(ctx, d.Reader(wants), env.Block{})
	if err != nil {
		return err
	}
	var total rules.Env
	project.See(&total, 0)
	for i, figure := range b.reads.Figures {
		used := *total.Metric(figure)
		b.summarizeFigure(text, d, figure, used)
		if i > 0 {
			continue
		}
		if err := b.top(ctx, text, d, figure, used.Used); err != nil {
			return err
		}
	}
	return nil
}

// summarizeFigure writes the value of a figure for the last seven complete days and for this period, and the forecast for the end of the
// period.
func (b *Bot) summarizeFigure(text *strings.Builder, d *env.ProjectData, figure rules.Figure, m rules.Metric) {
	unit := figure.Unit()
	_, _ = fmt.Fprintf(text, "  %s: %s in the week, %s %s, forecast %s at its end\n", figure,
		words.Figure(m.D7, unit), words.Figure(m.Used, unit), b.thisPeriod(d), words.Figure(m.Forecast, unit))
}

// thisPeriod returns the current period in words, such as "this month".
func (b *Bot) thisPeriod(d *env.ProjectData) string {
	return d.Spec().When("events.used", d.Today).Now
}

// A deviceUse is a device with its value of a figure in this period.
type deviceUse struct {
	name string
	used float64
}

// top writes the devices with the highest values of a figure in this period, with their shares of total.
func (b *Bot) top(ctx context.Context, text *strings.Builder, d *env.ProjectData, figure rules.Figure, total float64) error {
	most, err := most(ctx, d, figure)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(text, "    most %s:\n", b.thisPeriod(d))
	for i, device := range most {
		share := ""
		if total > 0 {
			share = fmt.Sprintf(" (%.0f %%)", 100*device.used/total)
		}
		_, _ = fmt.Fprintf(text, "    %d. %s %s%s\n", i+1, device.name, words.Figure(device.used, figure.Unit()), share)
	}
	return nil
}

// most returns the topSize devices with the highest values of a figure in this period, the highest first. Devices without usage are left
// out.
func most(ctx context.Context, d *env.ProjectData, figure rules.Figure) (most []deviceUse, err error) {
	reader := d.Reader(rules.Wants{figure: rules.MembersOf("used")})
	for _, block := range d.Blocks(rules.EachDevice) {
		data, err := d.Read(ctx, reader, block)
		if err != nil {
			return nil, err
		}
		var e rules.Env
		for i, device := range data.Devices {
			data.Fill(&e, i)
			if used := e.Metric(figure).Used; used > 0 {
				most = append(most, deviceUse{device.Name, used})
			}
		}
		slices.SortStableFunc(most, func(a, b deviceUse) int { return cmp.Compare(b.used, a.used) })
		most = most[:min(topSize, len(most))]
	}
	return most, nil
}

// summarizeRules writes which rules fired, which fired too often, and which never.
func (b *Bot) summarizeRules(ctx context.Context, text *strings.Builder, now time.Time) error {
	week, err := b.store.Fired(ctx, now.AddDate(0, 0, -7))
	if err != nil {
		return err
	}
	ever, err := b.store.Fired(ctx, now.Add(-neverFor))
	if err != nil {
		return err
	}
	began, err := b.evaluatedSince(ctx)
	if err != nil {
		return err
	}
	var fired, often, never, waiting []string
	recent := map[rules.Day][]string{} // rules that have not fired since they were first evaluated, by that day
	for _, r := range b.rules {
		name := r.Spec.Name
		switch count := week[name]; {
		case count > tooOften:
			often = append(often, fmt.Sprintf("%s (%d)", name, count))
			fallthrough
		case count > 0:
			fired = append(fired, fmt.Sprintf("%s %d", name, count))
		case ever[name] > 0:
		case began[name].IsZero():
			waiting = append(waiting, name)
		case now.Sub(began[name]) < neverFor:
			day := rules.DayOf(began[name])
			recent[day] = append(recent[day], name)
		default:
			never = append(never, name)
		}
	}
	line := func(before string, all []string) {
		if len(all) > 0 {
			_, _ = fmt.Fprintf(text, "%s%s\n", before, strings.Join(all, ", "))
		}
	}
	line("Fired this week: ", fired)
	line("Fired more than 20 times this week; consider a longer for, a higher limit or resolve_when: ", often)
	line("Not fired in 90 days; test them with notewatch drill: ", never)
	for _, day := range slices.Sorted(maps.Keys(recent)) {
		line("Not fired since notewatch began to evaluate them on "+day.Start().Format("Mon 2 Jan")+"; test them with notewatch drill: ", recent[day])
	}
	line("Not evaluated yet: ", waiting)
	return nil
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

// greet sends the default receivers one report of what is watched, as soon as every project has been polled. Each process checks that,
// because the process that polled the last project may have died before it could.
func (b *Bot) greet(ctx context.Context) error {
	if len(b.defaultReceivers) == 0 || b.greeted.Load() {
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
	b.greeted.Store(err == nil)
	return err
}
