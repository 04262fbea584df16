package demo

import (
	"fmt"

	"notewatch"
	"notewatch/internal/config"
	"notewatch/internal/driven"
	"notewatch/notehub/notehubtest"
)

// Unlimited is more requests a minute than reading the account of the demo takes.
const Unlimited = 1e6

// NewAccount returns the account of the demo as it is at its end: the projects of the example rules with their incidents, and the organization
// that pays for them. Its clock stands still, so it takes any number of requests.
func NewAccount() (*notehubtest.Server, *driven.Clock, error) {
	file, err := config.ParseWithin("rules.example.yaml", notewatch.ExampleRules, "")
	if err != nil {
		return nil, nil, fmt.Errorf("reading the example rules: %w", err)
	}
	clock := driven.NewClock(TwoWeeks().End)
	organization := notehubtest.Organization{
		UID: "org:5b1f2c7e-3d84-4a86-9d0f-6c1f5a9d2e11", Name: "Cold Chain", Type: "Essentials", Capacity: 5_000,
	}
	return notehubtest.New(notehubtest.Config{
		Now: clock.Now, Token: Token, Seed: 1, Projects: scenario(file.Projects), Organizations: []notehubtest.Organization{organization},
	}), clock, nil
}
