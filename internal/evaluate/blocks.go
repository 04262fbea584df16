package evaluate

import (
	"context"
	"maps"

	"golang.org/x/sync/errgroup"

	"notewatch/internal/env"
	"notewatch/internal/store"
)

// inBlocks calls do for each block, several at once, with the data that a group reads and a part of the pass that collects the results of
// that block. The results become part of the pass in the order of the blocks, however many run at once.
func (p *Pass) inBlocks(ctx context.Context, g group, blocks []env.Block, do func(ctx context.Context, part *Pass, b *env.BlockData) error) error {
	all, wants := p.data.In(g.period), g.wants()
	parts := make([]*Pass, len(blocks))
	readers := make(chan *env.Reader, p.evaluator.workers)
	for range p.evaluator.workers {
		readers <- all.Reader(wants)
	}
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(p.evaluator.workers)
	for i, b := range blocks {
		workers.Go(func() error {
			reader := <-readers
			defer func() { readers <- reader }()
			data, err := all.Read(ctx, reader, b)
			if err != nil {
				return err
			}
			parts[i] = p.part()
			parts[i].data = all
			return do(ctx, parts[i], data)
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	for _, part := range parts {
		p.add(part)
	}
	return nil
}

// part returns a pass with the inputs of p and without results.
func (p *Pass) part() *Pass {
	part := *p
	part.Commit = store.Commit{Decision: store.Decision{Show: map[string][]string{}}}
	part.Counts = make(map[string]*Count, len(p.Counts))
	for name := range p.Counts {
		part.Counts[name] = new(Count)
	}
	return &part
}

// add adds the results of a part.
func (p *Pass) add(part *Pass) {
	p.Commit.Alerts = append(p.Commit.Alerts, part.Commit.Alerts...)
	p.Commit.States = append(p.Commit.States, part.Commit.States...)
	p.Commit.Dropped = append(p.Commit.Dropped, part.Commit.Dropped...)
	maps.Copy(p.Commit.Show, part.Commit.Show)
	for name, count := range part.Counts {
		p.Counts[name].add(count)
	}
}
