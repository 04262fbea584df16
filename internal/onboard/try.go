package onboard

import (
	"context"
	"fmt"

	"notewatch/internal/backtest"
	"notewatch/internal/store"
	"notewatch/internal/words"
)

// maxTried is the maximum number of devices of a trial: more devices take minutes.
const maxTried = 5_000

// try rehearses the draft on the last 30 days, unless no is true, and notes for each rule what it would have sent.
func (d *draft) try(ctx context.Context, db *store.Store, no bool, done func(days, total int)) (*backtest.Report, error) {
	switch {
	case no:
		return nil, nil
	case d.view.devices > maxTried:
		d.trial = fmt.Sprintf("The rules were not tried, because that takes minutes for %s: notewatch backtest does it.", words.Count(d.view.devices, "device"))
		return nil, nil
	}
	file, err := d.parse()
	if err != nil {
		return nil, err
	}
	report, err := backtest.Run(ctx, db, file, backtest.Query{Days: tried, Now: d.made, Done: done})
	if err != nil {
		return nil, fmt.Errorf("trying the rules on the last %d days: %w", tried, err)
	}
	kinds := map[string]string{}
	for _, r := range file.Rules {
		kinds[r.Spec.Name] = string(r.Spec.Each)
	}
	results, alerts := map[string]string{}, 0
	for _, r := range report.Rules {
		results[r.Name] = "last month: none"
		if r.Alerts > 0 {
			results[r.Name] = fmt.Sprintf("last month: %s, %s", words.Count(r.Alerts, "alert"), words.Count(r.Subjects, kinds[r.Name]))
		}
		alerts += r.Alerts
	}
	for _, left := range report.LeftOut {
		results[left.Rule] = "last month: not known"
	}
	for _, list := range [][]choice{d.choices, d.budgets} {
		for i := range list {
			list[i].result = results[list[i].name]
		}
	}
	d.trial = fmt.Sprintf("From %s to %s (UTC), called last month below, these rules would have fired %s and sent %s, with reminders and ends. "+
		"The alerts of rules that read values without history, such as the events of an hour, are not known.",
		report.First.Format("2 January"), report.Last.Format("2 January"), words.Count(alerts, "alert"), words.Count(most(report), "message"))
	return &report, nil
}

// most returns the number of messages of the receiver with the most.
func most(report backtest.Report) (messages int) {
	for _, r := range report.Receivers {
		messages = max(messages, r.Messages)
	}
	return messages
}
