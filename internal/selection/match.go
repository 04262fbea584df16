package selection

import (
	"context"
	"slices"

	"notewatch/internal/lookup"
	"notewatch/internal/store/usage"
	"notewatch/rules/muting"
)

// A Match describes what a silence selects: the alerts that match all fields that are set.
type Match struct {
	Alert       string `json:"alert,omitempty"`
	Rule        string `json:"rule,omitempty"`
	Project     string `json:"project,omitempty"` // UID or, in the rules file, also a name
	ProjectName string `json:"project_name,omitempty"`
	Device      string `json:"device,omitempty"` // UID or, in the rules file, also a name
	DeviceName  string `json:"device_name,omitempty"`

	Fleet     string `json:"fleet,omitempty"` // UID or, in the rules file, also a label
	FleetName string `json:"fleet_name,omitempty"`
	Route     string `json:"route,omitempty"` // UID or, in the rules file, also a label
	RouteName string `json:"route_name,omitempty"`

	DeviceIn string `json:"-"` // UID of the project of a listed device
}

// Of returns a match without names.
func Of(m muting.Match) Match {
	return Match{Alert: m.Alert, Rule: m.Rule, Project: m.Project, Device: m.Subject, Fleet: m.Fleet, Route: m.Route}
}

// Name returns a match with the names of its project, fleet and device. A device that is no longer listed has the name of its newest alert.
func Name(ctx context.Context, r *lookup.Reader, m muting.Match) (Match, error) {
	named := Of(m)
	if p, ok := projectOf(r, m.Project); ok {
		named.ProjectName = p.Name
	}
	for _, of := range []struct {
		kind lookup.Kind
		uid  string
		name *string
	}{{lookup.KindFleet, m.Fleet, &named.FleetName}, {lookup.KindRoute, m.Route, &named.RouteName}} {
		if of.uid == "" {
			continue
		}
		called, err := r.Called(ctx, of.uid, of.kind)
		if err != nil {
			return named, err
		}
		if len(called) > 0 {
			*of.name = called[0].Name
		}
	}
	if m.Subject == "" {
		return named, nil
	}
	listed, err := r.Called(ctx, m.Subject, lookup.KindDevice)
	if err != nil {
		return named, err
	}
	if at := slices.IndexFunc(listed, func(s lookup.Subject) bool { return s.UID == m.Subject }); at >= 0 {
		named.DeviceName, named.DeviceIn = listed[at].Name, listed[at].Project.UID
		return named, nil
	}
	former, err := r.Store().DevicesInAlerts(ctx, m.Subject)
	if at := slices.IndexFunc(former, func(n usage.DeviceName) bool { return n.UID == m.Subject }); at >= 0 {
		named.DeviceName = former[at].Name
	}
	return named, err
}
