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
	figures := b.reads.Figures
	if !whole.Readable() {
		figures = nil
	}
	scope := rules.EachDevice
	if subject == "" {
		scope = rules.EachProject
	}
	for _, block := range whole.Blocks(scope) {
		data, err := whole.Read(ctx, whole.Reader(figures), block)
		if err != nil {
			return nil, nil, err
		}
		for i := range data.Size() {
			if data.Subject(i) == subject {
				polled = data.Env(i)
			}
		}
	}
	one, err := b.lookAt(ctx, p, subject, now, true)
	if err != nil {
		return nil, nil, err
	}
	return polled, one.Env, nil
}

// ClassOf is classOf.
var ClassOf = classOf
