package bot

import (
	"context"

	"notewatch/internal/store"
	"notewatch/rules"
)

// Envs returns what an expression sees of a subject as a poll would gather it, and as an explanation does.
func (b *Bot) Envs(ctx context.Context, p Project, state store.Project, subject string) (polled, alone *rules.Env, err error) {
	now := b.clock.Now().UTC()
	whole, err := b.look(ctx, p, state, now)
	if err != nil {
		return nil, nil, err
	}
	wants := b.reads.Members
	if !whole.Readable() {
		wants = rules.Wants{}
	}
	scope := rules.EachDevice
	if subject == "" {
		scope = rules.EachProject
	}
	for _, block := range whole.Blocks(scope) {
		data, err := whole.Read(ctx, whole.Reader(wants), block)
		if err != nil {
			return nil, nil, err
		}
		for i := range data.Size() {
			if data.Subject(i) == subject {
				polled = new(rules.Env)
				data.See(polled, i)
			}
		}
	}
	one, err := b.lookAt(ctx, p, subject, now, b.periodOf(p.UID), true)
	if err != nil {
		return nil, nil, err
	}
	return polled, one.Env, nil
}

// HistoryStart is Bot.historyStart.
func (b *Bot) HistoryStart(project string, today rules.Day) rules.Day {
	return b.historyStart(project, today)
}
