// Package reload tells when files change that people edit while notewatch runs. It looks at what is in them, again and
// again: so it sees through editors that write a new file and rename it and through mounted directories whose links are
// swapped, on any file system, and a file that is only touched has not changed.
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
	known  map[string]content // by path: what the caller knows
	latest map[string]content // at the last look
}

// A content is the hash of what is in a file. The zero value is that of a file that is not there or cannot be read.
type content [sha256.Size]byte

// New returns a watcher that takes what is in the files now for known. Made before the files are first read, it misses no
// change.
func New(paths ...string) *Watcher {
	w := &Watcher{}
	w.follow(paths)
	return w
}

// Watch looks at the files every so often until ctx is done, and calls changed when they have changed. paths tells which
// files; it may tell others after a change.
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

// Changed looks at the files and reports whether what is in them is not what is known, which it is from then on. As
// somebody may be writing just now, what is new must be the same at two looks in a row. A file that goes away has changed,
// and again when it comes back; one that was not looked at before has not.
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

// follow forgets all files but these, and takes what is in new ones for known.
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

// maxRead is more than any file may have that is read as settings. What comes after is not looked at.
const maxRead = 2 << 20

func read(path string) content {
	text, err := smallfile.Read(path, maxRead)
	if err != nil && !errors.Is(err, smallfile.ErrTooLarge) {
		return content{}
	}
	return sha256.Sum256(text)
}
