package evaluate

import (
	"context"
	"maps"

	"golang.org/x/sync/errgroup"

	"notewatch/internal/env"
	"notewatch/internal/store"
)

// inBlocks calls do for each block, several at once, with the data that a group reads and a part of the turn that collects the results of
// that block. The results become part of the turn in the order of the blocks, however many run at once.
func (t *Turn) inBlocks(ctx context.Context, g group, blocks []env.Block, do func(ctx context.Context, part *Turn, b *env.BlockData) error) error {
	all, wants := t.data.In(g.period), g.wants()
	parts := make([]*Turn, len(blocks))
	readers := make(chan *env.Reader, t.evaluator.workers)
	for range t.evaluator.workers {
		readers <- all.Reader(wants)
	}
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(t.evaluator.workers)
	for i, b := range blocks {
		workers.Go(func() error {
			reader := <-readers
			defer func() { readers <- reader }()
			data, err := all.Read(ctx, reader, b)
			if err != nil {
				return err
			}
			parts[i] = t.part()
			parts[i].data = all
			return do(ctx, parts[i], data)
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	for _, part := range parts {
		t.add(part)
	}
	return nil
}

// part returns a turn with the inputs of t and without results.
func (t *Turn) part() *Turn {
	part := *t
	part.Commit = store.Commit{Decision: store.Decision{Show: map[string][]string{}}}
	part.Trials = make(map[string]*Trial, len(t.Trials))
	for name := range t.Trials {
		part.Trials[name] = new(Trial)
	}
	return &part
}

// add adds the results of a part.
func (t *Turn) add(part *Turn) {
	t.Commit.Alerts = append(t.Commit.Alerts, part.Commit.Alerts...)
	t.Commit.States = append(t.Commit.States, part.Commit.States...)
	t.Commit.Dropped = append(t.Commit.Dropped, part.Commit.Dropped...)
	maps.Copy(t.Commit.Show, part.Commit.Show)
	for name, tried := range part.Trials {
		t.Trials[name].add(tried)
	}
}
