package limits

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of a file.
const (
	MaxBytes = 32 << 20
	MaxLines = 200_000
)

// maxName is how many bytes the name of a rule or subject has at most.
const maxName = 200

// maxProblems is how many problems of a file are gathered. More are of no use to anybody.
const maxProblems = 1000

// A Line is one line of a file.
type Line struct {
	Number        int // from 1
	Rule, Subject string
	Value         float64
}

// A Problem is one thing wrong with a file.
type Problem struct {
	Line, Column  int // from 1, the column in bytes
	Message, Hint string
}

var header = []string{"rule", "subject", "limit"}

// Read reads a file: CSV in UTF-8 after RFC 4180, with or without a byte order mark, whose lines may end in any way. compute computes a
// value that Value does not read; its error says what is wrong with it.
func Read(text []byte, compute func(text string) (float64, error)) (lines []Line, problems []Problem) {
	r := reader{compute: compute, computed: map[string]float64{}}
	r.csv = csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.csv.FieldsPerRecord, r.csv.ReuseRecord = -1, true
	if !r.begin() {
		return nil, r.problems
	}
	for len(r.problems) < maxProblems {
		fields, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			r.report(broken.Line, broken.Column, broken.Err.Error(), `a quote inside of a quoted field is written ""`)
			continue
		}
		if len(r.lines) == MaxLines {
			number, column := r.csv.FieldPos(0)
			r.report(number, column, fmt.Sprintf("more than %d limits", MaxLines), "give fleets a limit in place of their devices")
			break
		}
		r.line(fields)
	}
	return r.lines, r.problems
}

// A reader reads one file.
type reader struct {
	csv      *csv.Reader
	compute  func(text string) (float64, error)
	computed map[string]float64 // what compute has computed
	lines    []Line
	problems []Problem
}

func (r *reader) report(line, column int, message, hint string) {
	r.problems = append(r.problems, Problem{line, column, message, hint})
}

// begin reads the first line, and reports whether the others can be read.
func (r *reader) begin() bool {
	fields, err := r.csv.Read()
	if err == nil && slices.Equal(fields, header) {
		return true
	}
	r.report(1, 1, "the first line must be "+strings.Join(header, ","), "then such as data-budget,dev:864475044204365,mb(120)")
	return false
}

// line takes in a line.
func (r *reader) line(fields []string) {
	number, column := r.csv.FieldPos(0)
	if len(fields) != len(header) {
		r.report(number, column, fmt.Sprintf("has %d fields, not %d", len(fields), len(header)), "put a field that has a comma in quotes")
		return
	}
	before := len(r.problems)
	l := Line{Number: number, Rule: r.name(0, fields[0]), Subject: r.name(1, fields[1]), Value: r.value(fields[2])}
	if len(r.problems) == before {
		r.lines = append(r.lines, l)
	}
}

// name reads a field that is a name.
func (r *reader) name(field int, text string) string {
	wrong := ""
	switch hidden := strings.IndexFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }); {
	case !utf8.ValidString(text):
		wrong = "is not UTF-8"
	case strings.TrimSpace(text) == "":
		wrong = "is empty"
	case text != strings.TrimSpace(text):
		wrong = "has white space around it"
	case hidden >= 0:
		wrong = "holds characters that cannot be seen"
	case len(text) > maxName:
		wrong = fmt.Sprintf("has more than %d bytes", maxName)
	}
	if wrong != "" {
		line, column := r.csv.FieldPos(field)
		r.report(line, column, "the "+header[field]+" "+wrong, "")
	}
	return strings.Clone(text)
}

// value reads the limit.
func (r *reader) value(text string) float64 {
	if value, ok := Value(text); ok {
		return value
	}
	value, known := r.computed[text]
	if known {
		return value
	}
	value, err := r.compute(text)
	if err != nil {
		line, column := r.csv.FieldPos(2)
		r.report(line, column, "limit: "+err.Error(), "such as mb(120), or a number")
		return 0
	}
	r.computed[strings.Clone(text)] = value
	return value
}
