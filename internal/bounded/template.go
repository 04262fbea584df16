package bounded

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"sync"
	"text/template"
)

// The bounds of one execution. Parse gets the bound of the written text.
const (
	maxSteps = 100_000  // nodes of the parse tree
	maxText  = 16 << 20 // bytes that functions take and return
)

var (
	errTooLong = fmt.Errorf("runs too long: more than %d steps; shorten its loops", maxSteps)
	errTooMuch = fmt.Errorf("makes too much text: more than %d bytes in its functions", maxText)
)

// A Template is a template of text/template with bounds. It is safe for use by several goroutines.
type Template struct {
	set  *template.Template
	most int

	mutex sync.Mutex // guards steps and text, which are left for the current execution
	steps int
	text  int
}

// Parse parses a template that writes at most a number of bytes. functions are added to those of text/template. A missing key of a map is
// an error. Errors begin with the name and the line, as in text/template.
func Parse(name, text string, most int, functions template.FuncMap) (*Template, error) {
	t := &Template{most: most}
	set := template.New(name).Option("missingkey=error").Funcs(t.counted(textFunctions)).Funcs(t.counted(functions))
	set, err := set.Parse(text)
	if err != nil {
		return nil, err
	}
	for _, part := range set.Templates() {
		if err := checkMethods(part.Tree); err != nil {
			return nil, err
		}
		addStep(part.Root, count(part.Root))
	}
	t.set = set.Funcs(template.FuncMap{step: t.spend})
	return t, nil
}

// Has reports whether t defines a template with that name.
func (t *Template) Has(name string) bool { return t.set.Lookup(name) != nil }

// Execute returns the text that a template writes.
func (t *Template) Execute(name string, data any) (string, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.steps, t.text = maxSteps, maxText
	out := NewWriter(t.most)
	if err := t.set.ExecuteTemplate(out, name, data); err != nil {
		return "", withoutStep(err)
	}
	return out.String(), nil
}

// place matches how text/template begins its errors.
var place = regexp.MustCompile(`^template: [^:]*:\d+(?::\d+)?: `)

// withoutStep removes the hidden action from an error of text/template.
func withoutStep(err error) error {
	for _, reason := range []error{errTooLong, errTooMuch} {
		if errors.Is(err, reason) {
			return fmt.Errorf("%s%w", place.FindString(err.Error()), reason)
		}
	}
	return err
}

// spend counts steps. It writes nothing.
func (t *Template) spend(steps int) (string, error) {
	if t.steps -= steps; t.steps < 0 {
		return "", errTooLong
	}
	return "", nil
}

// counted returns functions that fail when they take and return too much text.
func (t *Template) counted(functions template.FuncMap) template.FuncMap {
	counted := template.FuncMap{}
	for name, function := range functions {
		f := reflect.ValueOf(function)
		call := f.Call
		if f.Type().IsVariadic() {
			call = f.CallSlice
		}
		counted[name] = reflect.MakeFunc(f.Type(), func(in []reflect.Value) []reflect.Value {
			t.take(in)
			out := call(in)
			t.take(out)
			return out
		}).Interface()
	}
	return counted
}

// take counts the text of values. It panics with errTooMuch, which text/template returns as an error.
func (t *Template) take(values []reflect.Value) {
	for _, v := range values {
		t.text -= size(v)
	}
	if t.text < 0 {
		panic(errTooMuch)
	}
}

// size returns the length of a text or of a list of texts. It is 0 for other values.
func size(v reflect.Value) (total int) {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Slice:
		for i := range v.Len() {
			total += size(v.Index(i))
		}
	}
	return total
}
