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
