package config

import (
	"fmt"
	"time"

	"notewatch/internal/config/content"
)

// zone reads the name of a time zone. Local, the zone of the machine, is refused.
func (v value) zone() *time.Location {
	name := v.name()
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || zone == time.Local {
		hint := "want a name of the time zone database, such as Europe/Berlin; without zone it is UTC"
		if near := content.NearestZone(name); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		v.report(fmt.Sprintf("unknown zone %q", name), hint)
		return nil
	}
	return zone
}
