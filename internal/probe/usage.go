package probe

import (
	"context"
	"fmt"
	"time"

	"notewatch/internal/words"
	"notewatch/notehub"
)

const (
	askedDevices = 20 // devices whose usage is requested: those with the newest activity
	askedDays    = 8  // with today
	carrierDays  = 2  // the most days that cellular data is late, as notewatch assumes

	settled = 2 * time.Hour // after this time, the usage before the last activity of a device must be known
)

// readUsage compares the usage of the devices with the newest activity.
func (p *prober) readUsage(ctx context.Context) {
	query := notehub.UsageQuery{Start: today(p.Now()).AddDate(0, 0, 1-askedDays), Period: notehub.ByDay, Aggregate: notehub.PerDevice}
	for _, d := range p.devices {
		query.Devices = append(query.Devices, d.UID)
	}
	var newest newestDay
	ok, _ := p.ask(ctx, events, func() error {
		newest = newestDay{}
		_, err := p.Client.EventsUsage(ctx, p.report.Project, notehub.EventsQuery{UsageQuery: query, IncludeNotefiles: true}, func(row notehub.EventsRow) error {
			newest.add(row.Period, row.Total)
			return nil
		})
		return err
	})
	p.compareLag(events, "events", ok, newest, 0)
	ok, _ = p.ask(ctx, sessions, func() error {
		newest = newestDay{}
		_, err := p.Client.SessionsUsage(ctx, p.report.Project, notehub.SessionsQuery{UsageQuery: query}, func(row notehub.SessionsRow) error {
			newest.add(row.Period, row.Sessions)
			return nil
		})
		return err
	})
	p.compareLag(sessions, "sessions", ok, newest, 0)
	ok, _ = p.ask(ctx, data, func() error {
		newest = newestDay{}
		_, err := p.Client.DataUsage(ctx, p.report.Project, query, func(row notehub.DataRow) error {
			newest.add(row.Period, row.Total)
			return nil
		})
		return err
	})
	p.compareLag(data, "cellular data", ok, newest, carrierDays)
	if p.routes == 0 {
		return
	}
	query.Devices, query.Aggregate = nil, notehub.PerRoute
	_, _ = p.ask(ctx, routeLogs, func() error {
		_, err := p.Client.RouteLogsUsage(ctx, p.report.Project, notehub.RouteLogsQuery{UsageQuery: query}, func(notehub.RouteLogsRow) error { return nil })
		return err
	})
}

// A newestDay is the newest day in the rows of an answer.
type newestDay struct {
	used time.Time // the newest with usage; zero: none
	odd  time.Time // a period that is no UTC day; zero: none
}

func (n *newestDay) add(period time.Time, count notehub.Count) {
	if !period.Equal(today(period)) {
		n.odd = period
	}
	if count.N > 0 && period.After(n.used) {
		n.used = period
	}
}

// today returns the beginning of the UTC day of an instant.
func today(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// compareLag compares the newest day of usage with the newest activity of the devices. tolerated is the number of days that usage may be
// late.
func (p *prober) compareLag(about, what string, answered bool, newest newestDay, tolerated int) {
	if !answered || len(p.devices) == 0 {
		return
	}
	if !newest.odd.IsZero() {
		p.find(Problem, about, fmt.Sprintf("a row is for a period that begins at %s, which is no UTC day", newest.odd.UTC().Format(time.RFC3339)), "notewatch counts UTC days: it needs an update")
	}
	active := today(p.devices[0].LastActivity.Add(-settled))
	if active.Before(today(p.Now()).AddDate(0, 0, 1-askedDays)) {
		p.find(Note, "lag", "no device was active in the last week, so the delay of "+what+" is not known", "repeat the check when devices are active")
		return
	}
	if newest.used.IsZero() {
		p.find(Note, "lag", "no "+what+" in the last week, although devices were active", "that is right for devices that use none; else repeat the check tomorrow")
		return
	}
	late := int(active.Sub(newest.used) / (24 * time.Hour))
	text := fmt.Sprintf("the newest day with %s is %s; devices were active last on %s", what, day(newest.used), day(active))
	if late > tolerated {
		p.find(Problem, "lag", text, fmt.Sprintf("rules that read today see this %s late; see status.notehub.io, and repeat the check tomorrow", words.Count(late, "day")))
		return
	}
	p.find(OK, "lag", text, "")
}

func day(t time.Time) string { return t.UTC().Format("Mon 2 Jan") }
