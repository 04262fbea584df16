package lookup_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/notify"
	"notewatch/rules"
)

func TestAlertsAreAboutSubjects(t *testing.T) {
	told := rules.Told{Subject: "freezer-1", Project: "cold-chain"}
	device := lookup.SubjectOf(rules.Alert{Project: "app:1", Subject: "dev:1", Told: told})
	require.Equal(t, lookup.KindDevice, device.Kind)
	require.Equal(t, notify.Named{UID: "dev:1", Name: "freezer-1", URL: "https://notehub.io/project/app:1/devices/dev:1"}, device.Link())

	project := lookup.SubjectOf(rules.Alert{Project: "app:1", Told: told})
	require.Equal(t, lookup.KindProject, project.Kind)
	require.Equal(t, notify.Named{UID: "app:1", Name: "cold-chain", URL: "https://notehub.io/project/app:1"}, project.Link())

	itself := lookup.SubjectOf(rules.Alert{Subject: "on-call", Told: rules.Told{Subject: "on-call", Project: "notewatch"}})
	require.Equal(t, notify.Named{Name: "on-call"}, itself.Link())
}
