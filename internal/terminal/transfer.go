package terminal

import (
	"fmt"
	"io"

	"notewatch/internal/store/transfer"
	"notewatch/internal/words"
)

// A Transfer is the result of a copy of a database.
type Transfer struct {
	From   string          `json:"from"` // path, or URL without its password
	To     string          `json:"to"`
	Tables []TransferTable `json:"tables"`
}

// A TransferTable is a table that is the same in both databases.
type TransferTable struct {
	Name     string `json:"name"`
	Rows     int64  `json:"rows"`
	Checksum string `json:"checksum"` // 32 hexadecimal digits
}

// NewTransfer returns the result of a copy.
func NewTransfer(from, to string, totals []transfer.Total) Transfer {
	t := Transfer{From: from, To: to, Tables: make([]TransferTable, len(totals))}
	for i, total := range totals {
		t.Tables[i] = TransferTable{total.Table, total.Rows, total.Checksum.String()}
	}
	return t
}

// Print prints the rows and checksum of each table, and their total.
func (t Transfer) Print(s Screen) error {
	shown := table{columns: columns("TABLE", "ROWS", "CHECKSUM")}
	var rows int64
	for _, table := range t.Tables {
		rows += table.Rows
		shown.add(table.Name, words.Number(int(table.Rows)), table.Checksum)
	}
	if err := shown.print(s); err != nil {
		return err
	}
	return s.Say(fmt.Sprintf("Copied %s from %s to %s. Each table has the same rows in both.", words.Count(int(rows), "row"), t.From, t.To))
}

// A TransferProgress shows on a terminal the progress of a copy. A Screen without a width shows nothing.
type TransferProgress struct {
	Screen Screen
	shown  string
}

// Show shows progress.
func (p *TransferProgress) Show(now transfer.Progress) {
	doing := "Copying"
	if now.Verifying {
		doing = "Verifying"
	}
	text := fmt.Sprintf("%s %s: %d %% of %s", doing, now.Table, 100*now.Done/max(now.All, 1), words.Count(int(now.All), "row"))
	if p.Screen.Width == 0 || text == p.shown {
		return
	}
	p.shown = text
	_, _ = io.WriteString(p.Screen.W, "\r\x1b[K"+clip(text, p.Screen.Width))
}

// End clears the progress.
func (p *TransferProgress) End() {
	if p.shown != "" {
		_, _ = io.WriteString(p.Screen.W, "\r\x1b[K")
	}
}
