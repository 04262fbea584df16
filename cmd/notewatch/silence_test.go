package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/silences"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// A silence made by name stores UIDs: it is of one device, whatever is called so too or later. A name of several is refused.
func TestSilencesByNameAreOfOneDevice(t *testing.T) {
	directory := t.TempDir()
	t.Setenv("NOTEWATCH_DATABASE", filepath.Join(directory, "n.db"))
	t.Setenv("NOTEWATCH_RULES", filepath.Join(directory, "rules.yaml"))
	require.NoError(t, os.WriteFile(os.Getenv("NOTEWATCH_RULES"), []byte(`
projects: [{uid: 'app:1', name: lab}, {uid: 'app:2', name: depot}]
receivers: [{name: log, terminal: {}}]
rules: [{name: busy, each: device, when: events.today > 1}]
`), 0o600))
	db, err := store.Open(t.Context(), os.Getenv("NOTEWATCH_DATABASE"))
	require.NoError(t, err)
	storetest.SaveDevices(t, db, "app:1", []usage.Device{
		{UID: "dev:1", Name: "pump-1"}, {UID: "dev:2", Name: "pump-1"}, {UID: "dev:3", Name: "freezer"}, {UID: "dev:4", Name: "new name"},
	}, time.Now())
	storetest.SaveDevices(t, db, "app:2", []usage.Device{{UID: "dev:5", Name: "freezer"}, {UID: "dev:4", Name: "new name"}}, time.Now())
	fires := func(id, project, subject, name string) *rules.Alert {
		a := rules.Key{Rule: "busy", Project: project, Subject: subject}.Inactive()
		a.ID, a.State, a.Since = id, rules.Firing, time.Now()
		a.Texts.Subject, a.Texts.Project = name, "old lab"
		return &a
	}
	require.NoError(t, db.Decide(t.Context(), store.Decision{Now: time.Now(), Alerts: []*rules.Alert{
		fires("a", "app:1", "dev:4", "old name"), fires("b", "", "on-call", "on-call"),
		fires("c", "app:1", "dev:8", "twins"), fires("d", "app:1", "dev:9", "twins"),
	}}))
	require.NoError(t, db.Close())

	for _, c := range []struct {
		name    string
		flags   []string
		project string
		device  string
		shown   string
		refused []string
	}{
		{name: "several devices", flags: []string{"--device", "pump-1"}, refused: []string{`"pump-1" is ambiguous`, "dev:1", "dev:2"}},
		{name: "one by its UID", flags: []string{"--device", "dev:1"}, device: "dev:1", shown: "device pump-1 (dev:1)"},
		{name: "in several projects", flags: []string{"--device", "freezer"}, refused: []string{"dev:3", "(lab)", "dev:5", "(depot)"}},
		{
			name: "in one project", flags: []string{"--device", "freezer", "--project", "depot"}, project: "app:2", device: "dev:5",
			shown: "project depot (app:2), device freezer (dev:5)",
		},
		{name: "one device in several projects", flags: []string{"--device", "new name"}, device: "dev:4", shown: "device new name (dev:4)"},
		{name: "name in an alert", flags: []string{"--device", "old name"}, device: "dev:4", shown: "device new name (dev:4)"},
		{name: "name in alerts of several", flags: []string{"--device", "twins"}, refused: []string{"dev:8", "dev:9"}},
		{name: "project by its name in an alert", flags: []string{"--project", "old lab"}, project: "app:1", shown: "project lab (app:1)"},
		{name: "subject of an alert about notewatch", flags: []string{"--device", "on-call"}, device: "on-call", shown: "device on-call"},
		{name: "nothing", flags: []string{"--device", "valve"}, refused: []string{`unknown device "valve"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, talk bytes.Buffer
			code := run(t.Context(), append([]string{"silence", "--for", "1h", "--because", c.name}, c.flags...), &out, &talk)
			for _, text := range c.refused {
				require.Contains(t, talk.String(), text)
			}
			if c.refused != nil {
				require.Equal(t, exitFailure, code)
				return
			}
			require.Zero(t, code, &talk)
			require.Contains(t, out.String(), " silences "+c.shown+" until ")
			out.Reset()
			require.Zero(t, run(t.Context(), []string{"silences", "--json"}, &out, &talk), &talk)
			var listed []silences.Silence
			require.NoError(t, json.Unmarshal(out.Bytes(), &listed))
			for _, s := range listed {
				if s.Because == c.name {
					require.Equal(t, []string{c.project, c.device}, []string{s.Match.Project, s.Match.Device})
				}
			}
		})
	}
}
