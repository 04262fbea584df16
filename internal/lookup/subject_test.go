package lookup_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/rules"
)

func TestAlertsAreAboutSubjects(t *testing.T) {
	told := rules.Texts{Subject: "freezer-1", Project: "cold-chain"}
	device := lookup.SubjectOf(rules.Alert{Project: "app:1", Subject: "dev:1", Texts: told})
	require.Equal(t, lookup.KindDevice, device.Kind)
	require.Equal(t, "freezer-1", device.Name)
	require.Equal(t, "https://notehub.io/project/app:1/devices/dev:1", device.URL())

	project := lookup.SubjectOf(rules.Alert{Project: "app:1", Texts: told})
	require.Equal(t, lookup.KindProject, project.Kind)
	require.Equal(t, "cold-chain", project.Name)
	require.Equal(t, "https://notehub.io/project/app:1", project.URL())

	itself := lookup.SubjectOf(rules.Alert{Subject: "on-call", Texts: rules.Texts{Subject: "on-call", Project: "notewatch"}})
	require.Equal(t, lookup.Subject{Name: "on-call"}, itself)
}
