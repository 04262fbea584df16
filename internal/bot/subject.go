package bot

import (
	"context"
	"time"

	"notewatch/internal/store"
	"notewatch/rules"
)

// lookAt gathers what the store knows of one subject as of now; of the other devices of the project only how many there are.
func (b *Bot) lookAt(ctx context.Context, p Project, subject string, now time.Time) (*fleet, error) {
	state, err := b.Store.Project(ctx, p.UID)
	if err != nil {
		return nil, err
	}
	f := &fleet{Bot: b, project: p, state: state, now: now, today: rules.DayOf(now), index: map[string]int{}}
	f.period = b.Period.Period(f.today, now)
	counts, err := b.Store.CountDevices(ctx, p.UID, silentAfter)
	if err != nil {
		return nil, err
	}
	f.listedAt, f.counts = counts.ListedAt, countsOf(p, counts)
	if subject != "" {
		device, listed, err := b.Store.Device(ctx, p.UID, subject)
		if err != nil {
			return nil, err
		}
		if !listed {
			return nil, &UnknownError{"device", subject}
		}
		f.devices, f.index[subject] = []store.Device{device}, 0
	}
	return f, f.sumUp(ctx, subject)
}

// sumUp sums up the days of one subject.
func (f *fleet) sumUp(ctx context.Context, subject string) error {
	first := f.historyStart(f.today)
	rows, err := f.Store.Usage(ctx, f.project.UID, []string{subject}, first, f.today)
	if err != nil {
		return err
	}
	f.past = newLedger(f.Period, first, f.today, []string{subject}, rows)
	f.current = map[string]rules.Figures{subject: f.past.of(subject)[f.today-first]}
	f.closed = map[string]*[rules.FigureCount]rules.Closed{}
	for _, figure := range f.reads.Figures {
		closed := f.past.close(f.born(subject), subject, figure, f.today)
		f.put(store.Closed{Device: subject, Figure: figure, Closed: closed})
	}
	return nil
}
