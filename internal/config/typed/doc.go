// Package typed reads a YAML document into a struct whose fields say what may be written, and reports everything that does not fit at once.
//
// [Read] fills exported fields by their tags: `yaml` is the key, `need:"yes"` makes it required, `help` describes it. A type that implements
// [Text] reads a scalar itself; one that implements [Words] is one of several words. [Map] keeps the keys of a mapping in their order, [Raw]
// keeps a node unread, and a struct that embeds [At] knows where it stands, so that later checks report problems there too. `item` names the
// elements of a list in problems: test "a flood".
//
// [Schema] describes the same struct as JSON Schema, from the same tags.
//
// Rules files are not read here: package config reads them, because what a key means there depends on other keys.
package typed
