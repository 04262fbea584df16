package reload

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"notewatch/internal/smallfile"
)

// A Watcher watches files. It is for one goroutine.
type Watcher struct {
	known  map[string]content // by path: content that the caller knows
	latest map[string]content // by path: content at the last check
}

// A content is the hash of the content of a file. The zero value is that of a file that does not exist or cannot be read.
type content [sha256.Size]byte

// New returns a watcher for which the present contents of the files are known. Create it before the files are first read; then it misses no
// change.
func New(paths ...string) *Watcher {
	w := &Watcher{}
	w.follow(paths)
	return w
}

// Watch checks the files at intervals of every until ctx is done, and calls changed when they have changed. paths returns the files; they
// may be others after a change.
func (w *Watcher) Watch(ctx context.Context, every time.Duration, paths func() []string, changed func()) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		w.follow(paths())
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if w.Changed(paths()...) {
			changed()
		}
	}
}

// Changed reports whether the content of the files differs from the known content, and makes it the known content. New content must be the
// same at two checks in a row, because a file may be half written. Removing a file is a change, and so is its return. A file that was not
// checked before has not changed.
func (w *Watcher) Changed(paths ...string) bool {
	w.follow(paths)
	now := make(map[string]content, len(paths))
	differs, quiet := false, true
	for _, path := range paths {
		is := read(path)
		before, looked := w.latest[path]
		differs = differs || is != w.known[path]
		quiet = quiet && looked && is == before
		now[path] = is
	}
	w.latest = now
	if !differs || !quiet {
		return false
	}
	w.known = now
	return true
}

// follow forgets all files except these. The present contents of new files become known.
func (w *Watcher) follow(paths []string) {
	known := make(map[string]content, len(paths))
	for _, path := range paths {
		is, ok := w.known[path]
		if !ok {
			is = read(path)
		}
		known[path] = is
	}
	w.known = known
}

// maxRead is larger than any settings file may be. What follows is not read.
const maxRead = 32 << 20

func read(path string) content {
	text, err := smallfile.Read(path, maxRead)
	if err != nil && !errors.Is(err, smallfile.ErrTooLarge) {
		return content{}
	}
	return sha256.Sum256(text)
}
