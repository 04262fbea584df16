package fetch

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"notewatch/internal/store/usage"
	"notewatch/notehub"
	"notewatch/rules"
)

// Of a device with several SIMs, one counts as its data plan: the one that carries its data. A device rarely has several, mostly after
// one was swapped.

// choiceDays is how many complete days decide which SIM has most bytes.
const choiceDays = 7

// swapDays is for how many complete days in a row another SIM has bytes, and the one that counts has none, until the other one counts.
const swapDays = 3

// planOf returns the data plan of the SIMs of a device; nil without any. before is the plan that is stored, and cards are the SIMs that are
// stored of a device with several.
func planOf(listed []notehub.SIM, before *usage.Plan, cards []usage.SIM, today rules.Day) *usage.Plan {
	if len(listed) == 0 {
		return nil
	}
	all := make([]usage.SIM, len(listed))
	for i, sim := range listed {
		all[i] = simOf(sim)
	}
	chosen := 0
	if len(all) > 1 {
		recall(all, before, cards, today)
		var choice usage.Choice
		chosen, choice = choose(all, today)
		for i := range all {
			all[i].Choice = usage.NotChosen
		}
		all[chosen].Choice = choice
	}
	plan := &usage.Plan{Used: all[chosen].Used, Limit: all[chosen].Limit, Updated: all[chosen].Updated, SIMs: len(all)}
	if len(all) > 1 {
		plan.Cards = all
	}
	return plan
}

func simOf(sim notehub.SIM) usage.SIM {
	return usage.SIM{
		ICCID: sim.ICCID, Used: numberOf(sim.Used), Limit: numberOf(sim.Limit), LifetimeUsed: numberOf(sim.LifetimeUsed), Updated: sim.LastUpdated,
	}
}

// recall takes over what is stored of SIMs. A SIM that counted while it was the only one goes on to count: it is the one with the same
// limit that has used as much since, or little more.
func recall(all []usage.SIM, before *usage.Plan, cards []usage.SIM, today rules.Day) {
	for i := range all {
		at := slices.IndexFunc(cards, func(known usage.SIM) bool { return known.ICCID == all[i].ICCID })
		if at < 0 {
			continue
		}
		all[i].Choice, all[i].Bytes = cards[at].Choice, map[rules.Day]float64{}
		for day, bytes := range cards[at].Bytes {
			if day >= today-choiceDays {
				all[i].Bytes[day] = bytes
			}
		}
	}
	if len(cards) > 0 || before == nil || before.SIMs != 1 {
		return
	}
	only := -1
	for i, sim := range all {
		if sim.Limit == before.Limit && sim.Used >= before.Used && (only < 0 || sim.Used < all[only].Used) {
			only = i
		}
	}
	if only >= 0 {
		all[only].Choice = usage.ByBytes
	}
}

// choose returns which of several SIMs counts: at first the one with most bytes in the last complete days, else the one that its carrier
// counted last, has counted most of, or has the lowest ICCID. It stays that one until another has taken its place.
func choose(all []usage.SIM, today rules.Day) (chosen int, choice usage.Choice) {
	used := make([]float64, len(all))
	for i, sim := range all {
		for day := today - choiceDays; day < today; day++ {
			used[i] += sim.Bytes[day]
		}
	}
	proved := slices.Max(used) > 0
	before := slices.IndexFunc(all, func(sim usage.SIM) bool { return sim.Choice != usage.NotChosen })
	if before >= 0 && (all[before].Choice == usage.ByBytes || !proved) {
		if after := successor(all, before, today); after >= 0 {
			return after, usage.ByBytes
		}
		if after := active(all, before); after >= 0 && !proved {
			return after, usage.Provisional
		}
		return before, all[before].Choice
	}
	for i := range all {
		order := cmp.Or(cmp.Compare(used[i], used[chosen]), all[i].Updated.Compare(all[chosen].Updated),
			cmp.Compare(all[i].LifetimeUsed, all[chosen].LifetimeUsed), strings.Compare(all[chosen].ICCID, all[i].ICCID))
		if order > 0 {
			chosen = i
		}
	}
	if proved {
		return chosen, usage.ByBytes
	}
	return chosen, usage.Provisional
}

// successor returns the SIM that has had bytes on each of the last complete days, when the one before has had none; -1 is none. Of several
// it is the one with most.
func successor(all []usage.SIM, before int, today rules.Day) (after int) {
	after, most := -1, 0.0
	for i, sim := range all {
		total, each := 0.0, true
		for day := today - swapDays; day < today; day++ {
			none, known := all[before].Bytes[day]
			each = each && known && none == 0 && sim.Bytes[day] > 0
			total += sim.Bytes[day]
		}
		if each && total > most {
			after, most = i, total
		}
	}
	return after
}

// active returns the SIM that its carrier counted last, if that is days after the one before was counted; -1 if it is not.
func active(all []usage.SIM, before int) int {
	newest := before
	for i, sim := range all {
		if sim.Updated.After(all[newest].Updated) {
			newest = i
		}
	}
	if all[newest].Updated.Sub(all[before].Updated) < swapDays*24*time.Hour {
		return -1
	}
	return newest
}

// simDay is a SIM of a device on a day.
type simDay struct {
	device, iccid string
	day           rules.Day
}

// severalSIMs reports whether a device lists several SIMs.
func (p *poll) severalSIMs(uid string) bool {
	place, ok := p.given.List.Find(uid)
	return ok && p.given.List.HasSIMs(place)
}

// noteSIMs takes from a whole answer how many bytes the SIMs of devices with several had on complete days.
func (p *poll) noteSIMs(a *answer) {
	if a.sims == nil || a.truncated {
		return
	}
	for place := range p.given.List.Len() {
		if !p.given.List.HasSIMs(place) {
			continue
		}
		d := p.given.List.At(place)
		bySIM := p.simBytes[d.Ordinal]
		if bySIM == nil {
			bySIM = map[string]map[rules.Day]float64{}
			p.simBytes[d.Ordinal] = bySIM
		}
		for _, sim := range d.Plan.Cards {
			if bySIM[sim.ICCID] == nil {
				bySIM[sim.ICCID] = map[rules.Day]float64{}
			}
			for day := max(a.first, p.today-choiceDays); day <= min(a.last, p.today-1); day++ {
				bySIM[sim.ICCID][day] = float64(a.sims[simDay{d.UID, sim.ICCID, day}])
			}
		}
	}
}

// saveSIMs keeps the bytes of SIMs that the poll read.
func (p *poll) saveSIMs(ctx context.Context) error {
	if len(p.simBytes) == 0 {
		return nil
	}
	return p.usage.SaveSIMBytes(ctx, p.given.Lease, p.simBytes, p.today-choiceDays)
}
