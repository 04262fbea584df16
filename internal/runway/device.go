package runway

import (
	"context"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/internal/words"
	"notewatch/rules"
)

// A Device is the data plan of a device: that of its SIM, or of the one of several that counts. NaN is no data.
type Device struct {
	Used      float64     `json:"used"`             // bytes
	Limit     float64     `json:"limit"`            // bytes
	Left      float64     `json:"left"`             // bytes
	DaysLeft  float64     `json:"days_left"`        // until it is used up at the pace of the last 7 complete days
	EndsAt    time.Time   `json:"ends_at,omitzero"` // about when it is used up at that pace; zero if that is not known, or years away
	AutoTopup rules.Truth `json:"auto_topup"`       // whether more data is bought then
	AsOf      time.Time   `json:"as_of,omitzero"`   // when its carrier counted; zero: never
	SIMs      []SIM       `json:"sims"`             // each of several, in order of ICCID; empty if there is one
}

// A SIM is one of several SIMs of a device. NaN is no data.
type SIM struct {
	ICCID  string    `json:"iccid"`
	Counts bool      `json:"counts"` // its plan is that of the device
	Used   float64   `json:"used"`   // bytes
	Limit  float64   `json:"limit"`  // bytes
	AsOf   time.Time `json:"as_of,omitzero"`
}

// OfDevice returns the data plan of a listed device of a project as of an instant; nil if no plan is known of it. Satellite plans are not
// in it.
func OfDevice(ctx context.Context, db *store.Store, project string, listed usage.Device, period rules.PeriodSpec, now time.Time) (*Device, error) {
	if listed.Plan == nil {
		return nil, nil
	}
	week := rules.Wants{rules.Bytes: rules.MembersOf("d7")}
	seen, err := env.Look(ctx, db, env.Query{Project: project, Subject: listed.UID, Now: now, Period: period, Wants: week})
	if err != nil {
		return nil, err
	}
	plan := seen.Env.Plan
	d := &Device{Used: plan.Used, Limit: plan.Limit, Left: plan.Left, DaysLeft: plan.DaysLeft, AsOf: listed.Plan.Updated, SIMs: []SIM{}}
	if rules.Known(d.DaysLeft) && d.DaysLeft <= far {
		d.EndsAt = after(now, d.DaysLeft)
	}
	switch {
	case plan.AutoTopupKnown && plan.AutoTopup:
		d.AutoTopup = rules.True
	case plan.AutoTopupKnown:
		d.AutoTopup = rules.False
	}
	for _, card := range listed.Plan.Cards {
		d.SIMs = append(d.SIMs, SIM{card.ICCID, card.Choice != usage.NotChosen, card.Used, card.Limit, card.Updated})
	}
	return d, nil
}

// Facts returns what is known of the plan, in words.
func (d Device) Facts() []string {
	facts := []string{"data plan: " + used(d.Used, d.Limit)}
	switch {
	case !rules.Known(d.DaysLeft):
		facts = append(facts, "when it runs out is not known")
	case d.Left == 0:
		facts = append(facts, "used up")
	case d.EndsAt.IsZero():
		facts = append(facts, "does not run out at the pace of the last days")
	default:
		facts = append(facts, lasts(d.DaysLeft, after(d.EndsAt, -d.DaysLeft)))
	}
	if d.AutoTopup == rules.True {
		facts = append(facts, "more is bought then")
	}
	return append(facts, counted(d.AsOf))
}

// Facts returns what is known of the SIM but its ICCID, in words.
func (s SIM) Facts() []string {
	facts := []string{used(s.Used, s.Limit)}
	if s.Counts {
		facts = append(facts, "counts as the data plan")
	}
	return append(facts, counted(s.AsOf))
}

// used returns how much of a limit is used: "402 MB of 500 MB (80 %)".
func used(used, limit float64) string {
	if !rules.Known(limit) || limit <= 0 {
		return words.Figure(used, "B") + ", limit not known"
	}
	text := words.Figure(used, "B") + " of " + words.Figure(limit, "B")
	if share := words.Share(used, limit); share != "" {
		text += " (" + share + ")"
	}
	return text
}

// counted says when a carrier counted.
func counted(t time.Time) string {
	if t.IsZero() {
		return "never counted by its carrier"
	}
	return "counted " + words.Time(t)
}
