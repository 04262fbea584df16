package config

import (
	"fmt"
	"slices"
	"strings"

	"notewatch/internal/config/problem"

	"go.yaml.in/yaml/v4"
)

// names are the nodes that named what must be unique, by name.
type names map[string]*yaml.Node

// claim reads a name that nothing else of its kind may have.
func (v value) claim(kind string, taken names) string {
	name := v.name()
	if name == "" {
		return ""
	}
	if first, twice := taken[name]; twice {
		v.report(fmt.Sprintf("%s %q stands on line %d already", kind, name, first.Line), "")
		return name
	}
	taken[name] = v.node
	return name
}

// refer reads a name that must be one of all.
func (v value) refer(kind string, all []string) string {
	name := v.name()
	v.demand(kind, name, all)
	return name
}

// demand reports a name that is none of all.
func (v value) demand(kind, name string, all []string) {
	if name == "" || slices.Contains(all, name) {
		return
	}
	hint := ""
	if len(v.problems) < problem.MaxShown { // the search for near names takes long
		hint = problem.Hint(name, all)
	}
	v.report(fmt.Sprintf("unknown %s %q", kind, name), hint)
}

// A link is where one of several things names another of its kind.
type link struct {
	at       value
	from, to string
}

// checkLinks reports the links to nothing and to the thing itself, and each circle that links make, once. Of a thing no
// more than one link goes out.
func checkLinks(kind string, links []link, all []string) {
	next := map[string]string{}
	for _, l := range links {
		if l.from == l.to {
			l.at.report("a "+kind+" cannot name itself here", "")
			continue
		}
		l.at.demand(kind, l.to, all)
		next[l.from] = l.to
	}
	reported := map[string]bool{}
	for _, l := range links {
		path := circle(l.from, next)
		if len(path) == 0 || reported[l.from] {
			continue
		}
		for _, name := range path {
			reported[name] = true
		}
		l.at.report("goes round in a circle: "+strings.Join(append(path, l.from), " → "), "")
	}
}

// circle returns the names on the way from name back to it, nil when there is no such way.
func circle(name string, next map[string]string) []string {
	path := []string{name}
	for at, ok := next[name]; ok && len(path) <= len(next); at, ok = next[at] {
		if at == name {
			return path
		}
		path = append(path, at)
	}
	return nil
}
