package usage

import (
	"slices"
	"strconv"

	"notewatch/internal/history"
	"notewatch/rules"
)

// A Damage is a column that cannot be read. Its figures are not known.
type Damage struct {
	Project string
	Block   int
	Figure  rules.Figure
	Day     rules.Day
	Err     error // history.ErrDamaged or history.ErrNewer
}

// String names the column.
func (d Damage) String() string {
	return string(d.Figure) + " of " + d.Day.String() + ", block " + strconv.Itoa(d.Block) + " of project " + d.Project
}

func (s *Store) noteDamage(d Damage) {
	s.damage.Lock()
	defer s.damage.Unlock()
	if s.damage.columns == nil {
		s.damage.columns = map[Damage]bool{}
	}
	s.damage.columns[d] = true
}

// Damaged returns the columns of a project that could not be read since the previous call.
func (s *Store) Damaged(project string) (all []Damage) {
	s.damage.Lock()
	defer s.damage.Unlock()
	for d := range s.damage.columns {
		if d.Project == project {
			all = append(all, d)
			delete(s.damage.columns, d)
		}
	}
	slices.SortFunc(all, func(a, b Damage) int { return int(a.Day-b.Day)*history.BlockSize + a.Block - b.Block })
	return all
}
