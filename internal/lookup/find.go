package lookup

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"notewatch/internal/store/usage"
	"notewatch/rules"
)

const (
	maxCandidates = 10     // subjects listed in an error
	maxGoneAlerts = 10_000 // alerts to search for a device that is no longer listed
)

// Find returns the subject that text means. It tries, in this order and ignoring case: an exact UID or name, a prefix of either, a
// part of the name. The prefix of a UID up to its colon may be left out. If several subjects have one name, the project may be put
// before it: cold-chain/freezer. A device that is no longer listed is found by its UID, or by the name that its alerts have. Empty
// text means every project, or the only one. No kinds are all of them but routes.
//
// Errors are *UnknownError and *AmbiguousError, and those of the store.
func (r *Reader) Find(ctx context.Context, text string, kinds ...Kind) (Subject, error) {
	s := search{reader: r, text: strings.TrimSpace(text), kinds: kinds}
	switch {
	case s.text == "" && len(r.config.Projects) == 1:
		return r.config.Projects[0].Subject(), nil
	case s.text == "":
		return Subject{}, nil
	}
	found, err := s.exact(ctx)
	if err == nil && len(found) == 0 {
		found, err = s.loose(ctx)
	}
	switch {
	case err != nil:
		return Subject{}, err
	case len(found) == 1:
		return found[0], nil
	}
	return Subject{}, Ambiguous(s.text, found)
}

// Complete returns at most limit listed subjects whose UID or name begins with prefix: projects, fleets, devices by name, then devices by
// UID, in which the case of letters matters.
func (r *Reader) Complete(ctx context.Context, prefix string, limit int, kinds ...Kind) ([]Subject, error) {
	s := search{reader: r, text: prefix, kinds: kinds}
	all, err := s.larger(ctx)
	if err != nil {
		return nil, err
	}
	limit = max(limit, 0)
	found := those(all, byPrefix, prefix)
	if room := limit - len(found); room > 0 && s.wants(KindDevice) {
		devices, err := s.beginning(ctx, room)
		if err != nil {
			return nil, err
		}
		found = append(found, s.devices(devices)...)
	}
	return found[:min(limit, len(found))], nil
}

// Called returns the listed subjects with exactly this UID or name, ignoring case.
func (r *Reader) Called(ctx context.Context, text string, kinds ...Kind) ([]Subject, error) {
	return search{reader: r, text: text, kinds: kinds}.exact(ctx)
}

// A search looks for the subject that a text means.
type search struct {
	reader *Reader
	text   string
	kinds  []Kind
}

// wants reports whether a kind is searched.
func (s search) wants(kind Kind) bool { return len(s.kinds) == 0 || slices.Contains(s.kinds, kind) }

// exact returns the listed subjects with exactly this name or UID. It ignores the case of ASCII letters only.
func (s search) exact(ctx context.Context) ([]Subject, error) {
	larger, err := s.larger(ctx)
	found := those(larger, exactly, s.text)
	if err != nil || !s.wants(KindDevice) {
		return found, err
	}
	devices, err := s.reader.config.Store.Usage.DevicesCalled(ctx, s.text)
	if err != nil {
		return nil, err
	}
	for _, p := range s.reader.config.Projects {
		for _, uid := range s.uids() {
			device, ok, err := s.reader.config.Store.Usage.Device(ctx, p.UID, uid)
			if err != nil {
				return nil, err
			}
			if name := (usage.DeviceName{Project: p.UID, UID: uid, Name: device.Name}); ok && !slices.Contains(devices, name) {
				devices = append(devices, name)
			}
		}
	}
	return append(found, s.devices(devices)...), nil
}

// beginning returns devices whose name or UID begins with the text, at most limit of either.
func (s search) beginning(ctx context.Context, limit int) ([]usage.DeviceName, error) {
	projects := make([]string, len(s.reader.config.Projects))
	for i, p := range s.reader.config.Projects {
		projects[i] = p.UID
	}
	devices, err := s.reader.config.Store.Usage.DevicesNamed(ctx, projects, s.text, limit)
	for _, p := range s.reader.config.Projects {
		for _, uid := range s.uids() {
			if err != nil || len(devices) >= limit {
				return devices, err
			}
			var more []usage.DeviceName
			more, err = s.reader.config.Store.Usage.DevicesFrom(ctx, p.UID, uid, limit)
			devices = append(devices, slices.DeleteFunc(more, func(d usage.DeviceName) bool { return slices.Contains(devices, d) })...)
		}
	}
	return devices, err
}

// uids returns the possible UIDs of a device for the text.
func (s search) uids() []string { return []string{s.text, "dev:" + s.text} }

// loose returns the best matches among all subjects, or an *UnknownError. It reads the names of all devices.
func (s search) loose(ctx context.Context) ([]Subject, error) {
	listed, err := s.listed(ctx)
	if err != nil {
		return nil, err
	}
	gone, err := s.gone(ctx)
	if err != nil {
		return nil, err
	}
	all := append(listed, gone...)
	if found := best(all, s.text); len(found) > 0 {
		return found, nil
	}
	if project, text, ok := strings.Cut(s.text, "/"); ok && text != "" {
		if found := best(those(all, inProject, project), text); len(found) > 0 {
			return found, nil
		}
	}
	return nil, &UnknownError{Text: s.text, Kinds: s.kinds, Nearest: nearest(all, s.text)}
}

// listed returns all present subjects.
func (s search) listed(ctx context.Context) ([]Subject, error) {
	all, err := s.larger(ctx)
	if err != nil || !s.wants(KindDevice) {
		return all, err
	}
	devices, err := s.reader.config.Store.Usage.DeviceNames(ctx)
	return append(all, s.devices(devices)...), err
}

// larger returns the projects and organizations, then the fleets and routes.
func (s search) larger(ctx context.Context) (all []Subject, err error) {
	if s.wants(KindProject) {
		for _, p := range s.reader.config.Projects {
			all = append(all, p.Subject())
		}
	}
	if slices.Contains(s.kinds, KindOrganization) {
		for _, a := range s.reader.config.Accounts {
			said, err := s.reader.config.Store.Usage.Organization(ctx, a.Name)
			if err != nil {
				return nil, err
			}
			named := Named{UID: rules.OfAccount(a.Name), Name: cmp.Or(said.Name, a.Name)}
			all = append(all, Subject{Kind: KindOrganization, Project: named, UID: named.UID, Name: named.Name})
		}
	}
	for _, p := range s.reader.config.Projects {
		if s.wants(KindFleet) {
			fleets, err := s.reader.config.Store.Usage.Fleets(ctx, p.UID)
			if err != nil {
				return nil, err
			}
			for _, f := range fleets {
				all = append(all, Subject{Kind: KindFleet, Project: p.named(), UID: f.UID, Name: f.Name})
			}
		}
		if slices.Contains(s.kinds, KindRoute) {
			list, err := s.reader.config.Store.Usage.Routes(ctx, p.UID)
			if err != nil {
				return nil, err
			}
			for _, r := range list.Routes {
				all = append(all, Subject{Kind: KindRoute, Project: p.named(), UID: r.UID, Name: r.Name})
			}
		}
	}
	return all, nil
}

// gone returns devices that are no longer listed: those of alerts, and the one of exactly this UID if there is still data for it.
func (s search) gone(ctx context.Context) ([]Subject, error) {
	if !s.wants(KindDevice) {
		return nil, nil
	}
	devices, err := s.reader.config.Store.GoneDevices(ctx, maxGoneAlerts)
	if err != nil {
		return nil, err
	}
	known := func(project, uid string) bool {
		return slices.ContainsFunc(devices, func(d usage.DeviceName) bool { return d.Project == project && d.UID == uid })
	}
	for _, p := range s.reader.config.Projects {
		for _, uid := range s.uids() {
			_, ok, err := s.reader.config.Store.Usage.Ordinal(ctx, p.UID, uid)
			if err != nil {
				return nil, err
			}
			if ok && !known(p.UID, uid) {
				devices = append(devices, usage.DeviceName{Project: p.UID, UID: uid, Name: uid})
			}
		}
	}
	gone := s.devices(devices)
	for i := range gone {
		gone[i].Gone = true
	}
	return gone, nil
}

// devices returns devices of the projects as subjects.
func (s search) devices(names []usage.DeviceName) []Subject {
	projects := make(map[string]Subject, len(s.reader.config.Projects))
	for _, p := range s.reader.config.Projects {
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
