package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/lookup"
	"notewatch/rules"
)

// A directory is what projects and devices are called, by UID, to show what silences match.
type directory map[string]string

// directoryOf returns what the desk calls the projects and devices that matches name by UID; of a device that is not listed, what
// its newest alert calls it.
func directoryOf(ctx context.Context, desk *lookup.Desk, matches ...rules.Match) (directory, error) {
	d := directory{}
	for _, p := range desk.Projects {
		d[p.UID] = p.Name
	}
	for _, m := range matches {
		if _, known := d[m.Subject]; known || m.Subject == "" {
			continue
		}
		name, err := deviceName(ctx, desk, m.Subject)
		if err != nil {
			return d, err
		}
		d[m.Subject] = name
	}
	return d, nil
}

// deviceName returns the name of the device of a UID; "" if there is none.
func deviceName(ctx context.Context, desk *lookup.Desk, uid string) (string, error) {
	listed, err := desk.Called(ctx, uid, lookup.KindDevice)
	if err != nil {
		return "", err
	}
	for _, device := range listed {
		if device.UID == uid {
			return device.Name, nil
		}
	}
	former, err := desk.Store.DevicesInAlerts(ctx, uid)
	for _, device := range former {
		if device.UID == uid {
			return device.Name, err
		}
	}
	return "", err
}

// matchText says what a match selects: "rule data-budget, device sensor-1 (dev:860000099723646)".
func (d directory) matchText(m rules.Match) string {
	var parts []string
	for _, part := range []struct{ what, name string }{
		{"alert", m.Alert}, {"rule", m.Rule}, {"project", d.text(m.Project)}, {"device", d.text(m.Subject)},
	} {
		if part.name != "" {
			parts = append(parts, part.what+" "+part.name)
		}
	}
	return strings.Join(parts, ", ")
}

// text shows a UID by its name. What is no UID, such as a name in the rules file, is shown as it is written.
func (d directory) text(uid string) string {
	if name := d[uid]; name != "" && name != uid {
		return name + " (" + uid + ")"
	}
	return uid
}

// named returns what has a UID, with its name; of what is no UID, the name alone.
func (d directory) named(uid string) named {
	if name := d[uid]; name != "" {
		return named{UID: uid, Name: name}
	}
	return named{Name: uid}
}

// nameMatch returns what the rules file and the database call what a match selects.
func nameMatch(c *cobra.Command, db opened, m rules.Match) (directory, error) {
	names, err := db.Names(c.Context())
	if err != nil {
		return nil, err
	}
	_, desk, _ := wideDesk(c, db, names)
	return directoryOf(c.Context(), desk, m)
}
