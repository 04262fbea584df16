package notehub

import "time"

const (
	maxInterned  = 1 << 16 // strings to remember
	maxUIDs      = 1 << 17 // UIDs of devices to remember
	maxShared    = 64      // bytes of a string to remember: a name or a time
	maxVersions  = 1 << 10 // descriptions of firmware to remember
	maxDescribed = 1 << 10 // bytes of one description
)

// string reads a string, or null, which is "". Short strings that occur again share their memory.
func (d *decoder) string() string {
	if d.null() {
		return ""
	}
	return d.intern(d.text())
}

// unshared reads a string that rarely occurs again, or null, which is "".
func (d *decoder) unshared() string {
	if d.null() {
		return ""
	}
	return string(d.text())
}

// uid reads the UID of a device, or null, which is "".
func (d *decoder) uid() string {
	if d.null() {
		return ""
	}
	text := d.text()
	if len(text) > maxShared {
		return string(text)
	}
	return d.uids.share(text)
}

// A sequence shares the memory of texts that occur again in the same order, as devices do day after day. There are too many for a map to be
// fast.
type sequence struct {
	texts []string
	next  int // index of the text that is probably next
}

// share returns a text. If it occurs again near its expected place, the memory is shared.
func (s *sequence) share(text []byte) string {
	const near = 4 // number of devices that may be missing on a day
	if s.next > 0 && s.texts[s.next-1] == string(text) {
		return s.texts[s.next-1]
	}
	for _, from := range [...]int{s.next, 0} {
		for i := from; i < min(from+near, len(s.texts)); i++ {
			if s.texts[i] == string(text) {
				s.next = i + 1
				return s.texts[i]
			}
		}
	}
	fresh := string(text)
	if s.next == len(s.texts) && s.next < maxUIDs {
		s.texts = append(s.texts, fresh)
		s.next++
	}
	return fresh
}

func (d *decoder) intern(text []byte) string {
	if string(text) == d.lastString {
		return d.lastString
	}
	if len(text) > maxShared {
		return string(text)
	}
	known, ok := d.strings[string(text)]
	if !ok {
		known = string(text)
		if len(d.strings) == maxInterned {
			clear(d.strings)
		}
		d.strings[known] = known
	}
	d.lastString = known
	return known
}

// A period is a time with its form in the answer.
type period struct {
	text string
	time time.Time
}

// instant reads an RFC 3339 time, or null, which is the zero time.
func (d *decoder) instant() time.Time {
	if d.null() {
		return time.Time{}
	}
	text := d.text()
	if len(text) > 0 && string(text) == d.lastPeriod.text {
		return d.lastPeriod.time
	}
	p, ok := d.periods[string(text)]
	if d.failed {
		return time.Time{}
	}
	if !ok {
		if err := p.time.UnmarshalText(text); err != nil {
			d.fail("want a time like 2026-01-31T00:00:00Z, got %q", text)
			return time.Time{}
		}
		p.text, p.time = string(text), p.time.UTC()
		if len(text) > maxShared {
			return p.time
		}
		if len(d.periods) == maxInterned {
			clear(d.periods)
		}
		d.periods[p.text] = p
	}
	d.lastPeriod = p
	return p.time
}
