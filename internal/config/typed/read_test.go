package typed_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config/typed"
)

// A meal shows everything that fields can be.
type meal struct {
	typed.At
	Name   string             `yaml:"name" need:"yes" help:"What it is called."`
	Spicy  *bool              `yaml:"spicy" help:"Whether it is hot."`
	Guests int                `yaml:"guests" help:"How many eat."`
	Price  float64            `yaml:"price" help:"What it costs."`
	Taste  taste              `yaml:"taste" help:"How it tastes."`
	Tags   []string           `yaml:"tags" help:"Words to find it by."`
	Color  color              `yaml:"color" help:"Its colour."`
	Steps  []step             `yaml:"steps" item:"step" help:"How to cook it."`
	Parts  typed.Map[float64] `yaml:"parts" help:"What is in it, by name."`
	Rest   typed.Raw          `yaml:"rest" help:"Anything."`
}

type step struct {
	typed.At
	Name string `yaml:"name"`
	Heat int    `yaml:"heat" need:"yes"`
}

type taste string

func (taste) Words() []string { return []string{"sweet", "sour"} }

type color struct{ red bool }

func (c *color) ReadText(text string) error {
	if c.red = text == "red"; !c.red {
		return &typed.MistakeError{Message: "no such colour", Hint: "want red"}
	}
	return nil
}

func TestRead(t *testing.T) {
	var m meal
	problems := typed.Read("meal.yaml", []byte(`
name: soup
spicy: false
guests: 4
price: 2.5
taste: sour
tags: quick
color: red
steps: [{name: boil, heat: 9}, {heat: 1}]
parts: {water: 1, salt: 0.5}
rest: {a: 1}
`), &m)
	require.Empty(t, problems)
	require.Equal(t, "soup", m.Name)
	require.False(t, *m.Spicy)
	require.Equal(t, 4, m.Guests)
	require.InDelta(t, 2.5, m.Price, 0)
	require.Equal(t, taste("sour"), m.Taste)
	require.Equal(t, []string{"quick"}, m.Tags)
	require.True(t, m.Color.red)
	require.Equal(t, []step{{typed.At{Line: 9, Column: 9, Where: `step "boil"`}, "boil", 9}, {typed.At{Line: 9, Column: 32, Where: "step on line 9"}, "", 1}}, m.Steps)
	require.Equal(t, []string{"water", "salt"}, m.Parts.Keys())
	salt, ok := m.Parts.Get("salt")
	require.True(t, ok)
	require.InDelta(t, 0.5, salt, 0)
	require.True(t, m.Rest.Given && m.Rest.Mapping)
	require.Equal(t, 2, m.Line)
}

// All problems are reported at once, where they are.
func TestReadMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "m:1:1: the file is empty",
		"name: a\n---\nname: b":            "m:2:1: a second document begins here; hint: a rules file is one document; remove the line ---",
		"{}":                               "m:1:1: name: missing",
		"{name: a, gusts: 1}":              `m:1:11: gusts: unknown key; hint: did you mean "guests"?`,
		"{name: [a], spicy: perhaps}":      "m:1:8: name: want text, not a list\nm:1:20: spicy: want true or false",
		"{name: '', guests: -1}":           "m:1:8: name: no text\nm:1:20: guests: want a whole number from 0 to 1000000000",
		"{name: a, price: .nan}":           "m:1:18: price: want a number up to 1000000000",
		"{name: a, taste: sweat}":          `m:1:18: taste: unknown word "sweat"; hint: did you mean "sweet"?`,
		"{name: a, color: blue}":           "m:1:18: color: no such colour; hint: want red",
		"{name: a, tags: {b: c}}":          "m:1:17: tags: want a list, not a mapping",
		"{name: a, steps: [x, {name: b}]}": "m:1:19: step on line 1: want a mapping, not text\nm:1:22: step \"b\": heat: missing",
		"{name: a, parts: [1]}":            "m:1:18: parts: want a mapping, not a list",
		"{name: a, parts: {b: c, b: 1}}":   "m:1:22: parts.b: want a number up to 1000000000\nm:1:25: parts.b: given twice, first on line 1",
		"{name: a, parts: {[b]: 1}}":       "m:1:19: parts: a key is a word, not a mapping or list",
		"{name: a, guests: }":              "m:1:19: guests: no value",
	} {
		t.Run(text, func(t *testing.T) {
			var m meal
			problems := typed.Read("m", []byte(text), &m)
			require.EqualError(t, errors.New(problems.Error()), want)
		})
	}
}
