package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"notewatch/internal/config/content"
	"notewatch/internal/config/document"
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
// by the content of the file. $${ stands for ${ itself. Nothing of the text or of what replaces it is ever reported.
func (v value) substituted() string {
	text, ok := v.scalar("text")
	if !ok {
		return ""
	}
	var out strings.Builder
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "${")
		if !found {
			out.WriteString(rest)
			break
		}
		if strings.HasSuffix(before, "$") {
			out.WriteString(before + "{")
			rest = after
			continue
		}
		out.WriteString(before)
		name, remainder, closed := strings.Cut(after, "}")
		if !closed || !referent.MatchString(name) {
			v.report("malformed ${…}", "write ${NAME} or ${file:/path}; $${ is the text ${ itself")
			return ""
		}
		replacement, ok := v.resolve(name)
		if !ok {
			return ""
		}
		out.WriteString(replacement)
		rest = remainder
	}
	if out.Len() == 0 {
		v.report("no text", "")
	}
	return out.String()
}

// referent matches what may stand within ${}.
var referent = regexp.MustCompile(`^(?:file:.+|[A-Za-z_][A-Za-z0-9_]*)$`)

// resolve returns what ${name} stands for. ok is false if it is not there, which has been said then.
func (v value) resolve(name string) (found string, ok bool) {
	path, isFile := strings.CutPrefix(name, "file:")
	if isFile && !filepath.IsAbs(path) {
		// It is not shown: it may be the value itself, put in the wrong place.
		v.report("${file:…}: want a path from the root, such as /run/secrets/token", "")
		return "", false
	}
	var err error
	if isFile {
		v.refersTo(path)
		found, err = content.ReadSecret(path)
	} else {
		found, err = v.variable(name)
	}
	if err != nil {
		v.lacks(fmt.Sprintf("${%s}: %v", name, err))
	}
	return found, err == nil
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

// variable returns the content of a variable that is not empty.
func (d *decoder) variable(name string) (string, error) {
	found, set := d.lookup(name)
	found = strings.TrimPrefix(found, document.ByteOrderMark)
	switch {
	case !set:
		return "", errors.New("the environment variable is not set")
	case found == "":
		return "", errors.New("the environment variable is empty")
	default:
		return found, nil
	}
}

// address reads the URL of an HTTP server, which may hold a secret.
func (v value) address() string {
	text := v.word()
	if text != "" && !content.IsHTTP(text) {
		v.report("want an address such as https://host/path", "")
	}
	return text
}
