package notehub_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notehub"
)

func TestRoutes(t *testing.T) {
	var asked string
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		_, _ = w.Write([]byte(` [
			{"uid":"route:1","label":"To <AWS>","type":"aws","modified":"2026-03-01T00:00:00Z","disabled":false},
			{"disabled":true,"type":"http","uid":"route:2","label":null,"http":{"url":"https://example.com"}},
			{"uid":"route:3"},
			{"uid":"route:4","label":7,"type":"slack","disabled":null},
			{"uid":"route:5","label":"Lab","type":["http"],"disabled":"yes"}] `))
	})
	no := notehub.Truth{Known: true}
	var list []notehub.Route
	require.NoError(t, client.Routes(t.Context(), project, keep(&list)))
	require.Equal(t, "/proxy/v1/projects/"+project+"/routes", asked)
	require.Equal(t, []notehub.Route{
		{UID: "route:1", Name: "To <AWS>", Type: "aws", Disabled: no},
		{UID: "route:2", Type: "http", Disabled: notehub.Truth{True: true, Known: true}},
		{UID: "route:3", Disabled: no},
		{UID: "route:4", Type: "slack", Invalid: true},
		{UID: "route:5", Name: "Lab", Disabled: notehub.Truth{Invalid: true}, Invalid: true},
	}, list)
	require.NoError(t, answering(t, `[]`).Routes(t.Context(), project, keep(&list)))
	require.Len(t, list, 5)
}

func TestAnswersWithoutRoutesAreErrors(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                   `want a list, got an object`,
		`{"routes":[]}`:        `want a list, got an object`,
		`null`:                 `want a list, got null`,
		`[{"label":"x"}]`:      `row 1: it has no "uid"`,
		`[{"uid":7}]`:          `row 1: field "uid": want a string, got a number`,
		`[{"uid":"route:1"}`:   `it ends in the middle`,
		`[{"uid":"route:1"}]]`: `something follows its end`,
	} {
		err := answering(t, body).Routes(t.Context(), project, func(notehub.Route) error { return nil })
		require.ErrorIs(t, err, notehub.ErrInvalidAnswer, body)
		require.ErrorContains(t, err, `reading routes of project "`+project+`"`)
		require.ErrorContains(t, err, want)
	}
}

func TestRoutesEndWithTheErrorOfTheirReader(t *testing.T) {
	enough := errors.New("enough")
	read := 0
	err := answering(t, `[{"uid":"route:1"},{"uid":"route:2"}]`).Routes(t.Context(), project, func(notehub.Route) error {
		read++
		return enough
	})
	require.ErrorIs(t, err, enough)
	require.Equal(t, 1, read)
}
