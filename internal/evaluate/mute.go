package evaluate

import (
	"slices"

	"notewatch/rules"
	"notewatch/rules/muting"
)

// A FiringSet holds which rules fire for which subjects, as far as that mutes others.
type FiringSet struct {
	rules map[string]bool // only these count
	keys  map[rules.Key]bool
}

// NewFiringSet returns an empty set. It counts rules that others name in unless, except rules in shadow mode, which notify no one.
func NewFiringSet(specs map[string]rules.Spec) FiringSet {
	f := FiringSet{map[string]bool{}, map[rules.Key]bool{}}
	for _, spec := range specs {
		if other, ok := specs[spec.Unless]; spec.Unless != "" && !(ok && other.Shadow) {
			f.rules[spec.Unless] = true
		}
	}
	return f
}

// Note adds an alert.
func (f FiringSet) Note(a *rules.Alert) {
	if !f.rules[a.Rule] {
		return
	}
	key := rules.Key{Rule: a.Rule, Project: a.Project, Subject: a.Subject}
	if a.State == rules.Firing && !a.Drill {
		f.keys[key] = true
	}
}

// Has reports whether a rule fires for a subject.
func (f FiringSet) Has(rule, project, subject string) bool {
	return f.keys[rules.Key{Rule: rule, Project: project, Subject: subject}]
}

// Mute sets what can mute alerts now, and an identifier of the state of the silences. It updates the mutes of the open alerts. An alert
// that already has an event in this pass gets its mute in that event.
func (p *Pass) Mute(mutes muting.Sources, silences int64) error {
	p.Commit.Silences = silences
	decided, firing := p.decided(), NewFiringSet(mutes.Rules)
	for _, list := range [][]*rules.Alert{p.Commit.Alerts, p.Commit.States} {
		for _, a := range list {
			firing.Note(a)
		}
	}
	for a := range p.open.Brief() {
		if !decided[a.ID] {
			firing.Note(a)
		}
	}
	mutes.Firing = firing.Has
	mutes.Within = func(_, device string) []string { return NamesOfFleets(p.data.FleetsOf(device), p.data.Labels) }
	mutes = mutes.At(p.data.Now)
	for _, list := range [][]*rules.Alert{p.Commit.Alerts, p.Commit.States} {
		for _, a := range list {
			p.muteDecided(mutes, a)
		}
	}
	return p.muteOthers(mutes, decided)
}

// NamesOfFleets returns UIDs of fleets, followed by their labels.
func NamesOfFleets(uids []string, labels map[string]string) []string {
	all := uids
	for _, uid := range uids {
		if label := labels[uid]; label != "" {
			all = append(slices.Clip(all), label)
		}
	}
	return all
}

// decided returns the IDs of the alerts in the commit.
func (p *Pass) decided() map[string]bool {
	all := make(map[string]bool, len(p.Commit.Alerts)+len(p.Commit.States))
	for _, list := range [][]*rules.Alert{p.Commit.Alerts, p.Commit.States} {
		for _, a := range list {
			all[a.ID] = true
		}
	}
	for _, id := range p.Commit.Dropped {
		all[id] = true
	}
	return all
}

// muteDecided updates the mute of an alert in the commit.
func (p *Pass) muteDecided(mutes muting.Sources, a *rules.Alert) {
	named := *a
	named.Texts.Subject, named.Texts.Project = p.data.NameOf(a.Subject), p.data.Name
	if _, moved := p.Commit.Show[a.ID]; moved && (a.State == rules.Firing || a.Reason == rules.Revised) {
		a.Mute = mutes.Of(named, p.data.Now)
		return
	}
	if after, event := mutes.Apply(named, p.data.Now); event != rules.None {
		after.Texts = a.Texts
		*a, p.Commit.Show[a.ID] = after, nil
	}
}

// muteOthers updates the mutes of the open alerts that are not in the commit. It leaves out those of rules that are evaluated apart.
func (p *Pass) muteOthers(mutes muting.Sources, decided map[string]bool) error {
	for brief := range p.open.Brief() {
		if brief.State != rules.Firing || decided[brief.ID] || slices.Contains(p.Commit.Others, brief.Rule) {
			continue
		}
		brief.Texts.Subject, brief.Texts.Project = p.data.NameOf(brief.Subject), p.data.Name
		if _, event := mutes.Apply(*brief, p.data.Now); event == rules.None {
			continue
		}
		a, _, err := p.open.Of(brief.Rule, brief.Subject)
		if err != nil {
			return err
		}
		texts := a.Texts
		a.Texts = brief.Texts
		a, _ = mutes.Apply(a, p.data.Now)
		a.Texts = texts
		p.Commit.Versions, p.Commit.Show[a.ID] = append(p.Commit.Versions, &a), nil
	}
	return nil
}
