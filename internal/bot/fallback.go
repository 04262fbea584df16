package bot

import (
	"context"
	"fmt"
	"slices"

	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

// receiverDead is the name of the rule of alerts that say that a receiver cannot be told.
const receiverDead = "receiver-dead"

// standIn gives a receiver what those cannot be told whose fallback it is.
func (b *Bot) standIn(ctx context.Context, lease store.Lease, r Receiver) error {
	for _, other := range b.Receivers {
		if other.Fallback != r.Name {
			continue
		}
		n, err := b.Store.FallBack(ctx, lease, other.Name, b.Clock.Now().Add(-fallBackAfter))
		if err != nil {
			return err
		}
		if n > 0 {
			b.Log.Warn("telling a fallback", "receiver", r.Name, "instead_of", other.Name, "alerts", n)
		}
	}
	return nil
}

// giveUp gives up all that waits for a receiver which will take nothing until somebody mends it.
func (b *Bot) giveUp(ctx context.Context, lease store.Lease, r Receiver, failure *notify.Error) error {
	if err := b.Store.GiveUp(ctx, lease, failure.Error()); err != nil {
		return err
	}
	return b.callForHelp(ctx, r, failure)
}

// despair calls for help when something has been tried in vain for long.
func (b *Bot) despair(ctx context.Context, r Receiver, failure *notify.Error) error {
	waiting, err := b.Store.Undelivered(ctx, r.Name)
	if err != nil {
		return err
	}
	since := b.Clock.Now().Add(-fallBackAfter)
	late := func(d store.Delivery) bool { return d.Alert.ChangedAt.Before(since) }
	if !slices.ContainsFunc(waiting, late) {
		return nil
	}
	return b.callForHelp(ctx, r, failure)
}

// callForHelp tells others that a receiver cannot be told, and has its fallback told in its place.
func (b *Bot) callForHelp(ctx context.Context, r Receiver, failure *notify.Error) error {
	told := slices.DeleteFunc(slices.Clone(b.Operators), func(name string) bool { return name == r.Name })
	advice := "Mend its settings and reload; what it missed is sent then. `notewatch history` shows what was tried."
	if r.Fallback != "" {
		told = []string{r.Fallback}
		advice = "Its alerts come here until it is back. " + advice
	}
	err := b.Complain(ctx, Complaint{
		Rule: receiverDead, Subject: r.Name, Level: rules.Critical, Receivers: told,
		Summary: fmt.Sprintf("%s cannot be told: %s", r.Name, failure), Advice: advice,
	})
	if err != nil || r.Fallback == "" {
		return err
	}
	if err := b.Store.Raise(ctx, store.Receiver, r.Fallback, b.Clock.Now()); err != nil {
		return err
	}
	b.wakeReceivers()
	return nil
}

// recovered takes back the call for help, and has tried again what was given up.
func (b *Bot) recovered(ctx context.Context, r Receiver) error {
	over, err := b.Resolve(ctx, receiverDead, r.Name)
	if err != nil || !over {
		return err
	}
	return b.Store.Revive(ctx, r.Name, b.Clock.Now())
}
