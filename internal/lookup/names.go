package lookup

import (
	"context"
	"slices"

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

	DeviceIn string `json:"-"` // UID of the project of a listed device
}

// Name returns a match with the names of its project, fleet and device. A device that is no longer listed has the name of its newest alert.
func (r *Reader) Name(ctx context.Context, m muting.Match) (Match, error) {
	named := Match{Alert: m.Alert, Rule: m.Rule, Project: m.Project, Device: m.Subject, Fleet: m.Fleet}
	if p, ok := r.project(m.Project); ok {
		named.ProjectName = p.Name
	}
	if m.Fleet != "" {
		fleets, err := r.Called(ctx, m.Fleet, KindFleet)
		if err != nil {
			return named, err
		}
		if len(fleets) > 0 {
			named.FleetName = fleets[0].Name
		}
	}
	if m.Subject == "" {
		return named, nil
	}
	listed, err := r.Called(ctx, m.Subject, KindDevice)
	if err != nil {
		return named, err
	}
	if at := slices.IndexFunc(listed, func(s Subject) bool { return s.UID == m.Subject }); at >= 0 {
		named.DeviceName, named.DeviceIn = listed[at].Name, listed[at].Project.UID
		return named, nil
	}
	former, err := r.config.Store.DevicesInAlerts(ctx, m.Subject)
	if at := slices.IndexFunc(former, func(n usage.DeviceName) bool { return n.UID == m.Subject }); at >= 0 {
		named.DeviceName = former[at].Name
	}
	return named, err
}
