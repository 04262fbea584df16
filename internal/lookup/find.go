package lookup

import (
	"context"
	"slices"
	"strings"

	"notewatch/internal/spelling"
	"notewatch/internal/store"
	"notewatch/rules"
)

const (
	maxCandidates = 10     // subjects that an error lists
	maxGoneAlerts = 10_000 // alerts that are searched for a device that is not listed any more
)

// Find returns what people mean by text: the UID or the name of a project, fleet or device, else the beginning of either,
// else a part of the name, whatever the case; and the first of these that fits anything decides. A UID may lack what stands
// before its colon. Where several have one name, the project may be put before it: cold-chain/freezer. A device that is not
// listed any more is found by what its usage and its alerts call it. Empty text is every project, or the only one. No kinds
// are all of them.
//
// Errors are *UnknownError and *AmbiguousError, and those of the store.
func (d *Desk) Find(ctx context.Context, text string, kinds ...Kind) (Subject, error) {
	s := search{Desk: d, text: strings.TrimSpace(text), kinds: kinds, projects: d.Projects}
	switch {
	case s.text == "" && len(d.Projects) == 1:
		return d.Projects[0].subject(), nil
	case s.text == "":
		return Subject{}, nil
	}
	if found, err := s.find(ctx); err != nil || len(found) > 0 {
		return s.only(found, err)
	}
	if q, ok := s.qualified(); ok {
		if found, err := q.find(ctx); err != nil || len(found) > 0 {
			return q.only(found, err)
		}
	}
	nearest, err := s.nearest(ctx)
	if err != nil {
		return Subject{}, err
	}
	return Subject{}, &UnknownError{Text: s.text, Kinds: kinds, Nearest: nearest}
}

// Complete returns listed subjects whose UID or name begins with prefix, at most limit.
func (d *Desk) Complete(ctx context.Context, prefix string, limit int, kinds ...Kind) ([]Subject, error) {
	s := search{Desk: d, text: prefix, kinds: kinds, projects: d.Projects}
	all, err := s.listed(ctx)
	if err != nil {
		return nil, err
	}
	found := s.those(byPrefix, all)
	return found[:min(max(limit, 0), len(found))], nil
}

// A search is for what a text means.
type search struct {
	*Desk
	text     string
	kinds    []Kind
	projects []Project // that it may be in
}

// wants reports whether a kind is looked for.
func (s search) wants(kind Kind) bool { return len(s.kinds) == 0 || slices.Contains(s.kinds, kind) }

// qualified returns the search for what stands behind a slash, in the project that stands before it.
func (s search) qualified() (in search, ok bool) {
	name, text, _ := strings.Cut(s.text, "/")
	in = search{Desk: s.Desk, text: text, kinds: s.kinds}
	for _, p := range s.projects {
		if exactly(p.subject(), name) {
			in.projects = append(in.projects, p)
		}
	}
	return in, text != "" && len(in.projects) > 0
}

// only returns what was found if it is one, or says what there is.
func (s search) only(found []Subject, err error) (Subject, error) {
	switch {
	case err != nil:
		return Subject{}, err
	case len(found) == 1:
		return found[0], nil
	}
	listed := found[:min(maxCandidates, len(found))]
	return Subject{}, &AmbiguousError{Text: s.text, Candidates: listed, More: len(found) - len(listed)}
}

// find returns what fits best. It looks for exact names first, which costs next to nothing however many devices there are.
func (s search) find(ctx context.Context) ([]Subject, error) {
	exact, err := s.exact(ctx)
	if err != nil || len(exact) > 0 {
		return exact, err
	}
	listed, err := s.listed(ctx)
	if err != nil {
		return nil, err
	}
	gone, err := s.gone(ctx)
	if err != nil {
		return nil, err
	}
	all := append(listed, gone...)
	for _, fits := range []fit{exactly, byPrefix, byPart} {
		if found := s.those(fits, all); len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}

// exact returns the listed subjects that are called just so, but for names that only differ in the case of letters beyond
// ASCII.
func (s search) exact(ctx context.Context) ([]Subject, error) {
	larger, err := s.larger(ctx)
	if err != nil || !s.wants(KindDevice) {
		return s.those(exactly, larger), err
	}
	found := s.those(exactly, larger)
	devices, err := s.Store.DevicesCalled(ctx, s.text)
	if err != nil {
		return nil, err
	}
	for _, p := range s.projects {
		for _, uid := range s.uids() {
			device, ok, err := s.Store.Device(ctx, p.UID, uid)
			if err != nil {
				return nil, err
			}
			if name := (store.DeviceName{Project: p.UID, UID: uid, Name: device.Name}); ok && !slices.Contains(devices, name) {
				devices = append(devices, name)
			}
		}
	}
	return append(found, s.devices(devices)...), nil
}

// uids returns the UIDs of a device that the text may be.
func (s search) uids() []string { return []string{s.text, "dev:" + s.text} }

// listed returns all subjects that there are now.
func (s search) listed(ctx context.Context) ([]Subject, error) {
	all, err := s.larger(ctx)
	if err != nil || !s.wants(KindDevice) {
		return all, err
	}
	devices, err := s.Store.DeviceNames(ctx)
	return append(all, s.devices(devices)...), err
}

// larger returns the projects, then the fleets.
func (s search) larger(ctx context.Context) (all []Subject, err error) {
	if s.wants(KindProject) {
		for _, p := range s.projects {
			all = append(all, p.subject())
		}
	}
	if !s.wants(KindFleet) {
		return all, nil
	}
	for _, p := range s.projects {
		fleets, err := s.Store.Fleets(ctx, p.UID)
		if err != nil {
			return nil, err
		}
		for _, f := range fleets {
			all = append(all, Subject{Kind: KindFleet, Project: p.named(), UID: f.UID, Name: f.Name})
		}
	}
	return all, nil
}

// gone returns the devices that are not listed any more: those told of in alerts, and the one of just this UID if it was
// counted lately.
func (s search) gone(ctx context.Context) ([]Subject, error) {
	if !s.wants(KindDevice) {
		return nil, nil
	}
	devices, err := s.Store.GoneDevices(ctx, maxGoneAlerts)
	if err != nil {
		return nil, err
	}
	known := func(project, uid string) bool {
		return slices.ContainsFunc(devices, func(d store.DeviceName) bool { return d.Project == project && d.UID == uid })
	}
	today := rules.DayOf(s.Now())
	for _, p := range s.projects {
		used, err := s.Store.Usage(ctx, p.UID, s.uids(), today-rules.HistoryDays, today)
		if err != nil {
			return nil, err
		}
		for _, day := range used {
			if !known(p.UID, day.Device) {
				devices = append(devices, store.DeviceName{Project: p.UID, UID: day.Device, Name: day.Device})
			}
		}
	}
	gone := s.devices(devices)
	for i := range gone {
		gone[i].Gone = true
	}
	return gone, nil
}

// devices returns those of the projects as subjects.
func (s search) devices(names []store.DeviceName) []Subject {
	projects := make(map[string]Subject, len(s.projects))
	for _, p := range s.projects {
		projects[p.UID] = Subject{Kind: KindDevice, Project: p.named()}
	}
	all := make([]Subject, 0, len(names))
	for _, name := range names {
		if device, ok := projects[name.Project]; ok {
			device.UID, device.Name = name.UID, name.Name
			all = append(all, device)
		}
	}
	return all
}

// nearest returns the name or UID that the text is most likely a slip of.
func (s search) nearest(ctx context.Context) (string, error) {
	all, err := s.listed(ctx)
	if err != nil {
		return "", err
	}
	var near []string
	for _, subject := range all {
		for _, name := range []string{subject.Name, subject.UID} {
			if differ := len(name) - len(s.text); max(differ, -differ) <= max(1, len(s.text)/3) {
				near = append(near, name)
			}
		}
	}
	return spelling.Nearest(s.text, near), nil
}

// A fit reports whether a text may mean a subject.
type fit func(s Subject, text string) bool

// those returns the subjects that fit.
func (s search) those(fits fit, all []Subject) (found []Subject) {
	for _, subject := range all {
		if fits(subject, s.text) {
			found = append(found, subject)
		}
	}
	return found
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
