package env

import (
	"context"

	"notewatch/rules"
)

// A SubjectQuery selects some subjects of a scope, and what is read of them.
type SubjectQuery struct {
	Scope   rules.Scope
	Wants   rules.Wants
	Selects func(subject string) bool
}

// EachSubject calls visit for the selected subjects, with an Env as of now that is valid during the call. It reads only the blocks that
// contain any of them.
func (d *ProjectData) EachSubject(ctx context.Context, q SubjectQuery, visit func(subject string, e *rules.Env)) error {
	reader := d.Reader(q.Wants)
	var seen rules.Env
	for _, b := range d.Blocks(q.Scope) {
		if !d.selectsAny(b, q.Selects) {
			continue
		}
		data, err := d.Read(ctx, reader, b)
		if err != nil {
			return err
		}
		for i := range data.Size() {
			if subject := data.Subject(i); q.Selects(subject) {
				data.See(&seen, i)
				visit(subject, &seen)
			}
		}
	}
	return nil
}

// selectsAny reports whether any device of a block is selected. Other blocks are few, so it is true of them.
func (d *ProjectData) selectsAny(b Block, selects func(subject string) bool) bool {
	for place := b.first; place < b.next && b.Scope == rules.EachDevice; place++ {
		if selects(d.list.At(place).UID) {
			return true
		}
	}
	return b.Scope != rules.EachDevice
}
