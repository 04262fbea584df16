package config

import (
	"fmt"
	"slices"
	"time"

	"notewatch/rules"
	"notewatch/rules/catalogue"
	"notewatch/rules/muting"
)

// hours reads when a receiver is notified of what is new.
func (v value) hours() *muting.Window {
	known := len(v.problems)
	var w muting.Window
	v.keys(schedule(&w)...)
	v.together("from", "to")
	if len(v.problems) > known {
		return nil
	}
	if until, open := w.Open(time.Unix(0, 0)); open && until.IsZero() {
		v.report("never end", "want days, or from and to, that leave out some of the week, or remove hours")
	}
	v.checkMidnight(w)
	return &w
}

// hoursCode is the code of the warning that no receiver of a rule is notified for some of the week.
const hoursCode = "hours"

// checkHours warns of rules with a critical level whose receivers are all outside their hours for some of the week. The built-in rule is not
// checked: what it notifies is what the others do.
func (d *decoder) checkHours() {
	for i, r := range d.file.Rules {
		draft := d.drafts[i]
		if r.Rule == nil || draft.Shadow || r.Highest < rules.Critical || draft.Name == catalogue.WatcherBlind || slices.Contains(draft.Accept, hoursCode) {
			continue
		}
		if r.Notify != nil {
			draft.fields["notify"].warnOfGap(r.Notify)
			continue
		}
		for _, p := range slices.Concat(d.file.Projects, d.file.All) {
			if draft.fields["when"].warnOfGap(p.Notify) {
				break
			}
		}
	}
}

// warnOfGap warns if all of some receivers are outside their hours for some of the week. It reports whether they are.
func (v value) warnOfGap(receivers []string) bool {
	var all []muting.Hours
	zone := time.UTC
	for _, r := range v.file.Receivers {
		switch {
		case !slices.Contains(receivers, r.Name):
		case r.Hours == nil:
			return false
		default:
			all = append(all, muting.Hours{Open: r.Hours})
			if zone = time.UTC; r.Hours.Zone != nil {
				zone = r.Hours.Zone
			}
		}
	}
	monday := time.Date(2026, 1, 5, 12, 0, 0, 0, zone)
	start, end, gap := muting.Gap(all, monday)
	if !gap || len(all) == 0 {
		return false
	}
	const when = "Mon 15:04"
	v.warnOf(hoursCode, fmt.Sprintf("no receiver is notified of a critical alert from %s to %s %s", start.In(zone).Format(when),
		end.In(zone).Format(when), zone), "notify a receiver without hours too, or accept: [hours]")
	return true
}
