package notehub_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notehub"
)

func TestFleets(t *testing.T) {
	var asked string
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		_, _ = w.Write([]byte(`{"fleets":[
			{"uid":"fleet:1","label":"North <1>","created":"2026-03-01T00:00:00Z","smart_rule":{"id":"x"},"watchdog_mins":0},
			{"uid":"fleet:2","label":null,"connectivity_assurance":{"enabled":true}}],"new":[]}`))
	})
	var list []notehub.Fleet
	require.NoError(t, client.Fleets(t.Context(), project, keep(&list)))
	require.Equal(t, "/proxy/v1/projects/"+project+"/fleets", asked)
	require.Equal(t, []notehub.Fleet{
		{UID: "fleet:1", Label: "North <1>", WatchdogMinutes: known(0)},
		{UID: "fleet:2", ConnectivityAssurance: notehub.Truth{True: true, Known: true}},
	}, list)
	require.NoError(t, answering(t, `{"fleets":null}`).Fleets(t.Context(), project, keep(&list)))
}

func TestSettingsOfFleetsThatCannotBeReadAreNotKnown(t *testing.T) {
	no, yes := notehub.Truth{Known: true}, notehub.Truth{True: true, Known: true}
	invalid := notehub.Truth{Invalid: true}
	for field, want := range map[string]notehub.Fleet{
		`"label":"North"`:                                            {},
		`"watchdog_mins":null`:                                       {},
		`"watchdog_mins":90`:                                         {WatchdogMinutes: known(90)},
		`"watchdog_mins":1.5`:                                        {WatchdogMinutes: notehub.Count{Invalid: true}},
		`"watchdog_mins":"90"`:                                       {WatchdogMinutes: notehub.Count{Invalid: true}},
		`"watchdog_mins":{"x":[1]}`:                                  {WatchdogMinutes: notehub.Count{Invalid: true}},
		`"connectivity_assurance":null`:                              {},
		`"connectivity_assurance":{}`:                                {},
		`"connectivity_assurance":{"enabled":null}`:                  {},
		`"connectivity_assurance":{"enabled":false,"since":{"x":1}}`: {ConnectivityAssurance: no},
		`"connectivity_assurance":{"since":[],"enabled":true}`:       {ConnectivityAssurance: yes},
		`"connectivity_assurance":{"enabled":"true"}`:                {ConnectivityAssurance: invalid},
		`"connectivity_assurance":{"enabled":[true]}`:                {ConnectivityAssurance: invalid},
		`"connectivity_assurance":true`:                              {ConnectivityAssurance: invalid},
		`"connectivity_assurance":["a",{"b":1}]`:                     {ConnectivityAssurance: invalid},
	} {
		var list []notehub.Fleet
		err := answering(t, `{"fleets":[{`+field+`,"uid":"fleet:1","label":"North"},{"uid":"fleet:2"}]}`).
			Fleets(t.Context(), project, keep(&list))
		require.NoError(t, err, field)
		want.UID, want.Label = "fleet:1", "North"
		require.Equal(t, []notehub.Fleet{want, {UID: "fleet:2"}}, list, field)
	}
	for field, problem := range map[string]string{
		`"connectivity_assurance":{"enabled":tru}`: "want true",
		`"connectivity_assurance":{"enabled"}`:     "want a colon",
		`"watchdog_mins":01`:                       "want a whole number, got 01",
	} {
		err := answering(t, `{"fleets":[{`+field+`,"uid":"fleet:1"}]}`).Fleets(t.Context(), project, keep(new([]notehub.Fleet)))
		require.ErrorIs(t, err, notehub.ErrInvalidAnswer, "what is no JSON is no answer")
		require.ErrorContains(t, err, problem)
	}
}

func TestAnswersWithoutFleetsAreErrors(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                           `it has no "fleets"`,
		`{"devices":[]}`:               `it has no "fleets"`,
		`{"fleets":{}}`:                `field "fleets": want a list, got an object`,
		`{"fleets":[{"label":"x"}]}`:   `row 1: it has no "uid"`,
		`{"fleets":[{"uid":7}]}`:       `row 1: field "uid": want a string, got a number`,
		`{"fleets":[],"fleets":[]}`:    `it comes twice`,
		`{"fleets":[{"uid":"fleet:1"}`: `it ends in the middle`,
	} {
		err := answering(t, body).Fleets(t.Context(), project, func(notehub.Fleet) error { return nil })
		require.ErrorIs(t, err, notehub.ErrInvalidAnswer, body)
		require.ErrorContains(t, err, `reading fleets of project "`+project+`"`)
		require.ErrorContains(t, err, want)
	}
}

func TestFleetsEndWithTheErrorOfTheirReader(t *testing.T) {
	enough := errors.New("enough")
	read := 0
	err := answering(t, `{"fleets":[{"uid":"fleet:1"},{"uid":"fleet:2"}]}`).Fleets(t.Context(), project, func(notehub.Fleet) error {
		read++
		return enough
	})
	require.ErrorIs(t, err, enough)
	require.Equal(t, 1, read)
}
