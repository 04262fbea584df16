package terminal

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"notewatch/internal/export"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Export prints the rows of an export as CSV, or as JSON. It shows on talk how many devices have been printed, unless talk has no width.
func Export(ctx context.Context, w io.Writer, e *export.Export, asJSON bool, talk Screen) error {
	out := bufio.NewWriter(w)
	var to exportWriter = newCSVExport(out, e.Figures)
	if asJSON {
		to = &jsonExport{out: out, figures: e.Figures}
	}
	progress := exportProgress{screen: talk}
	err := to.begin()
	if err == nil {
		err = e.Rows(ctx, func(row export.Row) error {
			progress.count(row)
			return to.row(row)
		})
	}
	progress.end()
	if err == nil {
		err = to.end()
	}
	return errors.Join(err, out.Flush())
}

// An exportWriter prints an export in one format.
type exportWriter interface {
	begin() error
	row(export.Row) error
	end() error
}

// exportKeys are the columns before the figures.
var exportKeys = []string{"project", "device", "name", "day"}

// exportColumns are the columns of an export.
func exportColumns(figures []rules.Figure) []string {
	columns := slices.Clip(exportKeys)
	for _, figure := range figures {
		columns = append(columns, string(figure))
	}
	return columns
}

// exportTexts are the cells before the figures.
func exportTexts(row export.Row) []string {
	return []string{nameOf(row.Project), row.UID, row.Name, row.Day.String()}
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

func (e *csvExport) row(row export.Row) error {
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

// cell returns text without control characters that no spreadsheet reads as a formula.
func cell(text string) string {
	text = words.Line(text)
	if strings.IndexAny(text, "=+-@＝＋－＠") == 0 {
		return "'" + text
	}
	return text
}

// number returns a value as a number without a unit, or none if there is no data.
func number(value float64, none string) string {
	if !words.Known(value) {
		return none
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

// A jsonExport prints an array of objects, one per line.
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

func (e *jsonExport) row(row export.Row) error {
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
		e.pair(len(exportKeys)+i, string(e.figures[i]), number(value, "null"))
	}
	_, err := e.out.Write(append(e.text, '}'))
	return err
}

// pair adds a key and its value, which is already JSON.
func (e *jsonExport) pair(i int, key, value string) {
	if i > 0 {
		e.text = append(e.text, ", "...)
	}
	e.text, _ = jsontext.AppendQuote(e.text, key) // the keys are UTF-8
	e.text = append(e.text, ": "...)
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

// An exportProgress shows on a terminal how many devices have been printed.
type exportProgress struct {
	screen  Screen
	devices int
	last    string // UID of the device
}

// count counts a row.
func (p *exportProgress) count(row export.Row) {
	if row.UID == p.last {
		return
	}
	p.last = row.UID
	p.devices++
	if p.screen.Width == 0 || p.devices%1000 != 0 {
		return
	}
	_, _ = fmt.Fprintf(p.screen.W, "\r%s devices", words.Number(p.devices))
}

// end clears the progress.
func (p *exportProgress) end() {
	if p.screen.Width > 0 && p.devices >= 1000 {
		_, _ = io.WriteString(p.screen.W, "\r\x1b[K")
	}
}
