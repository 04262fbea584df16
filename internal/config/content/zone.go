package content

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/spelling"
)

// zones are the names of places in the time zone database, one a line. Package time has no such list.
//
//go:embed zones.txt
var zones string

// Zone returns the time zone of a name, or what is wrong with it. Local, the zone of the machine, is refused.
func Zone(name string) (*time.Location, *FormError) {
	zone, err := time.LoadLocation(name)
	if err == nil && zone != time.Local {
		return zone, nil
	}
	hint := "want a name of the time zone database, such as Europe/Berlin; without zone it is UTC"
	if near := nearestZone(name); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return nil, &FormError{fmt.Sprintf("unknown zone %q", name), hint}
}

// nearestZone returns the zone whose name is nearest to a wrong one. It compares whole names if name has a slash, else only the
// places. It returns "" if none is near, as for an abbreviation such as CEST, which is no place.
func nearestZone(name string) string {
	names := strings.Fields(zones)
	if strings.Contains(name, "/") {
		return spelling.Nearest(strings.ReplaceAll(name, " ", "_"), names)
	}
	places := make([]string, len(names))
	byPlace := make(map[string]string, len(names))
	for i, zone := range names {
		place := zone[strings.LastIndex(zone, "/")+1:]
		places[i], byPlace[place] = place, zone
	}
	const abbreviation = 5
	near := spelling.Nearest(strings.ReplaceAll(name, " ", "_"), places)
	if len(name) <= abbreviation && !strings.EqualFold(near, name) {
		return ""
	}
	return byPlace[near]
}
