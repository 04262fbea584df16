package onboard_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/driven"
	"notewatch/internal/incident"
	"notewatch/internal/rehearse"
	"notewatch/notehub/notehubtest"
)

var long = flag.Bool("long", false, "rehearse the written rules on a bad month, on every incident, and on healthy months")

// june is the month that is rehearsed.
var june = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// proposed returns the rules file that init writes at an instant.
func proposed(t *testing.T, config notehubtest.Config, at time.Time) []byte {
	t.Helper()
	clock := driven.NewClock(at)
	config.Now, config.Token, config.Faults = clock.Now, rehearse.Token, nil
	r := newRig(t, notehubtest.New(config), clock, rehearse.Token)
	r.config.NoTrial, r.config.Channel = true, "C0123456789"
	_, err := r.run()
	require.NoError(t, err)
	text, err := os.ReadFile(r.config.Path)
	require.NoError(t, err)
	return text
}

// caught reports whether the rule of an incident fired about its subject while it lasted.
func caught(i incident.Incident, got incident.Record) bool {
	for _, a := range got.Alerts {
		if a.Rule == i.Rule && a.Texts.Subject == cmp.Or(i.Subject, "depot") && !a.FiredAt.Before(i.Start) && !a.FiredAt.After(i.Until()) {
			return true
		}
	}
	return false
}

// With the rules that init writes before it, a bad month and the incidents that cannot befall its fleet are noticed: at least 26 of 30.
func TestABadMonthIsNoticed(t *testing.T) {
	t.Parallel()
	if !*long {
		t.Skip("without -long; TestAnIncidentIsNoticed has one incident")
	}
	month, hub := incident.BadMonth(incident.Project, "depot")
	got, err := incident.Rehearse(t.Context(), incident.Rehearsal{
		Hub: hub, Rules: proposed(t, hub, june), From: june, To: june.AddDate(0, 1, 0).Add(4 * time.Hour), Every: time.Hour,
	})
	require.NoError(t, err)
	noticed, missed := 0, []string{}
	count := func(i incident.Incident, got incident.Record) {
		if caught(i, got) {
			noticed++
		} else {
			missed = append(missed, i.Name)
		}
	}
	for _, i := range month {
		count(i, got)
	}
	for _, i := range incident.All() {
		if !slices.ContainsFunc(month, func(other incident.Incident) bool { return other.Name == i.Name }) {
			count(i, befallen(t, i))
		}
	}
	t.Logf("noticed %d, missed %q", noticed, missed)
	require.Equal(t, 30, noticed+len(missed))
	require.GreaterOrEqual(t, noticed, 26, "missed: %q", missed)
}

// befallen rehearses the rules that init writes before an incident on it.
func befallen(t *testing.T, i incident.Incident) incident.Record {
	t.Helper()
	hub := i.Hub(incident.Project, "depot")
	got, err := incident.Rehearse(t.Context(), incident.Rehearsal{
		Hub: hub, Rules: proposed(t, hub, i.Watch), From: i.Watch, To: i.Until(), Every: time.Hour,
	})
	require.NoError(t, err)
	return got
}

// The rules that init writes notice what happens next.
func TestAnIncidentIsNoticed(t *testing.T) {
	t.Parallel()
	i, err := incident.Find("carrier-outage")
	require.NoError(t, err)
	require.True(t, caught(i, befallen(t, i)))
}

// The rules that init writes before a healthy month send at most three messages in it.
func TestAHealthyMonthIsQuiet(t *testing.T) {
	t.Parallel()
	if !*long {
		t.Skip("without -long")
	}
	fleets := []incident.Healthy{{Devices: 84, Seed: 1}, {Devices: 84, Seed: 2}}
	for _, kind := range incident.Kinds()[1:] {
		fleets = append(fleets, incident.Healthy{Kind: kind, Devices: 15, Seed: 3})
	}
	for _, h := range fleets {
		t.Run(fmt.Sprintf("%d %s %d", h.Devices, h.Kind, h.Seed), func(t *testing.T) {
			t.Parallel()
			hub := h.Hub(incident.Project, "depot")
			got, err := incident.Rehearse(t.Context(), incident.Rehearsal{
				Hub: hub, Rules: proposed(t, hub, june), From: june, To: june.AddDate(0, 1, 0), Every: 90 * time.Minute,
			})
			require.NoError(t, err)
			var texts []string
			for _, m := range got.Messages {
				if m.Rule != "weekly-summary" && m.Rule != "watching" {
					texts = append(texts, m.At.Format(time.DateTime)+" "+m.Text)
				}
			}
			t.Logf("%d messages", len(texts))
			require.LessOrEqual(t, len(texts), 3, strings.Join(texts, "\n"))
		})
	}
}
