package notehub_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notehub"
)

func TestProjects(t *testing.T) {
	var asked string
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		_, _ = w.Write([]byte(`{"projects":[
			{"uid":"app:1","label":"Cold <1>","created":"2026-03-01T00:00:00Z","role":"viewer","administrative_contact":{"name":"Amy"}},
			{"role":null,"label":7,"uid":"app:2"},{"uid":"app:3","role":["owner"]}],"new":1}`))
	})
	var list []notehub.Project
	require.NoError(t, client.Projects(t.Context(), keep(&list)))
	require.Equal(t, "/proxy/v1/projects", asked)
	require.Equal(t, []notehub.Project{
		{UID: "app:1", Name: "Cold <1>", Role: "viewer"}, {UID: "app:2", Invalid: true}, {UID: "app:3", Invalid: true},
	}, list)
	for _, body := range []string{`{"projects":[]}`, `{"projects":null}`, `{}`} {
		require.NoError(t, answering(t, body).Projects(t.Context(), nil), body)
	}
}

func TestAnswersWithoutProjectsAreErrors(t *testing.T) {
	for body, want := range map[string]string{
		`[]`:                           `want an object, got a list`,
		`{"fleets":[]}`:                `it has no "projects"`,
		`{"projects":{}}`:              `field "projects": want a list, got an object`,
		`{"projects":[{"label":"x"}]}`: `row 1: it has no "uid"`,
		`{"projects":[{"uid":7}]}`:     `row 1: field "uid": want a string, got a number`,
		`{"projects":[{"uid":"app:1"}`: `it ends in the middle`,
	} {
		err := answering(t, body).Projects(t.Context(), func(notehub.Project) error { return nil })
		require.ErrorIs(t, err, notehub.ErrInvalidAnswer, body)
		require.ErrorContains(t, err, "reading projects: ")
		require.ErrorContains(t, err, want)
	}
}
