package terminal

import (
	"cmp"
	"fmt"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/words"
)

// printSource says of when the figures are. polls are the projects that they are of, while there is no data.
func printSource(s Screen, f lookup.Source, polls []lookup.ProjectStatus, now time.Time) error {
	if f.AsOf.IsZero() {
		for _, p := range polls {
			if p.Polling || p.Behind != "" {
				return s.say(amber, "No data yet: "+bot.PollText(p.Name, p.Behind, p.Wait)+".")
			}
		}
		return s.say(amber, words.Sentence("Nothing has been read yet", cmp.Or(f.Failure, "does notewatch run?")))
	}
	if f.AsOf.Sub(now) > store.ClockTolerance {
		return s.say(amber, "Data as of "+words.Time(f.AsOf)+", which is later than now: the clock was set back since. notewatch run polls at once.")
	}
	said, as := "Figures as of "+words.Time(f.AsOf)+", "+ago(now.Sub(f.AsOf)), dim
	if now.Sub(f.AsOf) > bot.StaleAfter {
		said, as = said+": does notewatch run?", amber
	}
	if err := s.say(as, said); err != nil {
		return err
	}
	if f.Failures > 0 {
		if err := s.say(amber, words.Sentence(fmt.Sprintf("Reading Notehub has failed %s since then", times(f.Failures)), f.Failure)); err != nil {
			return err
		}
	}
	if f.Truncated {
		return s.say(amber, "Notehub cut an answer short: some figures may be missing.")
	}
	return nil
}
