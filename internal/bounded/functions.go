package bounded

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"text/template"
)

// maxFormatted is the maximum number of bytes that one call of a formatting function may return.
const maxFormatted = 1 << 20

// textFunctions replace the functions of text/template that can make long texts of short ones.
var textFunctions = template.FuncMap{
	"print":    sprint,
	"println":  sprintln,
	"printf":   sprintf,
	"html":     escaped(template.HTMLEscapeString),
	"js":       escaped(template.JSEscapeString),
	"urlquery": escaped(url.QueryEscape),
}

// escaped returns a function that formats as print does, apart from pointers, and then escapes.
func escaped(escape func(string) string) func(...any) (string, error) {
	return func(values ...any) (string, error) {
		for i, v := range values {
			if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer && !p.IsNil() {
				values[i] = p.Elem().Interface()
			}
		}
		text, err := sprint(values...)
		return escape(text), err
	}
}

// sprint is fmt.Sprint with a bound.
func sprint(values ...any) (string, error) {
	out := NewWriter(maxFormatted)
	for i, v := range values {
		separator := ""
		if i > 0 && !isText(values[i-1]) && !isText(v) {
			separator = " "
		}
		if _, err := fmt.Fprint(out, separator, v); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

func isText(v any) bool { return v != nil && reflect.TypeOf(v).Kind() == reflect.String }

// sprintln is fmt.Sprintln with a bound.
func sprintln(values ...any) (string, error) {
	out := NewWriter(maxFormatted)
	for i, v := range values {
		separator := ""
		if i > 0 {
			separator = " "
		}
		if _, err := fmt.Fprint(out, separator, v); err != nil {
			return "", err
		}
	}
	_, err := fmt.Fprintln(out)
	return out.String(), err
}

// verb matches a verb at the start of a format. A width has three digits at most and is not read from a value. Values are
// used in their order, so each is formatted once.
var verb = regexp.MustCompile(`^%[-+# 0]*\d{0,3}(?:\.\d{0,3})?([%a-zA-Z])`)

// sprintf is fmt.Sprintf with a bound.
func sprintf(format string, values ...any) (string, error) {
	out := NewWriter(maxFormatted)
	for {
		before, _, more := strings.Cut(format, "%")
		if _, err := out.Write([]byte(before)); err != nil {
			return "", err
		}
		if !more {
			break
		}
		format = format[len(before):]
		found := verb.FindStringSubmatch(format)
		if found == nil {
			return "", fmt.Errorf("%.20q is no verb that printf has here: a width has at most three digits", format)
		}
		var used []any
		if found[1] != "%" && len(values) > 0 {
			used, values = values[:1], values[1:]
		}
		if _, err := fmt.Fprintf(out, found[0], used...); err != nil {
			return "", err
		}
		format = format[len(found[0]):]
	}
	if len(values) > 0 {
		return "", fmt.Errorf("printf has %d more values than verbs", len(values))
	}
	return out.String(), nil
}
