package bot

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/fetch"
	"notewatch/notehub"
	"notewatch/rules"
)

// The size of a page of the device list and of an answer about usage are those that the request plan assumes.
var (
	_ [notehub.MaxPageSize]struct{} = [budget.PageSize]struct{}{}
	_ [notehub.MaxLimit]struct{}    = [budget.MaxRows]struct{}{}
)

// PollInterval returns the time between two polls of a project of the account: Interval, or longer if the requests of all its projects do not
// fit into the budget. A project without a stored device list counts as one with few devices.
func (b *Bot) PollInterval(account Account) time.Duration {
	var loads []budget.Load
	for _, uid := range b.ProjectsOf(account.Name) {
		loads = append(loads, b.load(uid))
	}
	return budget.Interval(b.interval, account.PerMinute, append(loads, budget.LoadOfAccount(Kinds(b.rules))))
}

// every returns the time between two polls of a project; 0 if its account is not configured.
func (b *Bot) every(p Project) time.Duration {
	at := slices.IndexFunc(b.accounts, func(a Account) bool { return a.Name == p.Account })
	if at < 0 {
		return 0
	}
	return b.PollInterval(b.accounts[at])
}

// ProjectsOf returns the UIDs of the projects of an account.
func (b *Bot) ProjectsOf(account string) []string {
	var uids []string
	for _, p := range b.projects {
		if p.Account == account {
			uids = append(uids, p.UID)
		}
	}
	return uids
}

// Kinds returns the numbers of kinds of answers that polls request for these rules.
func Kinds(all []Rule) (kinds budget.Kinds) {
	kinds.Usage, kinds.Routes = fetch.Requests(readsOf(all).Figures)
	if slices.ContainsFunc(all, func(r Rule) bool { return r.Spec.Each == rules.EachRoute }) {
		kinds.Routes++ // the list
	}
	objects := readsOf(all).Objects
	kinds.Organization, kinds.Balance = objects.Read("org."), objects.Read("org.days_left")
	return kinds
}

// load returns the number of requests that the polls of a project take.
func (b *Bot) load(uid string) budget.Load {
	devices, _ := b.devices.Load(uid)
	n, _ := devices.(int)
	return budget.LoadOf(n, Kinds(b.rules))
}

// countDevices reads the numbers of listed devices of the projects from the store.
func (b *Bot) countDevices(ctx context.Context) error {
	for _, p := range b.projects {
		devices, _, err := b.store.Usage.DeviceCount(ctx, p.UID)
		if err != nil {
			return err
		}
		b.devices.Store(p.UID, devices)
	}
	return nil
}

// recountTime is the age from which the count of devices is read again. Device lists are read as often.
const recountTime = time.Hour

// recount reads the numbers of listed devices again if they are old: other processes read device lists too, and the interval between polls
// depends on all of them.
func (b *Bot) recount(ctx context.Context, now time.Time) error {
	counted := b.counted.Swap(now.UnixMilli())
	if age := now.Sub(time.UnixMilli(counted)); age >= 0 && age < recountTime {
		b.counted.Store(counted)
		return nil
	}
	return b.countDevices(ctx)
}

// logIntervals logs how often the projects of each account are polled.
func (b *Bot) logIntervals() {
	for _, a := range b.accounts {
		facts := []any{"account", a.Name, "projects", len(b.ProjectsOf(a.Name)), "requests_per_minute", a.PerMinute, "interval", b.PollInterval(a)}
		if b.PollInterval(a) > b.interval {
			b.log.Warn("polling less often: the projects of an account do not fit into its request budget", append(facts, "wanted", b.interval)...)
		} else {
			b.log.Info("polling the projects of an account", facts...)
		}
	}
}

// listDue reports whether the device list of a project, last read at listedAt, is due.
func (b *Bot) listDue(account, uid string, listedAt, now time.Time) bool {
	return budget.ListDue(listedAt, now, slices.Index(b.ProjectsOf(account), uid))
}
