package lookup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"notewatch/internal/current"
	"notewatch/internal/env"
	"notewatch/internal/spelling"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// KindAlert is the kind in errors about an alert.
const KindAlert Kind = "alert"

// alertPage is the number of alerts that EachAlert reads at a time.
const alertPage = 20_000

// EachAlert calls each with the alerts that a filter selects, the newest first; if it selects only open ones, the worst first. Open ones
// have the values as of the last poll, if UpdateValues finds any.
func (r *Reader) EachAlert(ctx context.Context, f store.AlertFilter, each func(Alert) error) error {
	return r.config.Store.EachAlerts(ctx, f, alertPage, func(alerts []rules.Alert) error {
		if err := r.UpdateValues(ctx, alerts); err != nil {
			return err
		}
		return r.Show(ctx, alerts, each)
	})
}

// OpenAlerts returns the open alerts of a subject and of the subjects in it, the worst first, at most limit, and their number. They have
// the values as of the last poll, if UpdateValues finds any.
func (r *Reader) OpenAlerts(ctx context.Context, s Subject, limit int) (alerts []Alert, count int, err error) {
	var open []rules.Alert
	if s.Kind == KindFleet {
		open, count, err = r.config.Store.AlertsOfFleet(ctx, s.Project.UID, s.UID, limit)
	} else {
		open, count, err = r.config.Store.AlertsOf(ctx, s.Project.UID, s.within(), limit)
	}
	if err != nil {
		return nil, 0, err
	}
	if err := r.UpdateValues(ctx, open); err != nil {
		return nil, 0, err
	}
	err = r.Show(ctx, open, func(a Alert) error {
		alerts = append(alerts, a)
		return nil
	})
	return alerts, count, err
}

// Worst returns the open alerts of all projects and of notewatch itself as stored, the worst first, at most limit.
func (r *Reader) Worst(ctx context.Context, limit int) ([]rules.Alert, error) {
	open, _, err := r.config.Store.AlertsOf(ctx, "", "", limit)
	return open, err
}

// UpdateValues gives open alerts, which are stored with the values of their newest event, those as of the last poll of their project or organization, where
// package current finds any.
func (r *Reader) UpdateValues(ctx context.Context, alerts []rules.Alert) error {
	byProject := map[string][]*rules.Alert{}
	for i := range alerts {
		if a := &alerts[i]; a.Open() && !a.Drill {
			byProject[a.Project] = append(byProject[a.Project], a)
		}
	}
	values := current.Reader{Store: r.config.Store, Rules: r.config.Rules, Bills: r.bills, Every: r.every}
	for _, p := range r.config.Projects {
		project := current.Project{
			UID: p.UID, Name: p.Name, Period: r.periodOf(p.UID), Satellite: p.Satellite, Currency: r.pricesOf(p.Account).Currency,
		}
		if err := values.Update(ctx, project, byProject[p.UID]); err != nil {
			return err
		}
	}
	for _, a := range r.config.Accounts {
		open := byProject[rules.OfAccount(a.Name)]
		if len(open) == 0 {
			continue
		}
		data, err := r.organizationData(ctx, a.Name)
		if err != nil {
			return err
		}
		if err := values.UpdateOrganization(ctx, data, r.pricesOf(a.Name).Currency, open); err != nil {
			return err
		}
	}
	return nil
}

// organizationData returns the data of the organization of an account, as of the newest poll of its projects.
func (r *Reader) organizationData(ctx context.Context, account string) (*env.ProjectData, error) {
	projects, err := r.accountProjects(ctx, account)
	if err != nil {
		return nil, err
	}
	o, err := env.ReadOrganization(ctx, r.config.Store, account, projects)
	if err != nil {
		return nil, err
	}
	now := o.NewestPoll().PolledAt
	source := env.Source{Usage: r.config.Store.Usage, Period: r.config.Period}
	return source.OrganizationData(ctx, o, r.billsOf(account, projects, now), now)
}

// UpdateValue is UpdateValues for one alert.
func (r *Reader) UpdateValue(ctx context.Context, a rules.Alert) (rules.Alert, error) {
	alerts := []rules.Alert{a}
	err := r.UpdateValues(ctx, alerts)
	return alerts[0], err
}

// CountOpen returns the number of open alerts that m selects.
func (r *Reader) CountOpen(ctx context.Context, m muting.Match) (int, error) {
	return r.config.Store.CountAlerts(ctx, store.AlertFilter{Match: m, Open: true})
}

// Alert returns the alert with an ID, or with the only ID that begins with text, ended or not. Its errors are *UnknownError,
// *AmbiguousIDError, and those of the store.
func (r *Reader) Alert(ctx context.Context, text string) (rules.Alert, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	found, err := r.config.Store.AlertIDs(ctx, text, maxAlertIDs)
	if err != nil {
		return rules.Alert{}, err
	}
	switch {
	case text == "" || len(found) == 0:
		return rules.Alert{}, r.unknownAlert(ctx, text)
	case len(found) > 1 && found[0] != text:
		return rules.Alert{}, ambiguousID(KindAlert, text, found)
	}
	alerts, err := r.config.Store.Alerts(ctx, store.AlertFilter{Match: muting.Match{Alert: found[0]}, Limit: 1})
	if err != nil {
		return rules.Alert{}, err
	}
	if len(alerts) == 0 { // deleted meanwhile
		return rules.Alert{}, r.unknownAlert(ctx, text)
	}
	return alerts[0], nil
}

// maxAlertIDs is the maximum number of alerts to consider if a text may mean several.
const maxAlertIDs = 1_000

// unknownAlert returns an error that suggests an alert.
func (r *Reader) unknownAlert(ctx context.Context, text string) error {
	if m, ok, err := r.Message(ctx, text); err != nil {
		return err
	} else if ok {
		return fmt.Errorf("%q is a message that shows %s: give the ID of one; list them with notewatch alerts --message %s",
			text, words.Count(len(m.Alerts), "alert"), text)
	}
	unknown := &UnknownError{Text: text, Kinds: []Kind{KindAlert}}
	open, err := r.config.Store.Alerts(ctx, store.AlertFilter{Open: true, Limit: maxAlertIDs})
	if err != nil {
		return err
	}
	ids := make([]string, len(open))
	for i, a := range open {
		ids[i] = a.ID
	}
	unknown.Nearest = spelling.Nearest(text, ids)
	return unknown
}

// Firing returns the firing alerts: first those about notewatch itself, then those of each organization and project. They have the values
// as of the last poll, if UpdateValues finds any.
func (r *Reader) Firing(ctx context.Context) (firing []Alert, err error) {
	projects := []string{""} // "" for alerts that concern more than one project
	for _, a := range r.config.Accounts {
		projects = append(projects, rules.OfAccount(a.Name))
	}
	for _, p := range r.config.Projects {
		projects = append(projects, p.UID)
	}
	for _, uid := range projects {
		open, err := r.config.Store.OpenAlerts(ctx, uid)
		if err != nil {
			return nil, err
		}
		open = slices.DeleteFunc(open, func(a rules.Alert) bool { return a.State != rules.Firing })
		if err := r.UpdateValues(ctx, open); err != nil {
			return nil, err
		}
		err = r.Show(ctx, open, func(a Alert) error {
			firing = append(firing, a)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return firing, nil
}
