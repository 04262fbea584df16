package commands

import (
	"context"
	"errors"
	"slices"

	"notewatch/internal/lookup"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// mayChangeAlerts returns an error unless the person may mute or acknowledge, from the channel, all alerts that m selects. The error is a
// [refusalError] or comes from the store.
func (q *question) mayChangeAlerts(ctx context.Context, m muting.Match) error {
	if m.Alert != "" {
		channels, err := q.channelsOf(ctx, m.Alert)
		if err != nil {
			return err
		}
		return q.answerer.mayChange(ctx, q.asked.Person, q.asked.Channel, channels)
	}
	all, some := q.channelsOfAll(m)
	err := q.answerer.mayChange(ctx, q.asked.Person, q.asked.Channel, all)
	if err != nil && len(all) == 0 && some && len(q.answerer.config.Allow().Change) == 0 {
		return refusalError("No Slack channel is notified of everything this would silence. Name a rule and a project that this channel is notified of, " +
			"or set slack.allow.change in the rules file.")
	}
	return err
}

// channelsOf returns the IDs of the Slack channels that were notified of an alert, or would be.
func (q *question) channelsOf(ctx context.Context, alert string) ([]string, error) {
	receivers, err := q.reader.ReceiversOf(ctx, alert)
	if err != nil {
		return nil, err
	}
	found, err := q.reader.Alert(ctx, alert)
	if _, unknown := errors.AsType[*lookup.UnknownError](err); unknown {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	would, _ := q.channelsOfAll(muting.Match{Rule: found.Rule, Project: found.Project})
	return sorted(append(q.channels(receivers), would...)), nil
}

// channelsOfAll returns the IDs of the Slack channels that are notified of all alerts that m selects, and whether any is notified of some.
func (q *question) channelsOfAll(m muting.Match) (all []string, some bool) {
	for i, receivers := range q.receiversOf(m) {
		channels := q.channels(receivers)
		if some = some || len(channels) > 0; i == 0 {
			all = channels
		}
		all = slices.DeleteFunc(all, func(id string) bool { return !slices.Contains(channels, id) })
	}
	return all, some
}

// receiversOf returns the names of the receivers of each rule in each project that m selects. A match without rule and project also selects
// alerts about notewatch itself. At the terminal, projects may be selected by their names, also as subjects.
func (q *question) receiversOf(m muting.Match) (all [][]string) {
	if m.Rule == "" && m.Project == "" {
		all = append(all, q.bot.Config().DefaultReceivers)
	}
	for _, p := range q.bot.Config().Projects {
		if m.Project != "" && m.Project != p.UID && m.Project != p.Name {
			continue
		}
		for _, r := range q.bot.Config().Rules {
			named := m.Rule == "" || m.Rule == r.Spec.Name
			project := r.Spec.Each == rules.EachProject // the alerts of such a rule have the project as their subject
			if named && (!project || m.Fleet+m.Route == "" && (m.Subject == "" || m.Subject == p.Name)) {
				all = append(all, p.Recipients(r))
			}
		}
	}
	return all
}

// channels returns the IDs of the Slack channels of receivers.
func (q *question) channels(receivers []string) (ids []string) {
	for receiver, id := range q.answerer.config.Channels() {
		if slices.Contains(receivers, receiver) {
			ids = append(ids, id)
		}
	}
	return sorted(ids)
}

// sorted returns the IDs in order, without duplicates.
func sorted(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}
