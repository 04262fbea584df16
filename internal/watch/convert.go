package watch

import (
	"context"

	"notewatch/internal/store/database"
)

// convertRest converts the data that an older version has stored, and retries after an error, until ctx is done.
func (w *Watch) convertRest(ctx context.Context) {
	for {
		err := w.Bot.Convert(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if !database.Unavailable(err) { // watchOutages reports those
			w.log.Error("bringing the database up to date", "err", err)
		}
		w.sleep(ctx, idleTime)
	}
}
