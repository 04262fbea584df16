package alertrow

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"notewatch/internal/store/database"
	"notewatch/rules"
)

// Holds stores how long each level has been true, from the lowest on: Unix milliseconds and count of each that has. A version before
// this one wrote JSON.
type Holds struct {
	All *[rules.Critical + 1]rules.Hold
}

// Value implements driver.Valuer.
func (h Holds) Value() (driver.Value, error) {
	text := make([]byte, 0, 32)
	for level, hold := range h.All {
		if hold.Count == 0 {
			continue
		}
		if len(text) > 0 {
			text = append(text, ' ')
		}
		text = strconv.AppendInt(text, int64(level), 10)
		text = strconv.AppendInt(append(text, ':'), hold.Since.UnixMilli(), 10)
		text = strconv.AppendInt(append(text, '*'), int64(hold.Count), 10)
	}
	return string(text), nil
}

// Scan implements sql.Scanner.
func (h Holds) Scan(column any) error {
	text, ok := column.(string)
	if !ok || strings.HasPrefix(text, "[") {
		return database.Document(h.All).Scan(column)
	}
	*h.All = [rules.Critical + 1]rules.Hold{}
	for hold := range strings.FieldsSeq(text) {
		level, rest, _ := strings.Cut(hold, ":")
		since, count, _ := strings.Cut(rest, "*")
		i, err1 := strconv.Atoi(level)
		at, err2 := strconv.ParseInt(since, 10, 64)
		n, err3 := strconv.Atoi(count)
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		if i < 0 || i >= len(h.All) {
			return fmt.Errorf("a level is stored as %d", i)
		}
		h.All[i] = rules.Hold{Since: time.UnixMilli(at).UTC(), Count: n}
	}
	return nil
}
