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
	"notewatch/rules/muting"
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
	a.Texts.Project, a.Texts.Subject = "cold-chain", "freezer 7"
	require.NoError(t, db.Decide(t.Context(), store.Decision{Alerts: []*rules.Alert{&a}, Now: now}))
	reader := lookup.New(lookup.Config{
		Store: db, Projects: []lookup.Project{{UID: "app:1", Name: "cold-chain"}, {UID: "app:2", Name: "depot"}}, Now: func() time.Time { return now },
	})

	for name, c := range map[string]struct {
		selected, silenced muting.Match
		want               bool
	}{
		"nothing selected":           {muting.Match{}, muting.Match{Rule: "spike"}, true},
		"the same rule":              {muting.Match{Rule: "spike"}, muting.Match{Rule: "spike", Project: "app:1"}, true},
		"another rule":               {muting.Match{Rule: "spike"}, muting.Match{Rule: "data-budget"}, false},
		"nothing in common":          {muting.Match{Rule: "spike"}, muting.Match{Project: "app:1"}, false},
		"a project by its UID":       {muting.Match{Project: "cold-chain"}, muting.Match{Project: "app:1"}, true},
		"a project by its name":      {muting.Match{Project: "app:1"}, muting.Match{Project: "cold-chain"}, true},
		"another project":            {muting.Match{Project: "app:2"}, muting.Match{Project: "cold-chain"}, false},
		"a rule in another project":  {muting.Match{Rule: "spike", Project: "depot"}, muting.Match{Rule: "spike", Project: "app:1"}, false},
		"a device by its UID":        {muting.Match{Subject: "freezer 7"}, muting.Match{Subject: "dev:7"}, true},
		"a device by its name":       {muting.Match{Subject: "dev:7"}, muting.Match{Subject: "freezer 7"}, true},
		"a device called almost so":  {muting.Match{Subject: "dev:8"}, muting.Match{Subject: "freezer 7"}, false},
		"an alert of the rule":       {muting.Match{Rule: "data-budget"}, muting.Match{Alert: "k3p"}, true},
		"an alert of the project":    {muting.Match{Project: "cold-chain"}, muting.Match{Alert: "k3p"}, true},
		"an alert of the device":     {muting.Match{Project: "app:1", Subject: "dev:7"}, muting.Match{Alert: "k3p"}, true},
		"an alert of another rule":   {muting.Match{Rule: "spike"}, muting.Match{Alert: "k3p"}, false},
		"an alert that nobody knows": {muting.Match{Rule: "data-budget"}, muting.Match{Alert: "gone"}, false},
		"nothing, an unknown alert":  {muting.Match{}, muting.Match{Alert: "gone"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			concerned, err := concerns(t.Context(), reader, c.silenced, c.selected)
			require.NoError(t, err)
			require.Equal(t, c.want, concerned)
		})
	}
}
