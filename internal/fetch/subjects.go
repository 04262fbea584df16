package fetch

import (
	"math"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/rules"
)

// subjects are the devices that an answer is read for. Each has a place in the columns of the answer, from 1; place 0 is the project.
type subjects struct {
	places   map[string]int32 // by UID
	uids     []string         // by place; "" is no listed device
	born     []rules.Day      // by place: the first day that a device existed
	ordinals []int            // by place; nil if a place is an ordinal
}

// never is the first day of a place without a listed device.
const never rules.Day = math.MaxInt

// subjectsOf returns all listed devices. Their places are their ordinals.
func subjectsOf(devices []store.Device) *subjects {
	size := 1
	if len(devices) > 0 {
		size = devices[len(devices)-1].Ordinal + 1
	}
	s := &subjects{places: make(map[string]int32, len(devices)), uids: make([]string, size), born: make([]rules.Day, size)}
	for place := range s.born {
		s.born[place] = never
	}
	for i := range devices {
		d := &devices[i]
		s.places[d.UID], s.uids[d.Ordinal] = int32(d.Ordinal), d.UID
		s.born[d.Ordinal] = rules.DayOf(d.Provisioned)
	}
	return s
}

// some returns a part of the devices, whose places have no gaps.
func some(devices []*store.Device) *subjects {
	s := &subjects{places: make(map[string]int32, len(devices)), uids: []string{""}, born: []rules.Day{never}, ordinals: []int{0}}
	for _, d := range devices {
		s.places[d.UID] = int32(len(s.born))
		s.uids = append(s.uids, d.UID)
		s.born = append(s.born, rules.DayOf(d.Provisioned))
		s.ordinals = append(s.ordinals, d.Ordinal)
	}
	return s
}

// find returns the place of a device. Rows mostly come in the order of places, so it tries the place of the row before and the next
// one first.
func (s *subjects) find(uid string, before int32) (place int32, ok bool) {
	for place := before; place <= before+1 && int(place) < len(s.uids); place++ {
		if place > 0 && s.uids[place] == uid && uid != "" {
			return place, true
		}
	}
	place, ok = s.places[uid]
	return place, ok
}

// expand returns a column by ordinal.
func (s *subjects) expand(column []history.Cell) []history.Cell {
	if s.ordinals == nil {
		return column
	}
	last := 0
	for _, ordinal := range s.ordinals {
		last = max(last, ordinal)
	}
	wide := make([]history.Cell, last+1)
	fill(wide, history.Nothing)
	for place, cell := range column {
		wide[s.ordinals[place]] = cell
	}
	return wide
}

func fill(cells []history.Cell, with history.Cell) {
	for i := range cells {
		cells[i] = with
	}
}
