package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// ErrOver is the error of an action on an alert that has ended.
var ErrOver = errors.New("the alert has ended")

// NewSilenceID returns an identifier that no silence has: short, to be typed.
func NewSilenceID() string { return "s-" + strings.ToLower(rand.Text()[:8]) }

// Silence stores a silence and has this bot apply it at once, if it runs. One without an end lasts until the alert that it
// names is over; ErrOver if it is already.
func (b *Bot) Silence(ctx context.Context, s rules.Silence) error {
	if s.Match.Alert != "" {
		open, err := b.store.IsOpen(ctx, s.Match.Alert)
		if err != nil {
			return err
		}
		if !open {
			return fmt.Errorf("silencing alert %q: %w", s.Match.Alert, ErrOver)
		}
	}
	if err := b.store.AddSilence(ctx, s, b.clock.Now()); err != nil {
		return err
	}
	b.wake(work.Mute)
	return nil
}

// ErrMoved means that something else was decided meanwhile: look again, and decide again.
var ErrMoved = store.ErrMoved

// Silences returns the silences that have not ended, and the state of all silences, for SilenceAll.
func (b *Bot) Silences(ctx context.Context) (silences []rules.Silence, seen int64, err error) {
	return b.store.Silences(ctx, b.clock.Now())
}

// SilenceAll is Silence for some that were decided upon when the state of all silences was seen; [ErrMoved] if that is another one now.
// It makes none of an alert that is over, and returns those that it made.
func (b *Bot) SilenceAll(ctx context.Context, silences []rules.Silence, seen int64) (made []rules.Silence, err error) {
	for _, s := range silences {
		open := true
		if s.Match.Alert != "" {
			if open, err = b.store.IsOpen(ctx, s.Match.Alert); err != nil {
				return nil, err
			}
		}
		if open {
			made = append(made, s)
		}
	}
	if len(made) == 0 {
		return nil, nil
	}
	if err := b.store.AddSilences(ctx, made, seen, b.clock.Now()); err != nil {
		return nil, err
	}
	b.wake(work.Mute)
	return made, nil
}

// Unsilence ends a silence and has this bot tell at once what still stands, if it runs. by is who ends it. ok is false if
// there is no silence of that ID that is not over.
func (b *Bot) Unsilence(ctx context.Context, id, by string) (ok bool, err error) {
	if ok, err = b.store.EndSilence(ctx, id, by, b.clock.Now()); ok {
		b.wake(work.Mute)
	}
	return ok, err
}
