package timeline

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// What is selected is about a silence by whichever name both go, and about one of an alert by what that alert is about.
func TestSilencesConcernWhatIsSelected(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "notewatch.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	storetest.SaveDevices(t, db, "app:1", []usage.Device{{UID: "dev:7", Name: "freezer 7"}, {UID: "dev:8", Name: "Freezer 7"}}, now)
	a := rules.Key{Rule: "data-budget", Project: "app:1", Subject: "dev:7"}.Inactive()
	a.ID, a.State, a.Since = "k3p", rules.Pending, now
	a.Told.Project, a.Told.Subject = "cold-chain", "freezer 7"
	require.NoError(t, db.Decide(t.Context(), store.Decision{Alerts: []*rules.Alert{&a}, Now: now}))
	desk := lookup.New(lookup.Config{
		Store: db, Projects: []lookup.Project{{UID: "app:1", Name: "cold-chain"}, {UID: "app:2", Name: "depot"}}, Now: func() time.Time { return now },
	})

	for name, c := range map[string]struct {
		selected, silenced rules.Match
		want               bool
	}{
		"nothing selected":           {rules.Match{}, rules.Match{Rule: "spike"}, true},
		"the same rule":              {rules.Match{Rule: "spike"}, rules.Match{Rule: "spike", Project: "app:1"}, true},
		"another rule":               {rules.Match{Rule: "spike"}, rules.Match{Rule: "data-budget"}, false},
		"nothing in common":          {rules.Match{Rule: "spike"}, rules.Match{Project: "app:1"}, false},
		"a project by its UID":       {rules.Match{Project: "cold-chain"}, rules.Match{Project: "app:1"}, true},
		"a project by its name":      {rules.Match{Project: "app:1"}, rules.Match{Project: "cold-chain"}, true},
		"another project":            {rules.Match{Project: "app:2"}, rules.Match{Project: "cold-chain"}, false},
		"a rule in another project":  {rules.Match{Rule: "spike", Project: "depot"}, rules.Match{Rule: "spike", Project: "app:1"}, false},
		"a device by its UID":        {rules.Match{Subject: "freezer 7"}, rules.Match{Subject: "dev:7"}, true},
		"a device by its name":       {rules.Match{Subject: "dev:7"}, rules.Match{Subject: "freezer 7"}, true},
		"a device called almost so":  {rules.Match{Subject: "dev:8"}, rules.Match{Subject: "freezer 7"}, false},
		"an alert of the rule":       {rules.Match{Rule: "data-budget"}, rules.Match{Alert: "k3p"}, true},
		"an alert of the project":    {rules.Match{Project: "cold-chain"}, rules.Match{Alert: "k3p"}, true},
		"an alert of the device":     {rules.Match{Project: "app:1", Subject: "dev:7"}, rules.Match{Alert: "k3p"}, true},
		"an alert of another rule":   {rules.Match{Rule: "spike"}, rules.Match{Alert: "k3p"}, false},
		"an alert that nobody knows": {rules.Match{Rule: "data-budget"}, rules.Match{Alert: "gone"}, false},
		"nothing, an unknown alert":  {rules.Match{}, rules.Match{Alert: "gone"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			concerned, err := concerns(t.Context(), desk, c.silenced, c.selected)
			require.NoError(t, err)
			require.Equal(t, c.want, concerned)
		})
	}
}
