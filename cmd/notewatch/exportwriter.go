package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/rules"
)

// An exportWriter prints an export in one format.
type exportWriter interface {
	begin() error
	row(lookup.ExportRow) error
	end() error
}

// exportKeys are the columns before the figures.
var exportKeys = []string{"project", "device", "name", "day"}

// exportColumns are the columns of an export.
func exportColumns(figures []rules.Figure) []string {
	columns := slices.Clip(exportKeys)
	for _, figure := range figures {
		columns = append(columns, figure.String())
	}
	return columns
}

// exportTexts are the cells before the figures.
func exportTexts(row lookup.ExportRow) []string {
	return []string{nameOf(named{row.Project.UID, row.Project.Name}), row.UID, row.Name, row.Day.String()}
}

// A csvExport prints CSV.
type csvExport struct {
	out     *csv.Writer
	columns []string
	cells   []string
}

func newCSVExport(out *bufio.Writer, figures []rules.Figure) *csvExport {
	return &csvExport{out: csv.NewWriter(out), columns: exportColumns(figures)}
}

func (e *csvExport) begin() error { return e.out.Write(e.columns) }

func (e *csvExport) row(row lookup.ExportRow) error {
	e.cells = e.cells[:0]
	for _, text := range exportTexts(row) {
		e.cells = append(e.cells, cell(text))
	}
	for _, value := range row.Values {
		e.cells = append(e.cells, number(value, ""))
	}
	return e.out.Write(e.cells)
}

func (e *csvExport) end() error {
	e.out.Flush()
	return e.out.Error()
}

// cell returns text that no spreadsheet takes for a formula, without control characters.
func cell(text string) string {
	text = tidy(text)
	if strings.IndexAny(text, "=+-@＝＋－＠") == 0 {
		return "'" + text
	}
	return text
}

// number returns a value as a number without a unit; what there is no data for is none.
func number(value float64, none string) string {
	if !rules.Known(value) {
		return none
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

// A jsonExport prints an array of objects, one a line.
type jsonExport struct {
	out     *bufio.Writer
	figures []rules.Figure
	text    []byte
	rows    int
}

func (e *jsonExport) begin() error {
	_, err := e.out.WriteString("[")
	return err
}

func (e *jsonExport) row(row lookup.ExportRow) error {
	e.text = append(e.text[:0], ",\n  {"...)
	if e.rows++; e.rows == 1 {
		e.text = append(e.text[:0], "\n  {"...)
	}
	for i, text := range exportTexts(row) {
		value, err := json.Marshal(text)
		if err != nil {
			return err
		}
		e.pair(i, exportKeys[i], string(value))
	}
	for i, value := range row.Values {
		e.pair(len(exportKeys)+i, e.figures[i].String(), number(value, "null"))
	}
	_, err := e.out.Write(append(e.text, '}'))
	return err
}

// pair adds a key and its value, which is JSON.
func (e *jsonExport) pair(i int, key, value string) {
	if i > 0 {
		e.text = append(e.text, ", "...)
	}
	e.text = append(e.text, '"')
	e.text = append(e.text, key...)
	e.text = append(e.text, `": `...)
	e.text = append(e.text, value...)
}

func (e *jsonExport) end() error {
	text := "\n]\n"
	if e.rows == 0 {
		text = "]\n"
	}
	_, err := e.out.WriteString(text)
	return err
}
