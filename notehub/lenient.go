package notehub

import "time"

// A Truth is a boolean that Notehub may answer as null or leave out; Known distinguishes this from false.
type Truth struct {
	True    bool
	Known   bool
	Invalid bool // Notehub answered something that is neither true, false nor null; then it is not known
}

// The methods below read fields about a fleet, a route or an account as a whole. A value of a type that Notehub does not describe is
// skipped and not known; the rest of the answer is still valid.

// truth reads true, false or null.
func (d *decoder) truth() Truth {
	switch d.peek() {
	case 't', 'f':
		return Truth{True: d.boolean(), Known: true}
	case 'n':
		d.literal("null")
		return Truth{}
	}
	d.skip()
	return Truth{Invalid: true}
}

// lenientCount reads a number or null.
func (d *decoder) lenientCount() Count {
	if c := d.peek(); c == 'n' || c == '-' || '0' <= c && c <= '9' {
		return d.count()
	}
	d.skip()
	return Count{Invalid: true}
}

// lenientText reads a string or null, which is "". It sets invalid for anything else.
func (d *decoder) lenientText(invalid *bool) string {
	if c := d.peek(); c == 'n' || c == '"' {
		return d.string()
	}
	d.skip()
	*invalid = true
	return ""
}

// lenientInstant reads an RFC 3339 time or null, which is the zero time. It sets invalid for anything else.
func (d *decoder) lenientInstant(invalid *bool) (t time.Time) {
	if text := d.lenientText(invalid); text != "" && t.UnmarshalText([]byte(text)) != nil {
		*invalid = true
		return time.Time{}
	}
	return t.UTC()
}

// lenientFields reads an object and calls field for each value, or reads null. It sets invalid for anything else.
func (d *decoder) lenientFields(invalid *bool, field func(name string)) {
	switch d.peek() {
	case '{':
		for name := range d.fields {
			field(string(name))
		}
	case 'n':
		d.literal("null")
	default:
		d.skip()
		*invalid = true
	}
}
