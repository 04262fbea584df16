package fetch

import (
	"math"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// subjects are the devices that an answer is read for. Each has a place in the columns of the answer, from 1; place 0 is the project.
type subjects struct {
	list     *usage.DeviceList // nil: only some of the devices
	last     int               // index in the list of the last device found
	places   map[string]int32  // of some of the devices, by UID
	ordinals []int             // by place; nil: places are ordinals
	born     []rules.Day       // by place: first day on which a device existed
}

// never is the first day of a place without a listed device.
const never rules.Day = math.MaxInt

// subjectsOf returns all listed devices. Their places are their ordinals.
func subjectsOf(list *usage.DeviceList) *subjects {
	size := 1
	if n := list.Len(); n > 0 {
		size = list.Ordinal(n-1) + 1
	}
	s := &subjects{list: list, born: make([]rules.Day, size)}
	for place := range s.born {
		s.born[place] = never
	}
	for d := range list.All() {
		s.born[d.Ordinal] = rules.DayOf(d.Provisioned)
	}
	return s
}

// some returns some of the devices, with places without gaps.
func some(devices []usage.Device) *subjects {
	s := &subjects{places: make(map[string]int32, len(devices)), born: []rules.Day{never}, ordinals: []int{0}}
	for _, d := range devices {
		s.places[d.UID] = int32(len(s.born))
		s.born = append(s.born, rules.DayOf(d.Provisioned))
		s.ordinals = append(s.ordinals, d.Ordinal)
	}
	return s
}

// find returns the place of a device. Rows mostly come in the order of the list, so it first tries the last device and the next one.
func (s *subjects) find(uid string) (place int32, ok bool) {
	if s.list == nil {
		place, ok = s.places[uid]
		return place, ok
	}
	for at := s.last; at <= s.last+1 && at < s.list.Len(); at++ {
		if s.list.UID(at) == uid {
			s.last = at
			return int32(s.list.Ordinal(at)), true
		}
	}
	at, ok := s.list.Find(uid)
	if !ok {
		return 0, false
	}
	s.last = at
	return int32(s.list.Ordinal(at)), true
}

// expand returns a column by place as a column by ordinal.
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
