package config

import (
	"errors"
	"strings"
	"unicode"

	"notewatch/internal/config/content"
	"notewatch/internal/config/problem"
)

// word reads text without white space, as tokens, addresses and keys are, with what ${…} stands for.
func (v value) word() string {
	text := v.substituted()
	if content.HoldsSpace(text) {
		v.report("holds white space", "")
		return ""
	}
	return text
}

// line reads text that stands on one line, with what ${…} stands for.
func (v value) line() string {
	text := v.substituted()
	if strings.ContainsFunc(text, unicode.IsControl) {
		v.report("holds a line break or another control character", "")
		return ""
	}
	return text
}

// substituted reads text of an account or receiver, with every ${NAME} replaced by the variable and every ${file:/path}
// by the content of the file. Nothing of the text or of what replaces it is ever reported.
func (v value) substituted() string {
	text, ok := v.scalar("text")
	if !ok {
		return ""
	}
	text, err := content.Substitution{Lookup: v.lookup, Reads: v.refersTo}.Expand(text)
	if form, ok := errors.AsType[*content.FormError](err); ok {
		v.report(form.Message, form.Hint)
	} else if err != nil {
		v.lacks(err.Error())
	} else if text == "" {
		v.report("no text", "")
	}
	return text
}

// lacks reports that what v refers to is not there.
func (v value) lacks(message string) {
	if v.partly {
		v.missing = append(v.missing, v.problem(v.node.Line, v.node.Column, message, ""))
	} else {
		v.report(message, "")
	}
}

// takeMissing returns what has been found missing since it was called last.
func (d *decoder) takeMissing() problem.Errors {
	missing := d.missing.Sorted()
	d.missing = nil
	return missing
}

// formed returns text that has the form that check demands; what is wrong with it is reported. Empty text has been reported already.
func (v value) formed(text string, check func(string) *content.FormError) string {
	if text == "" {
		return ""
	}
	if wrong := check(text); wrong != nil {
		v.report(wrong.Message, wrong.Hint)
		return ""
	}
	return text
}

// address reads the URL of an HTTP server, which may hold a secret.
func (v value) address() string {
	text := v.word()
	if text != "" && !content.IsHTTP(text) {
		v.report("want an address such as https://host/path", "")
	}
	return text
}
