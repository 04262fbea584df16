package evaluate

import (
	"context"
	"slices"

	"notewatch/internal/env"
	"notewatch/rules"
)

// evaluateOne evaluates a rule for one subject and updates its alert.
func (p *Pass) evaluateOne(ctx context.Context, r *rules.Rule, b *env.BlockData, i int, view *rules.View) error {
	subject := b.Subject(i)
	key := rules.Key{Rule: r.Spec.Name, Project: p.data.UID, Subject: subject}
	if r.Kind.OfPeriod() {
		key.Period = p.data.Period.Start
	}
	before, open, err := p.open.Of(key.Rule, subject)
	if err != nil {
		return err
	}
	if !open {
		before = key.Inactive()
	}
	v, err := p.verdict(ctx, r, before, b, i, view)
	if err != nil {
		return err
	}
	p.Counts[key.Rule].note(subject, v.Err)
	if !open && v.Result.Most == rules.Inactive {
		return nil // nothing fires or is pending, as for most subjects: Next would copy the alert to return it unchanged
	}
	after, event := before.Next(r, v, p.data.Now)
	changed := open && p.ruleChanged(r, before, v, event)
	if changed {
		after, event = before.Reevaluate(r, v, p.whyChanged(r, before, v), p.data.Now)
	}
	switch why := p.whyLimit(r, before, after); {
	case why != "" && slices.Contains([]rules.Event{rules.Updated, rules.EventResolved, rules.Deescalated}, event):
		after.Why = why
	case event == rules.Corrected || event == rules.Deescalated:
		after.Why = p.correctedText(r, before.Fallen(r, v, p.data.Now))
	}
	p.record(r, before, after, event, view)
	if over := open && !before.Period.Equal(key.Period); over || changed && !after.Open() {
		fresh := key.Inactive()
		after, event = fresh.Next(r, v, p.data.Now)
		p.record(r, fresh, after, event, view)
	}
	return nil
}

// ruleChanged reports whether the rule has meant something else for an open alert until now, or has another limit for its subject. event is what
// becomes of the alert by the rule as it is: if its period ends by the old rule too, that is no change.
func (p *Pass) ruleChanged(r *rules.Rule, before rules.Alert, v rules.Verdict, event rules.Event) bool {
	last, known := p.meanings[r.Spec.Name]
	if !known {
		return false
	}
	meaning := r.Meaning(p.periodOf(r))
	if last.Hash == meaning && (last.Semantics.Limits == r.Spec.Limits.Digest() || !before.LimitDiffers(r, v)) {
		return false
	}
	return event != rules.PeriodEnded || rules.PeriodOfMeaning(last.Hash) != rules.PeriodOfMeaning(meaning)
}

// record adds a changed alert to the commit, if anything has to be stored. Texts and values of an alert come from the same evaluation. The
// rule is nil if it was removed; else view is what it was evaluated on.
func (p *Pass) record(r *rules.Rule, before, after rules.Alert, event rules.Event, view *rules.View) {
	if after.State == "" {
		if before.ID != "" {
			p.Commit.Dropped = append(p.Commit.Dropped, before.ID)
		}
		return
	}
	var receivers []string
	if event != rules.None {
		if r != nil {
			receivers = p.about.Recipients[r.Spec.Name]
		}
		p.Commit.Show[after.ID] = receivers
	}
	shown, stored := p.open.Shown(after.ID), before.State != ""
	measured := event != rules.None || !stored || shown || !sameFigures(before, after)
	switch {
	case r != nil && measured && measuredBy(r, after):
		after.Texts = p.texts(r, after)
		if event == rules.None {
			after.Texts = after.Texts.Keep(before.Texts)
		} else if after.State == rules.Firing || event == rules.Revised {
			after.Texts.Met, after.Texts.TopUp = r.Met(view, after.Level), r.TopsUp(view)
		}
		p.Commit.Alerts = append(p.Commit.Alerts, new(after))
	case !stored:
		p.Commit.Alerts = append(p.Commit.Alerts, new(after))
	case event != rules.None || !after.Unchanged(before):
		p.Commit.States = append(p.Commit.States, new(after))
	}
}

// sameFigures reports whether the texts of two states of an alert show the same values. Those of a quiet alert show its peak.
func sameFigures(a, b rules.Alert) bool {
	same := func(x, y float64) bool { return x == y || !rules.Known(x) && !rules.Known(y) }
	samePeak := a.QuietSince.IsZero() || same(a.Peak, b.Peak)
	return same(a.Value, b.Value) && same(a.Usual, b.Usual) && same(a.Limit, b.Limit) && a.AsOf.Equal(b.AsOf) && samePeak
}

// measuredBy reports whether the values of an alert are those of the figure that the rule shows. An alert that a changed rule ends keeps
// the values, and so the texts, of the old rule.
func measuredBy(r *rules.Rule, a rules.Alert) bool {
	return a.Reason != rules.EventWithdrawn && (a.Reason != rules.PeriodEnded || a.Texts.Figure == r.Show)
}
