package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// A SelfAlert describes an alert about a problem of notewatch itself, such as an unreachable receiver. It is sent and resolved like any other alert.
type SelfAlert struct {
	Rule      string // rule name of the alert
	Subject   string // identifier of the subject
	Name      string // name of the subject; "" means Subject
	Level     rules.Level
	Summary   string
	Advice    string
	Body      string   // several lines; may be ""
	Receivers []string // names
}

// RaiseSelfAlert raises an alert about notewatch itself, unless it is already open with the same content.
func (b *Bot) RaiseSelfAlert(ctx context.Context, c SelfAlert) error {
	texts := rules.Texts{Subject: cmp.Or(c.Name, c.Subject), Summary: c.Summary, Advice: c.Advice, Body: c.Body}
	return b.Raise(ctx, rules.Key{Rule: c.Rule, Subject: c.Subject}, c.Level, c.Receivers, texts)
}

// Raise raises an alert about notewatch itself, unless it is already open with the same content.
func (b *Bot) Raise(ctx context.Context, key rules.Key, level rules.Level, receivers []string, texts rules.Texts) error {
	_, err := b.updateAlert(ctx, key, receivers, func(a rules.Alert) (rules.Alert, rules.Event) {
		return a.Raise(level, texts, b.clock.Now())
	})
	return err
}

// Resolve ends an alert about notewatch itself and reports whether it was open.
func (b *Bot) Resolve(ctx context.Context, rule, subject string) (wasOpen bool, err error) {
	return b.updateAlert(ctx, rules.Key{Rule: rule, Subject: subject}, nil, func(a rules.Alert) (rules.Alert, rules.Event) {
		return a.Resolve(b.clock.Now())
	})
}

// ResolveAll ends all alerts about notewatch itself of a rule.
func (b *Bot) ResolveAll(ctx context.Context, rule string) error {
	open, err := b.selfAlerts(ctx, rule)
	if err != nil {
		return err
	}
	for _, a := range open {
		if _, err := b.Resolve(ctx, rule, a.Subject); err != nil {
			return err
		}
	}
	return nil
}

// Withdraw withdraws the alerts of a rule whose subjects are not in there, with a reason.
func (b *Bot) Withdraw(ctx context.Context, rule string, there []string, why string) error {
	open, err := b.selfAlerts(ctx, rule)
	if err != nil {
		return err
	}
	for _, a := range open {
		if slices.Contains(there, a.Subject) {
			continue
		}
		_, err := b.updateAlert(ctx, a.Key(), nil, func(a rules.Alert) (rules.Alert, rules.Event) { return a.Withdraw(why, b.clock.Now()) })
		if err != nil {
			return err
		}
	}
	return nil
}

// selfAlerts returns the open alerts about notewatch itself of a rule.
func (b *Bot) selfAlerts(ctx context.Context, rule string) ([]rules.Alert, error) {
	open, err := b.store.OpenAlerts(ctx, "")
	others := func(a rules.Alert) bool { return a.Rule != rule || a.Drill }
	return slices.DeleteFunc(open, others), err
}

// WithdrawSelfAlerts withdraws the alerts about rules and accounts that no longer exist.
func (b *Bot) WithdrawSelfAlerts(ctx context.Context) error {
	if err := b.dropBroken(ctx); err != nil {
		return err
	}
	return b.dropAccounts(ctx)
}

// updateAlert applies change to the open alert of a key, or to a new alert without a project if there is none. It reports whether anything
// changed. An open alert keeps its mute.
func (b *Bot) updateAlert(ctx context.Context, key rules.Key, receivers []string, change func(rules.Alert) (rules.Alert, rules.Event)) (bool, error) {
	for {
		changed, err := b.updateAlertOnce(ctx, key, receivers, change)
		if !errors.Is(err, store.ErrConflict) {
			return changed, err
		}
	}
}

// updateAlertOnce is updateAlert that returns store.ErrConflict if another decision was stored meanwhile.
func (b *Bot) updateAlertOnce(ctx context.Context, key rules.Key, receivers []string, change func(rules.Alert) (rules.Alert, rules.Event)) (bool, error) {
	before, err := b.open(ctx, key)
	if err != nil {
		return false, err
	}
	after, event := change(before)
	if event == rules.None {
		return false, nil
	}
	mutes, seq, err := b.mutes(ctx, store.Project{}, b.clock.Now())
	if err != nil {
		return false, err
	}
	if event == rules.Fired {
		mutes.Firing = func(string, string, string) bool { return false }
		after.Mute = mutes.Of(after, b.clock.Now())
	}
	d := store.Decision{
		Show: map[string][]string{after.ID: receivers}, Fallbacks: b.fallbacks, Silences: seq, Now: b.clock.Now(),
		Mute: after.Drill && after.Open() || key.Rule == accountFailing, // Mute ends the drill later; an account mutes other alerts
	}
	if before.State != "" && after.Texts == before.Texts {
		d.Versions = []*rules.Alert{&after}
	} else {
		d.Alerts = []*rules.Alert{&after}
	}
	err = b.store.Decide(ctx, d)
	if err == nil {
		b.wake(work.Receiver)
		b.wake(work.Mute)
	}
	return err == nil, err
}

// open returns the open alert of a key, or the inactive one.
func (b *Bot) open(ctx context.Context, key rules.Key) (rules.Alert, error) {
	a, ok, err := b.store.OpenAlert(ctx, key.Rule, key.Project, key.Subject)
	if !ok || a.Key() != key {
		return key.Inactive(), err
	}
	return a, nil
}
