package lookup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"notewatch/internal/config"
	"notewatch/internal/store"
)

// maxCandidates is how many subjects an AmbiguousError lists.
const maxCandidates = 10

// An UnknownError says that nothing is called so.
type UnknownError struct {
	Text    string
	Kinds   []Kind // that were looked for; none is any
	Nearest string // what may have been meant; "" is nothing like it
}

// Error says what was looked for.
func (e *UnknownError) Error() string {
	kinds := make([]string, len(e.Kinds))
	for i, kind := range e.Kinds {
		kinds[i] = string(kind)
	}
	if kinds == nil {
		kinds = []string{"project, fleet or device"}
	}
	text := fmt.Sprintf("there is no %s %q", strings.Join(kinds, " or "), e.Text)
	if e.Nearest != "" {
		text += fmt.Sprintf("; did you mean %q?", e.Nearest)
	}
	return text
}

// An AmbiguousError says that several subjects are called so.
type AmbiguousError struct {
	Text       string
	Candidates []Subject // at most 10
	More       int       // how many there are besides
}

// Error lists the candidates.
func (e *AmbiguousError) Error() string {
	names := make([]string, len(e.Candidates))
	for i, s := range e.Candidates {
		names[i] = fmt.Sprintf("%s %q (%s)", s.Kind, s.Name, s.UID)
	}
	text := fmt.Sprintf("%q may be any of %s", e.Text, strings.Join(names, ", "))
	if e.More > 0 {
		text += fmt.Sprintf(" and %d more", e.More)
	}
	return text
}

// Find returns what people mean by text: the UID or the name of a project, fleet or device, else the beginning of either,
// else a part of the name, whatever the case; and the first of these that fits anything decides. A UID may be without what
// stands before its colon. A device that is not listed any more is found by the UID or name that its alerts tell. Empty
// text is every project, or the only one.
//
// Errors are *UnknownError and *AmbiguousError, and those of the store.
func (d *Desk) Find(ctx context.Context, text string, kinds ...Kind) (Subject, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		if len(d.Projects) == 1 {
			return d.Projects[0].subject(), nil
		}
		return Subject{}, nil
	}
	all, err := d.subjects(ctx, kinds)
	if err != nil {
		return Subject{}, err
	}
	for _, fits := range []func(Subject, string) bool{exactly, byPrefix, byPart} {
		var found []Subject
		for _, s := range all {
			if fits(s, text) {
				found = append(found, s)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			listed := found[:min(maxCandidates, len(found))]
			return Subject{}, &AmbiguousError{Text: text, Candidates: listed, More: len(found) - len(listed)}
		}
	}
	names := make([]string, 0, len(all))
	for _, s := range all {
		names = append(names, s.Name)
	}
	return Subject{}, &UnknownError{Text: text, Kinds: kinds, Nearest: config.Nearest(text, names)}
}

// Complete returns subjects whose UID or name begins with prefix, at most limit.
func (d *Desk) Complete(ctx context.Context, prefix string, limit int, kinds ...Kind) ([]Subject, error) {
	all, err := d.subjects(ctx, kinds)
	if err != nil {
		return nil, err
	}
	var found []Subject
	for _, s := range all {
		if len(found) < limit && byPrefix(s, prefix) {
			found = append(found, s)
		}
	}
	return found, nil
}

func exactly(s Subject, text string) bool {
	return strings.EqualFold(s.UID, text) || strings.EqualFold(bare(s.UID), text) || strings.EqualFold(s.Name, text)
}

func byPrefix(s Subject, text string) bool {
	return hasPrefixFold(s.UID, text) || hasPrefixFold(bare(s.UID), text) || hasPrefixFold(s.Name, text)
}

func byPart(s Subject, text string) bool {
	return strings.Contains(strings.ToLower(s.Name), strings.ToLower(text))
}

func hasPrefixFold(s, prefix string) bool {
	return strings.HasPrefix(strings.ToLower(s), strings.ToLower(prefix))
}

// bare returns a UID without what stands before its colon.
func bare(uid string) string {
	_, rest, _ := strings.Cut(uid, ":")
	return rest
}

// subjects returns all that can be asked about.
func (d *Desk) subjects(ctx context.Context, kinds []Kind) ([]Subject, error) {
	want := func(k Kind) bool { return len(kinds) == 0 || slices.Contains(kinds, k) }
	var all []Subject
	for _, p := range d.Projects {
		if want(KindProject) {
			all = append(all, p.subject())
		}
		if !want(KindFleet) {
			continue
		}
		fleets, err := d.Store.Fleets(ctx, p.UID)
		if err != nil {
			return nil, err
		}
		for _, f := range fleets {
			all = append(all, Subject{Kind: KindFleet, Project: p.named(), UID: f.UID, Name: f.Name})
		}
	}
	if !want(KindDevice) {
		return all, nil
	}
	devices, err := d.Store.DeviceNames(ctx)
	if err != nil {
		return nil, err
	}
	for _, device := range devices {
		if s, ok := d.device(device); ok {
			all = append(all, s)
		}
	}
	return all, nil
}

// device returns a device as a subject; ok is false if its project is not watched.
func (d *Desk) device(name store.DeviceName) (Subject, bool) {
	p, ok := d.project(name.Project)
	return Subject{Kind: KindDevice, Project: p.named(), UID: name.UID, Name: name.Name}, ok
}
