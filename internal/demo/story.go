package demo

import (
	"cmp"
	"fmt"
	"time"

	"notewatch"
	"notewatch/internal/config"
	"notewatch/internal/incident"
	"notewatch/notehub/notehubtest"
)

// A Story is what a demo plays: what its fleets go through, from a start to an end.
type Story struct {
	Start, End time.Time
	Lasts      time.Duration // real time that it takes unless someone says so
	Opening    string        // what happens, as text for people

	interval time.Duration // between polls, simulated
	rules    []byte        // rules file that suits it
	hub      func(*config.File) notehubtest.Config
}

// TwoWeeks returns the story in which a fleet gets into much trouble.
func TwoWeeks() Story {
	const days = 14
	return Story{
		Start: start, End: start.AddDate(0, 0, days), Lasts: time.Minute, interval: time.Hour, rules: notewatch.ExampleRules,
		Opening: fmt.Sprintf("Simulating %d days of a fleet, starting %s. All times are UTC.", days, start.Format("Monday 2 January 2006")),
		hub: func(file *config.File) notehubtest.Config {
			return notehubtest.Config{Seed: 1, Projects: scenario(file.Projects)}
		},
	}
}

// An incident is watched by the whole catalogue.
const (
	incidentBudget = 50 // dollars a month, for events
	incidentEvery  = 15 * time.Minute
)

// OfIncident returns the story of an incident of the given name. It befalls the first project of a rules file; the fleets of all others are healthy.
func OfIncident(name string) (Story, error) {
	i, err := incident.Find(name)
	if err != nil {
		return Story{}, err
	}
	const at = "Mon 2 Jan 15:04"
	return Story{
		Start: i.Watch, End: i.Until(), Lasts: 20 * time.Second, interval: incidentEvery, rules: []byte(incident.Rules(incidentBudget)),
		Opening: fmt.Sprintf("%s: %s\nIt begins %s and ends %s. Its rule is %s of the catalogue. All times are UTC.",
			i.Name, i.Story, i.Start.Format(at), i.End.Format(at), i.Rule),
		hub: func(file *config.File) notehubtest.Config { return befallen(i, file) },
	}, nil
}

// befallen returns a Notehub with the projects of a rules file, on the first of which an incident befalls.
func befallen(i incident.Incident, file *config.File) notehubtest.Config {
	first := file.Projects[0]
	c := i.Hub(first.UID, first.Name)
	for n, p := range file.Projects[1:] {
		healthy := incident.Healthy{Devices: devicesPerProject, Seed: uint64(n + 2)} //nolint:gosec // a few projects
		c.Projects = append(c.Projects, healthy.Hub(p.UID, p.Name).Projects...)
	}
	for _, a := range file.Accounts {
		if a.Name == first.Account {
			c.Organizations[0].UID = cmp.Or(a.Organization, c.Organizations[0].UID)
		}
	}
	return c
}

// Hub returns a Notehub that simulates the projects of a rules file.
func (s Story) Hub(now func() time.Time, file *config.File) *notehubtest.Server {
	c := s.hub(file)
	c.Now, c.Token, c.RequestsPerMinute = now, Token, requestsPerMinute
	return notehubtest.New(c)
}
