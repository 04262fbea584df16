package typed

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"notewatch/internal/config/document"
	"notewatch/internal/config/problem"
)

// A Text reads itself from a scalar. Its error may be a [*MistakeError].
type Text interface {
	ReadText(text string) error
}

// Words is a kind of string that is one of several words.
type Words interface {
	Words() []string
}

// A MistakeError is an error with a hint on how to fix it.
type MistakeError struct{ Message, Hint string }

// Error returns the message.
func (m *MistakeError) Error() string { return m.Message }

// An At is where a value stands in a document.
type At struct {
	Line, Column int    // from 1
	Where        string // such as `test "a flood": steps[2]`
}

// Problem returns a problem of a field of the value, or of the value itself if field is "".
func (a At) Problem(path, field, message, hint string) problem.Problem {
	return problem.Problem{File: path, Line: a.Line, Column: a.Column, Where: join(a.Where, field), Message: message, Hint: hint}
}

// A Raw is a value that is kept unread.
type Raw struct {
	At
	Text    string // of a scalar
	Mapping bool
	Given   bool // the key is there
}

// An Entry is a key of a mapping with its value.
type Entry[T any] struct {
	At
	Key   string
	Value T
}

// A Map is a mapping of keys that the author chooses, in the order of the document.
type Map[T any] []Entry[T]

// Get returns the value of a key; ok is false if there is none.
func (m Map[T]) Get(key string) (value T, ok bool) {
	for _, e := range m {
		if e.Key == key {
			return e.Value, true
		}
	}
	return value, false
}

// Keys returns the keys.
func (m Map[T]) Keys() (keys []string) {
	for _, e := range m {
		keys = append(keys, e.Key)
	}
	return keys
}

func (m Map[T]) element() reflect.Type { return reflect.TypeFor[T]() }

// A mapping is any Map.
type mapping interface{ element() reflect.Type }

// Read reads a document into the struct that into points to. The path is used in problems.
func Read(path string, data []byte, into any) problem.Errors {
	root, failure := document.New(data).Parse()
	if failure != nil {
		return problem.Errors{{File: path, Line: failure.Line, Column: failure.Column, Message: failure.Message, Hint: failure.Hint}}
	}
	r := reader{path: path}
	r.read(root, "", reflect.ValueOf(into).Elem())
	return r.problems.Sorted()
}

// A reader collects the problems of a document.
type reader struct {
	path     string
	problems problem.Errors
}

func (r *reader) report(n *yaml.Node, where, message, hint string) {
	r.problems = append(r.problems, problem.Problem{
		File: r.path, Line: max(n.Line, 1), Column: max(n.Column, 1), Where: where, Message: message, Hint: hint,
	})
}

var atType = reflect.TypeFor[At]()

// read reads a node into a value.
func (r *reader) read(n *yaml.Node, where string, v reflect.Value) {
	if raw, ok := reflect.TypeAssert[*Raw](v.Addr()); ok {
		*raw = Raw{At{n.Line, n.Column, where}, n.Value, n.Kind == yaml.MappingNode, true}
		return
	}
	if isNull(n) {
		r.report(n, where, "no value", "")
		return
	}
	if text, ok := reflect.TypeAssert[Text](v.Addr()); ok {
		r.scalar(n, where, "text", func(s string) error { return text.ReadText(s) })
		return
	}
	switch _, isMap := reflect.TypeAssert[mapping](v); {
	case isMap:
		r.entries(n, where, v)
	case v.Kind() == reflect.Struct:
		r.fields(n, where, v)
	case v.Kind() == reflect.Slice:
		r.list(n, where, "", v)
	case v.Kind() == reflect.Pointer:
		one := reflect.New(v.Type().Elem())
		r.read(n, where, one.Elem())
		v.Set(one)
	default:
		r.basic(n, where, v)
	}
}

// basic reads a word, a text, a number or a truth.
func (r *reader) basic(n *yaml.Node, where string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		r.scalar(n, where, "text", func(s string) error {
			if w, ok := reflect.TypeAssert[Words](v); ok && !slices.Contains(w.Words(), s) {
				return &MistakeError{"unknown word " + strconv.Quote(s), problem.Hint(s, w.Words())}
			}
			if strings.TrimSpace(s) == "" {
				return errors.New("no text")
			}
			v.SetString(s)
			return nil
		})
	case reflect.Bool:
		r.scalar(n, where, "true or false", func(s string) error {
			if s != "true" && s != "false" {
				return errors.New("want true or false")
			}
			v.SetBool(s == "true")
			return nil
		})
	case reflect.Int:
		r.scalar(n, where, "a number", func(s string) error {
			number, err := strconv.Atoi(s)
			if err != nil || number < 0 || number > maxNumber {
				return fmt.Errorf("want a whole number from 0 to %d", maxNumber)
			}
			v.SetInt(int64(number))
			return nil
		})
	case reflect.Float64:
		r.scalar(n, where, "a number", func(s string) error {
			number, err := strconv.ParseFloat(s, 64)
			if err != nil || number != number || number > maxNumber || number < -maxNumber {
				return fmt.Errorf("want a number up to %d", maxNumber)
			}
			v.SetFloat(number)
			return nil
		})
	default:
		panic("typed: a field of the kind " + v.Kind().String())
	}
}

const maxNumber = 1_000_000_000

// scalar passes the text of a scalar to read.
func (r *reader) scalar(n *yaml.Node, where, want string, read func(string) error) {
	if n.Kind != yaml.ScalarNode {
		r.wrongType(n, where, want)
		return
	}
	err := read(n.Value)
	if mistake, ok := errors.AsType[*MistakeError](err); ok {
		r.report(n, where, mistake.Message, mistake.Hint)
	} else if err != nil {
		r.report(n, where, err.Error(), "")
	}
}

func (r *reader) wrongType(n *yaml.Node, where, want string) {
	found := "text"
	switch {
	case n.Kind == yaml.MappingNode:
		found = "a mapping"
	case n.Kind == yaml.SequenceNode:
		found = "a list"
	case isNull(n):
		found = "nothing"
	}
	r.report(n, where, "want "+want+", not "+found, "")
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// list reads a list. One element may stand without a list around it, unless it is a mapping.
func (r *reader) list(n *yaml.Node, where, item string, v reflect.Value) {
	nodes := n.Content
	switch {
	case n.Kind == yaml.ScalarNode && v.Type().Elem().Kind() == reflect.String:
		nodes = []*yaml.Node{n}
	case n.Kind != yaml.SequenceNode:
		r.wrongType(n, where, "a list")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(nodes), len(nodes))
	for i, node := range nodes {
		at := fmt.Sprintf("%s[%d]", where, i+1)
		if item != "" {
			at = titled(item, node)
		}
		r.read(node, at, list.Index(i))
	}
	v.Set(list)
}

// titled returns what problems call an element of a list: its kind and its name, or its line.
func titled(item string, n *yaml.Node) string {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if value := n.Content[i+1]; n.Content[i].Value == "name" && value.Kind == yaml.ScalarNode && value.Value != "" {
			return fmt.Sprintf("%s %.80q", item, value.Value)
		}
	}
	return fmt.Sprintf("%s on line %d", item, n.Line)
}

// A field is a field of a struct with its tags.
type field struct {
	index  int
	key    string
	item   string // name of the elements of a list
	help   string
	needed bool
}

// fieldsOf returns the fields of a struct that a document can set.
func fieldsOf(t reflect.Type) (all []field) {
	for i := range t.NumField() {
		f := t.Field(i)
		if key := f.Tag.Get("yaml"); key != "" {
			all = append(all, field{i, key, f.Tag.Get("item"), f.Tag.Get("help"), f.Tag.Get("need") == "yes"})
		}
	}
	return all
}

// fields reads a mapping into a struct.
func (r *reader) fields(n *yaml.Node, where string, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		r.wrongType(n, where, "a mapping")
		return
	}
	if at := v.FieldByName("At"); at.IsValid() && at.Type() == atType {
		at.Set(reflect.ValueOf(At{n.Line, n.Column, where}))
	}
	all := fieldsOf(v.Type())
	keys := make([]string, len(all))
	for i, f := range all {
		keys[i] = f.key
	}
	found := r.pairs(n, where)
	for _, p := range found {
		at := slices.Index(keys, p.key.Value)
		if at < 0 {
			r.report(p.key, join(where, shown(p.key.Value)), "unknown key", problem.Hint(p.key.Value, keys))
			continue
		}
		f, below := all[at], join(where, p.key.Value)
		if target := v.Field(f.index); f.item != "" && !isNull(p.value) {
			r.list(p.value, below, f.item, target)
		} else {
			r.read(p.value, below, target)
		}
	}
	for _, f := range all {
		if f.needed && !slices.ContainsFunc(found, func(p pair) bool { return p.key.Value == f.key }) {
			r.report(n, join(where, f.key), "missing", "")
		}
	}
}

// A pair is a key of a mapping with its value.
type pair struct{ key, value *yaml.Node }

// pairs returns the pairs of a mapping. Of a key that is repeated the first counts.
func (r *reader) pairs(n *yaml.Node, where string) (pairs []pair) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		before := slices.IndexFunc(pairs, func(p pair) bool { return p.key.Value == key.Value })
		switch {
		case key.Kind != yaml.ScalarNode:
			r.report(key, where, "a key is a word, not a mapping or list", "")
		case before >= 0:
			r.report(key, join(where, shown(key.Value)), fmt.Sprintf("given twice, first on line %d", pairs[before].key.Line), "")
		default:
			pairs = append(pairs, pair{key, n.Content[i+1]})
		}
	}
	return pairs
}

// entries reads a mapping into a Map.
func (r *reader) entries(n *yaml.Node, where string, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		r.wrongType(n, where, "a mapping")
		return
	}
	pairs := r.pairs(n, where)
	list := reflect.MakeSlice(v.Type(), len(pairs), len(pairs))
	for i, p := range pairs {
		below := join(where, shown(p.key.Value))
		entry := list.Index(i)
		entry.FieldByName("At").Set(reflect.ValueOf(At{p.key.Line, p.key.Column, below}))
		entry.FieldByName("Key").SetString(p.key.Value)
		r.read(p.value, below, entry.FieldByName("Value"))
	}
	v.Set(list)
}

// join returns the place of a key below where.
func join(where, key string) string {
	switch {
	case key == "" || where == "":
		return where + key
	case strings.HasSuffix(where, `"`) || strings.Contains(where, " on line ") && !strings.Contains(where, ": "):
		return where + ": " + key
	}
	return where + "." + key
}

// shown returns a key, shortened.
func shown(key string) string {
	if runes := []rune(key); len(runes) > 60 {
		return string(runes[:59]) + "…"
	}
	return key
}
