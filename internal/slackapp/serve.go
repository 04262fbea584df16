package slackapp

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"notewatch/internal/metrics"
)

const (
	workers    = 4  // requests that are handled at once
	queued     = 64 // requests in the queue
	answerTime = 25 * time.Second
	drainTime  = 10 * time.Second // for the queued requests when the App stops
)

// Answers when a request cannot be answered.
const (
	busyText     = "Too many requests right now. Try again in a minute."
	strangerText = "notewatch answers only members of its own Slack workspace."
	// SorryText is the answer if the reason is only in the log.
	SorryText = "Something went wrong. The notewatch log has details."
)

// take queues a request, once however often it comes. It does not wait. It reports false if it could not even queue that it
// is busy: the App has stopped, or has too much to refuse.
func (a *App) take(r request) bool {
	if !a.seen.first(r.id) {
		a.config.Metrics.Asked(r.kind, metrics.Repeated)
		a.config.Log.Info("ignoring a repeated request from Slack", "kind", string(r.kind))
		return true
	}
	if a.jobs.submit(func(ctx context.Context) { a.serve(ctx, r) }) {
		return true
	}
	a.config.Metrics.Asked(r.kind, metrics.Busy)
	a.config.Log.Warn("rejecting a request from Slack: the queue is full or notewatch is stopping", "kind", string(r.kind))
	return a.refusals.submit(func(ctx context.Context) { a.recoverPanics(r, func() { a.reply(ctx, r, Reply{Text: busyText}) }) })
}

// takenElsewhere reports whether another process has taken a request. If the store cannot say so, the request is answered: nothing can be
// changed then, and an answer may be what people need most.
func (a *App) takenElsewhere(ctx context.Context, r request) bool {
	if a.config.Take == nil {
		return false
	}
	first, err := a.config.Take(ctx, r.id)
	if err != nil {
		a.config.Log.Warn("noting a request of Slack", "kind", string(r.kind), "err", err)
		return false
	}
	return !first
}

// serve handles a request.
func (a *App) serve(ctx context.Context, r request) {
	if a.takenElsewhere(ctx, r) {
		a.config.Metrics.Asked(r.kind, metrics.Repeated)
		a.config.Log.Info("ignoring a repeated request from Slack; another process has it", "kind", string(r.kind))
		return
	}
	reply, told := Reply{Text: SorryText}, false
	known := a.recoverPanics(r, func() { reply = a.answer(ctx, r) })
	a.recoverPanics(r, func() { told = a.reply(ctx, r, reply) })
	outcome := metrics.Answered
	switch {
	case !known || !told:
		outcome = metrics.Unanswered
	case reply.Failed:
		outcome = metrics.Refused
	}
	a.config.Metrics.Asked(r.kind, outcome)
}

// answer returns the reply to a request.
func (a *App) answer(ctx context.Context, r request) Reply {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	err := a.workspace.check(ctx, r.team, r.enterprise)
	if err == nil {
		return r.handle(ctx)
	}
	a.config.Log.Warn("rejecting a request from Slack", "kind", string(r.kind), "err", err)
	if errors.Is(err, errStranger) {
		return Reply{Text: strangerText, Failed: true}
	}
	return Reply{Text: SorryText, Failed: true}
}

// recoverPanics calls do. If do panics, it logs the stack without the content of the request, and reports false.
func (a *App) recoverPanics(r request, do func()) (fine bool) {
	defer func() {
		if p := recover(); p != nil {
			cause := fmt.Sprintf("a %T", p)
			if broken, ok := p.(runtime.Error); ok {
				cause = broken.Error()
			}
			a.config.Log.Error("panic while answering Slack; this is a bug in notewatch", "kind", string(r.kind), "err", cause,
				"stack", string(debug.Stack()))
		}
	}()
	do()
	return true
}
