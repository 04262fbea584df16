package content

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"notewatch/internal/config/document"
)

// A Substitution replaces each ${NAME} in a text by a variable, and each ${file:/path} by the content of a file. $${ stands for ${ itself.
type Substitution struct {
	Lookup func(name string) (string, bool) // returns a variable, as os.LookupEnv does
	Reads  func(path string)                // is called with the path of each file before it is read
}

// A FormError says that a text does not have the form that a Substitution takes.
type FormError struct{ Message, Hint string }

// Error returns the message.
func (e *FormError) Error() string { return e.Message }

// referent matches what may stand within ${}.
var referent = regexp.MustCompile(`^(?:file:.+|[A-Za-z_][A-Za-z0-9_]*)$`)

// Expand returns the text with everything replaced. The error is a *FormError, or says what is missing. It never holds the text or what replaces
// a part of it.
func (s Substitution) Expand(text string) (string, error) {
	var out strings.Builder
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "${")
		if !found {
			out.WriteString(rest)
			return out.String(), nil
		}
		if strings.HasSuffix(before, "$") {
			out.WriteString(before + "{")
			rest = after
			continue
		}
		out.WriteString(before)
		name, remainder, closed := strings.Cut(after, "}")
		if !closed || !referent.MatchString(name) {
			return "", &FormError{"malformed ${…}", "write ${NAME} or ${file:/path}; $${ is the text ${ itself"}
		}
		replacement, err := s.resolve(name)
		if err != nil {
			return "", err
		}
		out.WriteString(replacement)
		rest = remainder
	}
}

// resolve returns what ${name} stands for.
func (s Substitution) resolve(name string) (found string, err error) {
	path, isFile := strings.CutPrefix(name, "file:")
	switch {
	case isFile && !filepath.IsAbs(path):
		// It is not shown: it may be the value itself, put in the wrong place.
		return "", &FormError{"${file:…}: want a path from the root, such as /run/secrets/token", ""}
	case isFile:
		s.Reads(path)
		found, err = ReadSecret(path)
	default:
		found, err = s.variable(name)
	}
	if err != nil {
		return "", fmt.Errorf("${%s}: %w", name, err)
	}
	return found, nil
}

// variable returns the content of a variable that is not empty.
func (s Substitution) variable(name string) (string, error) {
	found, set := s.Lookup(name)
	found = strings.TrimPrefix(found, document.ByteOrderMark)
	switch {
	case !set:
		return "", errors.New("the environment variable is not set")
	case found == "":
		return "", errors.New("the environment variable is empty")
	}
	return found, nil
}
