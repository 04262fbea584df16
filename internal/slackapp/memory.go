package slackapp

import (
	"sync"
	"time"
)

// A memory remembers keys for a while. It holds a bounded number and forgets the oldest first.
type memory struct {
	now func() time.Time

	mu    sync.Mutex
	known map[string]bool
	queue []seenRequest // oldest first
}

type seenRequest struct {
	key string
	at  time.Time
}

const (
	// remembered is longer than a signed request can be repeated: a signature is valid for signatureWindow before and after its time.
	remembered = 2*signatureWindow + time.Minute
	// maxRemembered is 30 a second, more than Slack sends and the workers answer.
	maxRemembered = 20_000
)

func newMemory(now func() time.Time) *memory { return &memory{now: now, known: map[string]bool{}} }

// first reports whether key is new, and remembers it.
func (m *memory) first(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for len(m.queue) > 0 && (len(m.queue) >= maxRemembered || now.Sub(m.queue[0].at) > remembered) {
		delete(m.known, m.queue[0].key)
		m.queue = m.queue[1:]
	}
	if m.known[key] {
		return false
	}
	m.known[key] = true
	m.queue = append(m.queue, seenRequest{key, now})
	return true
}
