package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A mark is a secret of 32 characters that nothing else looks like. Some of its characters are written in other ways in URLs
// and JSON, and it is base64 itself.
type mark string

// markOf makes the mark of a name, always the same.
func markOf(name string) mark {
	sum := sha256.Sum256([]byte("mark of " + name))
	text := strings.NewReplacer("+", "x", "/", "y").Replace(base64.StdEncoding.EncodeToString(sum[:]))
	return mark(text[:14] + "+/" + text[14:30])
}

// middle is what is looked for of a mark, so that one that was cut is found too.
func (m mark) middle() string { return string(m[10:22]) }

// forms are ways to write a mark that others may have, by their names.
func (m mark) forms() map[string]string {
	marshalled, _ := json.Marshal(string(m)) // text always can be
	return map[string]string{
		"as-it-is":    string(m),
		"upper-case":  strings.ToUpper(string(m)),
		"lower-case":  strings.ToLower(string(m)),
		"piece":       m.middle(),
		"path":        url.PathEscape(string(m)),
		"query":       url.QueryEscape(string(m)),
		"JSON":        strings.ReplaceAll(string(marshalled), "/", `\/`),
		"escaped":     escaped(string(m)),
		"hexadecimal": hex.EncodeToString([]byte(m)),
		"base64":      base64.StdEncoding.EncodeToString([]byte(m)),
		"credentials": base64.StdEncoding.EncodeToString([]byte("amy:" + m)),
		"header":      base64.RawURLEncoding.EncodeToString([]byte("Bearer " + m + "\r\n")),
	}
}

// formNames are the names of the forms in an order that stays.
func formNames() []string { return slices.Sorted(maps.Keys(mark(strings.Repeat("x", 32)).forms())) }

// escaped is text with every character as JSON may escape it.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		_, _ = fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// needles are what gives a mark away in text of lower case.
func (m mark) needles() []string {
	middle := m.middle()
	all := []string{
		middle, url.PathEscape(middle), url.QueryEscape(middle), strings.ReplaceAll(middle, "/", `\/`), escaped(middle),
		hex.EncodeToString([]byte(middle)),
	}
	for before := range 3 { // bytes before it in the same three
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + middle))
		own := encoded[(before*8+5)/6 : len(encoded)-1]
		all = append(all, own, strings.NewReplacer("+", "-", "/", "_").Replace(own))
	}
	for i, needle := range all {
		all[i] = strings.ToLower(needle)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// marks are all secrets of a test by their names.
type marks map[string]mark

// in returns the names of the marks that text gives away in whatever form, sorted.
func (m marks) in(text string) []string { return slices.Sorted(maps.Keys(m.find(text))) }

// find returns the marks that text gives away by their names, with what is around them, in lower case.
func (m marks) find(text string) map[string]string {
	const around = 100
	text = strings.ToLower(text)
	found := map[string]string{}
	for name, one := range m {
		for _, needle := range one.needles() {
			if at := strings.Index(text, needle); at >= 0 {
				found[name] = text[max(0, at-around):min(len(text), at+around)]
			}
		}
	}
	return found
}

// chant is all marks in all forms.
func (m marks) chant() string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		forms := m[name].forms()
		for _, form := range formNames() {
			words = append(words, forms[form])
		}
	}
	return strings.Join(words, " ")
}

// requireClean fails if text gives any mark away.
func (m marks) requireClean(t *testing.T, what, text string) {
	t.Helper()
	require.Empty(t, m.find(text), "%s", what)
}

// The search is as good as what it finds.
func TestMarksAreFound(t *testing.T) {
	all := marks{"one": markOf("one"), "two": markOf("two")}
	for name, form := range all["one"].forms() {
		require.Equal(t, []string{"one"}, all.in("before "+form+" after"), name)
		require.Equal(t, []string{"one"}, all.in(strings.ToUpper(form)), name)
	}
	require.Equal(t, []string{"one", "two"}, all.in(all.chant()))
	require.Empty(t, all.in(string(markOf("three"))))
}
