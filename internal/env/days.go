package env

import (
	"context"
	"math"
	"slices"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// Days returns a figure of the subject with an ordinal, day by day from first to last. NaN is no data.
func Days(ctx context.Context, db *usage.Store, project string, ordinal int, figure rules.Figure, first, last rules.Day) ([]float64, error) {
	days := slices.Repeat([]float64{math.NaN()}, max(0, int(last-first)+1))
	err := db.Cells(ctx, project, ordinal, figure, first, last, func(day rules.Day, cell history.Cell) {
		days[day-first] = cell.Float()
	})
	return days, err
}
