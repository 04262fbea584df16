package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/rules"
	"notewatch/rules/muting"
)

// only names the levels of a receiver by the lowest.
func only(lowest rules.Level) string {
	if lowest == rules.Critical {
		return "only " + lowest.String()
	}
	return "only " + lowest.String() + " and above"
}

// checkUnused reports settings that are valid by themselves and have no effect. It reports a problem if they cannot be meant
// so, and a warning if they may be in preparation.
func (d *decoder) checkUnused() {
	from := levelsFrom{}
	for _, r := range d.file.Receivers {
		from[r.Name] = r.From
	}
	d.checkAccountsUsed()
	d.checkReceiversUsed()
	d.checkFallbackLevels(from)
	byProject := from.lowest(d.projectRecipients())
	for i, r := range d.file.Rules {
		switch draft := d.drafts[i]; {
		case r.Rule == nil || draft.Shadow:
		case r.Notify == nil:
			draft.fields["when"].checkLevelsWanted(r, byProject)
		default:
			draft.fields["notify"].checkLevelsWanted(r, from.lowest(r.Notify))
		}
	}
	d.checkDefaultLevels(from.lowest(d.defaultRecipients()))
}

// levelsFrom are the lowest levels that receivers want, by their names.
type levelsFrom map[string]rules.Level

// lowest returns the lowest level that one of several receivers wants; Inactive if there is none.
func (f levelsFrom) lowest(recipients []string) rules.Level {
	lowest := rules.Inactive
	for _, name := range recipients {
		if level := f[name]; lowest == rules.Inactive || level < lowest {
			lowest = level
		}
	}
	return lowest
}

// projectRecipients returns the receivers of rules that name none.
func (d *decoder) projectRecipients() []string {
	recipients := slices.Clone(d.ownRecipients)
	if d.defaultsUsed {
		recipients = append(recipients, d.defaultRecipients()...)
	}
	return recipients
}

func (d *decoder) checkAccountsUsed() {
	for i, at := range d.accountsAt {
		name := d.file.Accounts[i].Name
		if !slices.ContainsFunc(slices.Concat(d.file.Projects, d.file.All), func(p Project) bool { return p.Account == name }) {
			at.warn("no project names it, so it is never polled", "")
		}
	}
}

// checkReceiversUsed warns of receivers that nothing names.
func (d *decoder) checkReceiversUsed() {
	named := slices.Concat(d.ownRecipients, d.defaultRecipients())
	for _, r := range d.file.Rules {
		named = append(named, r.Notify...)
	}
	for _, r := range d.file.Receivers {
		named = append(named, r.Fallback)
	}
	for i, at := range d.receiversAt {
		if name := d.file.Receivers[i].Name; name != "" && !slices.Contains(named, name) {
			at.warn("no rule, project, fallback or default names it, so it is never notified", "")
		}
	}
}

// checkFallbackLevels warns of a fallback whose lowest level is above that of the receiver that it replaces.
func (d *decoder) checkFallbackLevels(from levelsFrom) {
	for i, at := range d.receiversAt {
		r := d.file.Receivers[i]
		if lowest, known := from[r.Fallback]; known && lowest > r.From {
			at.at("fallback").warn(fmt.Sprintf("%q wants %s, which is less than this receiver wants", r.Fallback, only(lowest)),
				"lower from of the fallback")
		}
	}
}

// checkLevelsWanted reports a rule whose levels are all below the lowest level of its receivers. The problem is reported at v.
func (v value) checkLevelsWanted(r Rule, lowest rules.Level) {
	if lowest > r.Highest {
		v.report(
			fmt.Sprintf("no receiver is notified of this rule: its highest level is %s, and the receivers want %s", r.Highest, only(lowest)),
			"raise the level, lower from of a receiver, or notify another receiver")
	}
}

// checkDefaultLevels warns if the lowest level of the default receivers is above the level of a message that only they get.
func (d *decoder) checkDefaultLevels(lowest rules.Level) {
	if lowest > rules.Info && d.file.Summary {
		d.defaults.at.at("summary").warn(fmt.Sprintf("no receiver gets it: the default receivers want %s, and the summary is %s",
			only(lowest), rules.Info), "add a receiver with from: info")
	}
	if lowest > rules.Warning {
		d.defaults.at.at("notify").warn(
			fmt.Sprintf("no receiver is notified of an invalid rules file, which is a %s: the default receivers want %s",
				rules.Warning, only(lowest)),
			"add a receiver with from: warning")
	}
}

// checkMentions warns of mentions at levels that a receiver does not want.
func (v value) checkMentions(r Receiver) {
	if r.Slack == nil {
		return
	}
	for level := rules.Info; level < r.From; level++ {
		if _, given := r.Slack.Mention[level]; given {
			v.at("slack", "mention", level.String()).warn("the receiver wants "+only(r.From), "lower its from, or remove the mention")
		}
	}
}

// almostMidnight is a time that users write for the end of the day.
const almostMidnight = 24*time.Hour - time.Minute

// checkWindow reports a mute window that matches nothing, and warns of a rule in shadow mode.
func (v value) checkWindow(w muting.Window) {
	for _, r := range v.drafts {
		switch {
		case r.Name == "" || r.Name != w.Match.Rule:
		case r.Each == rules.EachProject && w.Match.Subject != "" && len(v.file.All) == 0 && !slices.Contains(v.projectNames(), w.Match.Subject):
			v.at("match", "subject").report(fmt.Sprintf("matches nothing: the rule %q is about projects", r.Name),
				"name a project, or a rule for each device")
		case r.Shadow:
			v.at("match", "rule").warn(fmt.Sprintf("the rule %q is in shadow mode, so it never notifies", r.Name), "")
		}
	}
	v.checkMidnight(w)
}

// checkMidnight warns of an end at 23:59.
func (v value) checkMidnight(w muting.Window) {
	if w.To == almostMidnight {
		v.at("to").warn("leaves out the last minute of the day", "write 00:00 for midnight")
	}
}

// checkEnds reports a rule whose resolve_when is one of its conditions: an alert resolves only while no condition is true.
func (r *draft) checkEnds() {
	if r.ResolveWhen == "" {
		return
	}
	for _, c := range r.When {
		if strings.TrimSpace(c.Expr) == strings.TrimSpace(r.ResolveWhen) {
			r.fields["resolve_when"].report("is the condition itself, so an alert would never resolve",
				"write when the alert has ended, such as bytes.today < mb(1), or remove it")
		}
	}
}
