package incident

import (
	"fmt"
	"slices"
	"time"

	"notewatch/internal/spelling"
	"notewatch/notehub/notehubtest"
)

const day = 24 * time.Hour

// An Incident is a problem that a rule of the catalogue notices.
type Incident struct {
	Name    string   // such as host-loop
	Story   string   // what happens, in one sentence
	Rule    string   // the rule that notices it
	Subject string   // name of the device, route or organization of the alert; "" is the project
	Level   string   // the highest level that is announced
	Also    []string // other rules that are right to fire, about the same subject or the project
	Mutes   string   // a rule whose alerts about devices fire too, and are muted by the alert; "": none

	Watch  time.Time     // when notewatch begins to watch, while all is well
	Start  time.Time     // when it begins
	End    time.Time     // when it has ended, or is repaired
	Within time.Duration // from Start until the alert fires, at most
	Closes time.Duration // from End until the alert has ended, at most
	Ends   string        // the reason of its end

	fleet  func() []notehubtest.Device
	befall func(i Incident, w *world) // applies the incident to the world; nil: the fleet is enough
}

// A world is the simulated Notehub of an incident.
type world struct {
	*notehubtest.Project
	organization notehubtest.Organization
	faults       []notehubtest.Fault
}

// Names returns the names of all incidents, in their order.
func Names() (names []string) {
	for _, i := range All() {
		names = append(names, i.Name)
	}
	return names
}

// Find returns the incident with a name, or the one of the rule with that name.
func Find(name string) (Incident, error) {
	all := All()
	at := slices.IndexFunc(all, func(i Incident) bool { return i.Name == name || i.Rule == name })
	if at < 0 {
		return Incident{}, spelling.Unknown("incident", name, Names(), "see notewatch demo --list")
	}
	return all[at], nil
}

// Until returns the latest time at which its alert has ended.
func (i Incident) Until() time.Time { return i.End.Add(i.Closes) }

// Hub returns the configuration of a simulated Notehub with the incident, in a project of the given UID and name. The caller sets its clock
// and its token.
func (i Incident) Hub(uid, name string) notehubtest.Config {
	return hubOf(uid, name, i.fleet(), i)
}

// hubOf returns a simulated Notehub with incidents on a fleet.
func hubOf(uid, name string, fleet []notehubtest.Device, incidents ...Incident) notehubtest.Config {
	p := notehubtest.Project{
		UID: uid, Name: name, Devices: fleet, Routes: []string{routeUID}, FleetSettings: map[string]notehubtest.FleetSettings{},
		RouteSettings: map[string]notehubtest.RouteSettings{routeUID: {Name: routeName}},
	}
	w := world{Project: &p, organization: notehubtest.Organization{
		UID: organizationUID, Name: organizationName, Capacity: 100_000_000, Projects: []string{uid},
	}}
	for _, i := range incidents {
		if i.befall != nil {
			i.befall(i, &w)
		}
	}
	return notehubtest.Config{
		Seed: seed, Projects: []notehubtest.Project{p}, Organizations: []notehubtest.Organization{w.organization}, Faults: w.faults,
	}
}

const (
	seed             = 1
	routeUID         = "route:00000000-0000-4000-8000-000000000001"
	routeName        = "warehouse"
	organizationUID  = "org:00000000-0000-4000-8000-000000000001"
	organizationName = "Acme"
)

// befalls adds an incident of the simulator to some devices. Unless it has times of its own, it lasts as long as i.
func (w *world) befalls(i Incident, of notehubtest.Incident, devices ...string) {
	if of.Start.IsZero() {
		of.Start = i.Start
	}
	if of.Duration == 0 {
		of.Duration = i.End.Sub(of.Start)
	}
	for _, name := range devices {
		of.Devices = append(of.Devices, w.device(name).UID)
	}
	w.Incidents = append(w.Incidents, of)
}

// device returns the device of a name.
func (w *world) device(name string) *notehubtest.Device {
	at := slices.IndexFunc(w.Devices, func(d notehubtest.Device) bool { return d.Name == name })
	if at < 0 {
		panic(fmt.Sprintf("incident: no device has the name %q", name))
	}
	return &w.Devices[at]
}

// usedBy returns the number of events of its plan that the organization has used by an instant.
func (w *world) usedBy(at time.Time) int {
	hub := notehubtest.New(notehubtest.Config{
		Now: func() time.Time { return at }, Seed: seed, Projects: []notehubtest.Project{*w.Project}, Organizations: []notehubtest.Organization{w.organization},
	})
	_, used := hub.Balance(w.organization.UID, at)
	return int(used)
}

// SubjectUID returns the UID of the subject of the alert; "" is the project, or the organization that pays for it.
func (i Incident) SubjectUID() string {
	if i.Subject == routeName {
		return routeUID
	}
	for _, d := range i.fleet() {
		if d.Name == i.Subject {
			return d.UID
		}
	}
	return ""
}
