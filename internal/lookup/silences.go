package lookup

import (
	"context"
	"strings"
	"time"

	"notewatch/internal/spelling"
	"notewatch/rules/muting"
)

// KindSilence is the kind in errors about a silence.
const KindSilence Kind = "silence"

// Silences returns the silences that have not ended.
func (r *Reader) Silences(ctx context.Context) ([]muting.Silence, error) {
	silences, _, err := r.config.Store.Silences(ctx, r.config.Now())
	return silences, err
}

// Silence returns the silence of an ID, over or not, or the only one that is not over of which the ID begins with text, whatever
// the case. Its errors are *UnknownError, *AmbiguousIDError, and those of the store.
func (r *Reader) Silence(ctx context.Context, text string) (muting.Silence, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	all, _, err := r.config.Store.Silences(ctx, time.Unix(0, 0))
	if err != nil {
		return muting.Silence{}, err
	}
	var standing, ids []string
	var found muting.Silence
	for _, s := range all {
		switch {
		case s.ID == text:
			return s, nil
		case s.Over(r.config.Now()):
			continue
		}
		standing = append(standing, s.ID)
		if strings.HasPrefix(s.ID, text) {
			found, ids = s, append(ids, s.ID)
		}
	}
	switch {
	case text == "" || len(ids) == 0:
		return muting.Silence{}, &UnknownError{Text: text, Kinds: []Kind{KindSilence}, Nearest: spelling.Nearest(text, standing)}
	case len(ids) > 1:
		return muting.Silence{}, ambiguousID(KindSilence, text, ids)
	}
	return found, nil
}
