package bounded_test

import (
	"fmt"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bounded"
)

type data struct {
	Name  string
	Count int
	Items []string
	Value *float64
}

func (d data) Greet(greeting string) string { return greeting + " " + d.Name }

var functions = template.FuncMap{
	"upper": strings.ToUpper,
	"twice": func(s string) string { return s + s },
	"join":  func(separator string, items []string) string { return strings.Join(items, separator) },
}

func sample() data {
	value := 1.5
	return data{Name: "pump-1", Count: 2, Items: []string{"a", "b"}, Value: &value}
}

// A template that stays within its bounds writes what text/template writes.
func TestSameAsTextTemplate(t *testing.T) {
	for _, text := range []string{
		``,
		`{{.Name}} {{upper .Name}} {{join ", " .Items}}`,
		`{{range $i, $x := .Items}}{{if $i}}, {{end}}{{$x}}{{else}}none{{end}}`,
		`{{range 3}}{{.}}{{if eq . 1}}{{break}}{{end}}{{end}}`,
		`{{define "a"}}<{{.}}>{{end}}{{template "a" .Name}}{{template "a"}}{{block "b" .}}{{.Count}}{{end}}`,
		`{{with .Name}}{{.}}{{else}}no{{end}}{{.Greet "hello"}}{{$x := .}}{{$x.Greet "hi"}}`,
		`{{print 1 2 "a" 3 4}}|{{print}}|{{print "a" "b"}}|{{println 1 "a" 2}}|{{print nil}}`,
		`{{printf "%s has %03d of %.1f %% %q" .Name .Count 1.25 "x"}}|{{printf "%d"}}|{{printf "a"}}|{{printf "%-10s|" .Name}}`,
		`{{html "<a>" 1 2}}{{js "'"}}{{urlquery "a b"}}{{html .Value}}`,
		`{{.Value}}{{len .Items}}{{index .Items 1}}{{slice .Name 1 3}}{{and 1 0}}{{or 0 1}}{{not true}}`,
	} {
		want := &strings.Builder{}
		require.NoError(t, template.Must(template.New("body").Funcs(functions).Parse(text)).Execute(want, sample()), text)

		bound, err := bounded.Parse("body", text, 1000, functions)
		require.NoError(t, err, text)
		for range 2 {
			got, err := bound.Execute("body", sample())
			require.NoError(t, err, text)
			require.Equal(t, want.String(), got, text)
		}
	}
}

func TestBounds(t *testing.T) {
	const double = `{{$x := "aaaaaaaaaaaaaaaa"}}{{range 40}}{{$x = `
	for name, test := range map[string]struct{ text, want string }{
		"loops":                   {"one\n{{range 1000000000000}}{{end}}", "template: body:2:23: runs too long"},
		"loops within loops":      {`{{range 1000000}}{{range 1000000}}{{end}}{{end}}`, "runs too long"},
		"loops in an else":        {`{{if false}}{{else}}{{range 1000000000}}{{end}}{{end}}`, "runs too long"},
		"loops in a part":         {`{{define "a"}}{{range 1000000000}}{{end}}{{end}}{{template "a"}}`, "runs too long"},
		"long bodies":             {`{{range 1000000000}}` + strings.Repeat(`{{if 0}}{{end}}`, 2000) + `{{end}}`, "runs too long"},
		"parts that call parts":   {`{{define "a"}}{{template "a"}}{{template "a"}}{{end}}{{template "a"}}`, "runs too long"},
		"writes":                  {`{{range 300000000}}xxxxxxxxxx{{end}}`, "the text is too large: more than 1000 bytes"},
		"writes one value":        {`{{printf "%900d%900d" 1 1}}`, "the text is too large: more than 1000 bytes"},
		"width":                   {`{{printf "%1000000000d" 1}}`, "a width has at most three digits"},
		"width of a value":        {`{{printf "%*d" 1000000 1}}`, "a width has at most three digits"},
		"value out of turn":       {`{{printf "%[1]d%[1]d" 1}}`, "a width has at most three digits"},
		"values without verbs":    {`{{printf "a" 1}}`, "printf has 1 more values than verbs"},
		"many widths":             {`{{len (printf "` + strings.Repeat("%999d", 2000) + `"` + strings.Repeat(" 1", 2000) + `)}}`, "the text is too large"},
		"doubles by print":        {double + `print $x $x}}{{end}}`, "the text is too large"},
		"doubles by println":      {double + `println $x $x}}{{end}}`, "the text is too large"},
		"doubles by printf":       {double + `printf "%s%s" $x $x}}{{end}}`, "the text is too large"},
		"doubles by escapes":      {double + `html $x "<" $x}}{{end}}`, "the text is too large"},
		"doubles by own function": {`{{$x := "a"}}{{range 40}}{{$x = twice $x}}{{end}}`, "makes too much text"},
		"makes text in a loop":    {`{{range 10000}}{{$x := printf "%999d%999d%999d%999d" 1 1 1 1}}{{end}}`, "makes too much text"},
		"calls itself by name":    {`{{step 1}}`, `function "step" not defined`},
		"method of a variable":    {`{{$x := "a"}}{{.Greet $x}}`, "a method is called with constants only"},
		"method in a pipeline":    {`{{"a" | .Greet}}`, "template: body:1:8: .Greet: a method is called with constants only"},
		"method in an argument":   {`{{upper (.Greet .Name)}}`, "a method is called with constants only"},
	} {
		t.Run(name, func(t *testing.T) {
			bound, err := bounded.Parse("body", test.text, 1000, functions)
			if err == nil {
				_, err = bound.Execute("body", sample())
			}
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, strings.ReplaceAll(err.Error(), "steps", ""), "step 1")
		})
	}
}

func TestExecuteFromSeveralGoroutines(t *testing.T) {
	bound, err := bounded.Parse("body", `{{range 10000}}{{end}}{{.}}`, 1000, nil)
	require.NoError(t, err)
	results := make(chan string)
	for i := range 4 {
		go func() {
			text, err := bound.Execute("body", i)
			results <- fmt.Sprint(text, err)
		}()
	}
	got := []string{}
	for range 4 {
		got = append(got, <-results)
	}
	require.ElementsMatch(t, []string{"0<nil>", "1<nil>", "2<nil>", "3<nil>"}, got)
}

func TestWriter(t *testing.T) {
	w := bounded.NewWriter(4)
	_, err := w.Write([]byte("abc"))
	require.NoError(t, err)
	n, err := w.Write([]byte("def"))
	require.Equal(t, 1, n)
	require.ErrorIs(t, err, bounded.ErrTooLarge)
	require.Equal(t, "abcd", w.String())
}
