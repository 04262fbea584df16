package config

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"notewatch/internal/config/document"
	"notewatch/internal/smallfile"
)

// word reads text without white space, as tokens, addresses and keys are, with what ${…} stands for.
func (v value) word() string {
	text := v.substituted()
	if holdsSpace(text) {
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
func (v value) resolve(name string) (content string, ok bool) {
	path, isFile := strings.CutPrefix(name, "file:")
	if isFile && !filepath.IsAbs(path) {
		// It is not shown: it may be the value itself, put in the wrong place.
		v.report("${file:…}: want a path from the root, such as /run/secrets/token", "")
		return "", false
	}
	var err error
	if isFile {
		v.refersTo(path)
		content, err = readSecretFile(path)
	} else {
		content, err = v.variable(name)
	}
	if err != nil {
		v.lacks(fmt.Sprintf("${%s}: %v", name, err))
	}
	return content, err == nil
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
func (d *decoder) takeMissing() Errors {
	missing := d.missing.sorted()
	d.missing = nil
	return missing
}

// variable returns the content of a variable that is not empty.
func (d *decoder) variable(name string) (string, error) {
	content, set := d.lookup(name)
	content = strings.TrimPrefix(content, document.ByteOrderMark)
	switch {
	case !set:
		return "", errors.New("the environment variable is not set")
	case content == "":
		return "", errors.New("the environment variable is empty")
	default:
		return content, nil
	}
}

// readSecretFile returns the content of a file without the newline at its end. Its errors do not name the file.
func readSecretFile(path string) (string, error) {
	content, err := readText(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(content, "\n"), "\r")
	if text == "" {
		return "", errors.New("the file is empty")
	}
	return text, nil
}

const maxSmallFile = 64 << 10

// readText returns the content of a file of bounded size, without a byte order mark. Its errors do not name the file.
func readText(path string) (string, error) {
	content, err := smallfile.Read(path, maxSmallFile)
	if err != nil {
		return "", err
	}
	text := string(content)
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return "", errors.New("the file is in UTF-16: save it in UTF-8")
	}
	return strings.TrimPrefix(text, document.ByteOrderMark), nil
}

// address reads the URL of an HTTP server, which may hold a secret.
func (v value) address() string {
	text := v.word()
	if text != "" && !isHTTP(text) {
		v.report("want an address such as https://host/path", "")
	}
	return text
}

// isHTTP reports whether text is an absolute URL for HTTP.
func isHTTP(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}

// holdsSpace reports whether text has white space or control characters in it.
func holdsSpace(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}
