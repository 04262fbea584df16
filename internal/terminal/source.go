package terminal

import (
	"fmt"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/status"
	"notewatch/internal/store/work"
	"notewatch/internal/words"
)

// printSource prints the time of the data, and why it may be old. polls are the projects of the answer if there is no data.
func printSource(s Screen, f lookup.Source, polls []status.Project, now time.Time) error {
	if f.AsOf.IsZero() {
		for _, p := range polls {
			if p.Polling || p.Behind != "" {
				return s.say(amber, "No data yet: "+words.Polling(p.Name, p.Behind, p.Wait)+".")
			}
		}
		if f.Failure != "" {
			return s.say(amber, words.Sentence("No data yet", f.Failure))
		}
		return s.say(amber, "Not polled yet: is notewatch run running?") // init may have read what is shown
	}
	if work.Ahead(f.AsOf, now) {
		return s.say(amber, "Data as of "+words.Time(f.AsOf)+", which is later than now: the clock was set back since. notewatch run polls at once.")
	}
	said, as := "Data as of "+words.Time(f.AsOf)+" ("+ago(now.Sub(f.AsOf))+")", dim
	if now.Sub(f.AsOf) > bot.StaleAfter {
		said, as = said+": is notewatch run running?", amber
	}
	if err := s.say(as, said); err != nil {
		return err
	}
	if f.Failures > 0 {
		if err := s.say(amber, words.Sentence(fmt.Sprintf("Polling failed %s since then", times(f.Failures)), f.Failure)); err != nil {
			return err
		}
	}
	if f.Truncated {
		return s.say(amber, "Notehub truncated an answer: some values may be missing.")
	}
	return nil
}
