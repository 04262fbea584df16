package slackapp

import (
	"context"
	"sync"
	"time"
)

// A pool does jobs in order. It refuses jobs when its queue is full.
type pool struct {
	mu     sync.Mutex // guards closing
	closed bool
	jobs   chan func(context.Context)
}

func newPool(queue int) *pool { return &pool{jobs: make(chan func(context.Context), queue)} }

// submit queues a job, without waiting. It reports whether there was room.
func (p *pool) submit(job func(context.Context)) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	select {
	case p.jobs <- job:
		return true
	default:
		return false
	}
}

// close ends the pool. Queued jobs are still done.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	close(p.jobs)
}

// work does jobs until the pool is closed and empty. Several goroutines may call it.
func (p *pool) work(ctx context.Context) {
	for job := range p.jobs {
		job(ctx)
	}
}

// extendContext returns a context that is done a while after ctx is done.
func extendContext(ctx context.Context, while time.Duration) (context.Context, context.CancelFunc) {
	lingering, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(while, cancel) })
	return lingering, cancel
}
