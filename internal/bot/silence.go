package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules/muting"
)

// ErrOver is the error of an action on an alert that has ended.
var ErrOver = errors.New("the alert has ended")

// NewSilenceID returns an unused identifier of a silence, short enough to type.
func NewSilenceID() string { return "s-" + strings.ToLower(rand.Text()[:8]) }

// Silence stores a silence and wakes the loop that applies it. A silence without an end lasts until the alert that it names ends. The error
// is ErrOver if it has ended already.
func (b *Bot) Silence(ctx context.Context, s muting.Silence) error {
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

// ErrConflict means that another decision was stored meanwhile: read again, and decide again.
var ErrConflict = store.ErrConflict

// Silences returns the silences that have not ended, and the state of all silences, for SilenceAll.
func (b *Bot) Silences(ctx context.Context) (silences []muting.Silence, seen int64, err error) {
	return b.store.Silences(ctx, b.clock.Now())
}

// SilenceAll stores silences that were decided when seen was the state of all silences; it returns [ErrConflict] if that has changed. It
// leaves out silences of alerts that have ended, and returns those that it made.
func (b *Bot) SilenceAll(ctx context.Context, silences []muting.Silence, seen int64) (made []muting.Silence, err error) {
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

// Unsilence ends a silence and wakes the loop that updates its alerts. by is the person. ok is false if there is no such silence, or if it
// has ended.
func (b *Bot) Unsilence(ctx context.Context, id, by string) (ok bool, err error) {
	if ok, err = b.store.EndSilence(ctx, id, by, b.clock.Now()); ok {
		b.wake(work.Mute)
	}
	return ok, err
}
