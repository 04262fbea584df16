// Package catalogue holds rules that many fleets want, each in a file of the form that a rule has in a rules file. Rules files take them by
// `include: [catalogue/*]`, or begin a rule of their own with one by `like: catalogue/event-flood`. One of them, watcher-blind, is part of
// every rules file.
//
// Beside each rule is a test of it, event-flood_test.yaml: it fires for its incident within the delay of its kind, is false for what is healthy,
// and no data for what is not known. `notewatch test rules/catalogue` runs them, and so do the tests of this package.
//
// The files are only read here: package config decodes them as it decodes what people write.
package catalogue

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// WatcherBlind is the name of the rule that every rules file has.
const WatcherBlind = "watcher-blind"

const (
	extension = ".yaml"
	tests     = "_test.yaml" // ends the names of files that test the rules
)

// Names returns the names of all rules, sorted.
func Names() (names []string) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err) // they are in the program
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), tests) {
			names = append(names, strings.TrimSuffix(entry.Name(), extension))
		}
	}
	return names
}

// Matching returns the names that a pattern such as silent-* matches, sorted.
func Matching(pattern string) (names []string) {
	for _, name := range Names() {
		if ok, err := path.Match(pattern, name); ok && err == nil {
			names = append(names, name)
		}
	}
	return names
}

// Text returns the text of a rule; nil if there is none of the name.
func Text(name string) []byte {
	text, err := files.ReadFile(name + extension)
	if err != nil {
		return nil
	}
	return text
}
