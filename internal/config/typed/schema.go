package typed

import (
	"encoding/json"
	"reflect"
)

// An Object is a part of a JSON Schema.
type Object map[string]any

// Described is a type that says itself what may stand in its place.
type Described interface {
	JSONSchema() Object
}

// Schema returns the JSON Schema (draft 7, which editors know best) of the struct that of is, as indented JSON.
func Schema(of any, title string) []byte {
	s := schemaOf(reflect.TypeOf(of))
	s["$schema"], s["title"] = "http://json-schema.org/draft-07/schema#", title
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // texts, numbers and lists of them
	}
	return append(text, '\n')
}

// scalar is what a text may be: YAML takes some texts for numbers, truths or dates.
func scalar() Object { return Object{"type": []string{"string", "number", "boolean"}} }

func schemaOf(t reflect.Type) Object {
	zero := reflect.New(t)
	if d, ok := reflect.TypeAssert[Described](zero); ok {
		return d.JSONSchema()
	}
	if _, ok := reflect.TypeAssert[Text](zero); ok {
		return scalar()
	}
	if w, ok := reflect.TypeAssert[Words](zero.Elem()); ok {
		return OneOf(w.Words()...)
	}
	if m, ok := reflect.TypeAssert[mapping](zero.Elem()); ok {
		return Object{"type": "object", "additionalProperties": schemaOf(m.element())}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Struct:
		return schemaOfStruct(t)
	case reflect.Slice:
		return schemaOfList(t)
	case reflect.Bool:
		return Object{"type": "boolean"}
	case reflect.Int:
		return Object{"type": "integer", "minimum": 0, "maximum": maxNumber}
	case reflect.Float64:
		return Object{"type": "number"}
	}
	return scalar()
}

// OneOf returns the schema of one of several words. Some of them are truths in YAML.
func OneOf(words ...string) Object {
	values := make([]any, 0, len(words))
	for _, word := range words {
		values = append(values, word)
		if word == "true" || word == "false" {
			values = append(values, word == "true")
		}
	}
	return Object{"enum": values}
}

// AnyOf returns the schema of what one of several fits.
func AnyOf(all ...Object) Object { return Object{"anyOf": all} }

// OneOrSome returns the schema of one element, or of a list of them.
func OneOrSome(element Object) Object {
	return AnyOf(element, Object{"type": "array", "items": element, "minItems": 1})
}

func schemaOfList(t reflect.Type) Object {
	elements := schemaOf(t.Elem())
	list := Object{"type": "array", "items": elements}
	if t.Elem().Kind() == reflect.String {
		return AnyOf(elements, list)
	}
	return list
}

func schemaOfStruct(t reflect.Type) Object {
	properties, needed := Object{}, []string{}
	for _, f := range fieldsOf(t) {
		property := schemaOf(t.Field(f.index).Type)
		if f.help != "" {
			property["description"] = f.help
		}
		properties[f.key] = property
		if f.needed {
			needed = append(needed, f.key)
		}
	}
	s := Object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(needed) > 0 {
		s["required"] = needed
	}
	return s
}

// Of returns the schema of a struct, for a type that is one among others.
func Of[T any]() Object { return schemaOf(reflect.TypeFor[T]()) }

// JSONSchema implements Described.
func (*Raw) JSONSchema() Object { return Object{} }
