package explain

import (
	"fmt"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Ending returns when the alert of an explained rule ends, or would end: "It ends when the period does, at Wed 1 Jul 00:00 UTC."
func Ending(e bot.Explanation) string {
	early := ""
	if e.Rule.Spec.ResolveWhen != "" {
		early = "when resolve_when is true and the condition is false"
	}
	switch quiet := e.Alert.QuietSince; {
	case e.Rule.Kind == rules.PeriodRule && early == "":
		return "It ends when the period does, at " + words.Time(e.Period.End) + orCorrected(e, "") + "."
	case e.Rule.Kind == rules.PeriodRule:
		return "It ends " + early + ", at the latest with the period, at " + words.Time(e.Period.End) + "."
	case early != "":
		return "It ends " + early + "."
	case !quiet.IsZero() && e.Now.Before(e.Alert.Resolves()):
		return fmt.Sprintf("It has been quiet since %s and ends at %s if it stays quiet.", words.Time(quiet), words.Time(e.Alert.Resolves()))
	case !quiet.IsZero():
		return fmt.Sprintf("It has been quiet since %s and ends once a complete day is known to be quiet.", words.Time(quiet))
	case e.Rule.Kind == rules.DayRule:
		const day = 24 * time.Hour
		earliest := e.Now.UTC().Truncate(day).Add(2 * day) // today is no such day: the condition was true on it
		return "It ends at 00:00 UTC after the first complete day on which the condition is false, " + earliest.Format("Mon 2 Jan") +
			" at the earliest" + orCorrected(e, " on the same day") + "."
	}
	if e.Rule.Keep > 0 {
		return "It ends when the condition has been false for " + words.Duration(e.Rule.Keep) + "."
	}
	return "It ends at the first poll that finds the condition false."
}

// orCorrected adds that the alert also ends when its values turn out to be wrong; it returns "" if it has no such values.
func orCorrected(e bot.Explanation, when string) string {
	if e.Alert.State == rules.Firing && len(e.Alert.Then.Values) == 0 {
		return ""
	}
	return ", or earlier if its values are corrected" + when
}
