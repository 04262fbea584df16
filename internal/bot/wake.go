package bot

import "notewatch/internal/store"

// A bell wakes a loop of Run before its time. It is kept for one that is at work. A nil bell never rings.
type bell chan struct{}

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// A waking names a loop of Run: the name is that of a receiver, or of the account of polls.
type waking struct {
	kind store.Kind
	name string
}

// bells are those of all loops that something here makes due.
func bells(config Config) map[waking]bell {
	all := map[waking]bell{{store.Mute, ""}: make(bell, 1)}
	for _, r := range config.Receivers {
		all[waking{store.Receiver, r.Name}] = make(bell, 1)
	}
	for _, a := range config.Accounts {
		all[waking{store.Poll, a.Name}] = make(bell, 1)
	}
	return all
}

// wakeAll wakes the loops that serve a kind of work.
func (b *Bot) wakeAll(kind store.Kind) {
	for loop, bell := range b.wake {
		if loop.kind == kind {
			bell.ring()
		}
	}
}

func (b *Bot) wakeReceivers() { b.wakeAll(store.Receiver) }
