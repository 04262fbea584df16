package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"notewatch/internal/config/document"
	"notewatch/internal/config/problem"
	"notewatch/rules"
)

// A key is one key of a mapping and what reads its value.
type key struct {
	name      string
	required  bool
	empty     bool   // may stand without a value
	elsewhere string // where the key belongs, if not here: it is reported and not read
	read      func(value)
}

// keys reads a mapping: each key by its reader, in the order given, whatever their order in the file. Keys that are
// unknown, repeated, missing or without a value are reported.
func (v value) keys(keys ...key) { v.keysOver(nil, keys...) }

// keysOver is keys for a mapping that has some pairs of another where it has none of its own. A key without a value takes such a pair away.
func (v value) keysOver(base []pair, keys ...key) {
	if v.node.Kind != yaml.MappingNode {
		v.wrongType("a mapping", v.mappingHint(keys))
		return
	}
	allowed := make([]string, 0, len(keys))
	for _, k := range keys {
		if k.elsewhere == "" {
			allowed = append(allowed, k.name)
		}
	}
	found := map[string]pair{}
	for _, pair := range v.pairs() {
		found[pair.name] = pair
		at := slices.IndexFunc(keys, func(k key) bool { return k.name == pair.name })
		switch {
		case at < 0:
			pair.key.unknownKey(pair.name, allowed)
		case keys[at].elsewhere != "":
			pair.key.report("does not belong here", keys[at].elsewhere)
		}
	}
	for _, other := range base {
		if own, ok := found[other.name]; !ok {
			found[other.name] = other
		} else if own.value.isNull() {
			delete(found, other.name)
		}
	}
	for _, k := range keys {
		pair, ok := found[k.name]
		switch {
		case k.elsewhere != "":
		case !ok && k.required:
			v.child(v.node, k.name).report("missing", "")
		case ok && pair.value.isNull() && !k.empty:
			pair.value.report("no value", pair.commentHint())
		case ok:
			k.read(pair.value)
		}
	}
}

// mappingHint returns an example of a mapping with some of the keys; "" for a whole file.
func (v value) mappingHint(keys []key) string {
	if v.subject == "" && v.field == "" {
		return ""
	}
	first := ""
	for _, k := range keys {
		switch {
		case k.elsewhere != "":
		case k.required:
			return "such as {" + k.name + ": …}"
		case first == "":
			first = k.name + ": …"
		}
	}
	return "such as {" + first + "}"
}

// A pair is a key of a mapping with its value.
type pair struct {
	name       string
	key, value value
}

// pairs returns the pairs of a mapping in the order of the file. Of a key that is repeated the first counts.
func (v value) pairs() (pairs []pair) {
	lines := map[string]int{}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		node := v.node.Content[i]
		key := v.child(node, v.shown(node.Value))
		switch first, twice := lines[node.Value]; {
		case node.Kind != yaml.ScalarNode:
			key.report("a key is a word, not a mapping or list", "")
		case twice:
			key.report(fmt.Sprintf("given twice, first on line %d", first), "")
		default:
			lines[node.Value] = node.Line
			pairs = append(pairs, pair{node.Value, key, v.child(v.node.Content[i+1], v.shown(node.Value))})
		}
	}
	return pairs
}

// get returns what a mapping has under a key.
func (v value) get(key string) (found *yaml.Node, ok bool) {
	if v.node.Kind != yaml.MappingNode {
		return nil, false
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		if v.node.Content[i].Value == key {
			return v.node.Content[i+1], true
		}
	}
	return nil, false
}

// at returns the value under a path of keys. If a key is missing, it returns the value that lacks it.
func (v value) at(keys ...string) value {
	for _, key := range keys {
		node, ok := v.get(key)
		if !ok {
			return v
		}
		v = v.child(node, key)
	}
	return v
}

func (v value) has(key string) bool {
	_, ok := v.get(key)
	return ok
}

// count returns how many of several keys a mapping has.
func (v value) count(keys ...string) (count int) {
	for _, key := range keys {
		if v.has(key) {
			count++
		}
	}
	return count
}

// exactlyOne reports a mapping that has none of several keys, or more than one.
func (v value) exactlyOne(keys ...string) {
	if v.node.Kind == yaml.MappingNode && v.count(keys...) != 1 {
		v.report("want exactly one of "+problem.OneOf(keys), "")
	}
}

// together reports the one of two keys that a mapping lacks while it has the other.
func (v value) together(one, other string) {
	if v.count(one, other) != 1 {
		return
	}
	if v.has(one) {
		one, other = other, one
	}
	v.child(v.node, one).report("missing", one+" and "+other+" go together")
}

// unknownKey reports the key v, which is none of those allowed.
func (v value) unknownKey(name string, allowed []string) {
	hint := problem.Hint(name, allowed)
	if at := slices.IndexFunc(allowed, func(a string) bool { return strings.HasPrefix(name, a+":") }); at >= 0 {
		hint = fmt.Sprintf("put a space after %s:", allowed[at])
	}
	v.report("unknown key", hint)
}

var (
	letters    = regexp.MustCompile(`^[A-Za-z_-]{1,30}$`)
	identifier = regexp.MustCompile(`^\w{1,60}$`)
)

// shown returns a key for messages. What does not look like a key may be a secret that slipped into the place of one,
// except in rules: they hold no secrets, and have keys that their authors choose.
func (v value) shown(key string) string {
	if letters.MatchString(key) || strings.HasPrefix(v.subject, "rule ") && identifier.MatchString(key) {
		return key
	}
	return "…"
}

// commentHint returns the hint for a missing value that was written as a comment.
func (p pair) commentHint() string {
	if p.key.node.LineComment == "" {
		return ""
	}
	return document.QuoteHint("a value that begins with #")
}

// list calls read for every element of a list.
func (v value) list(read func(value)) {
	if v.node.Kind != yaml.SequenceNode {
		v.wrongType("a list", "")
		return
	}
	for _, element := range v.node.Content {
		v.node = element
		read(v)
	}
}

// some reads a list that must not be empty.
func (v value) some(read func(value)) {
	if v.node.Kind == yaml.SequenceNode && len(v.node.Content) == 0 {
		v.report("the list is empty", "")
	}
	v.list(read)
}

// oneOrSome reads a list that must not be empty, or one element without a list around it.
func (v value) oneOrSome(read func(value)) {
	if v.node.Kind == yaml.SequenceNode {
		v.some(read)
		return
	}
	read(v)
}

// byLevel reads a mapping of levels to something.
func (v value) byLevel(read func(rules.Level, value)) {
	if v.node.Kind != yaml.MappingNode {
		v.wrongType("a mapping of levels", "")
		return
	}
	if len(v.node.Content) == 0 {
		v.report("no levels", "want "+problem.OneOf(levels))
	}
	for _, pair := range v.pairs() {
		level, err := rules.ParseLevel(pair.name)
		if err != nil || level == rules.Inactive {
			pair.key.report("unknown level", problem.Hint(pair.name, levels))
			continue
		}
		read(level, pair.value)
	}
}
