package lookup

import (
	"cmp"

	"notewatch/internal/words"
	"notewatch/rules"
)

// A Kind is a kind of subject.
type Kind string

// The kinds.
const (
	KindAll     Kind = "" // every project
	KindProject Kind = "project"
	KindFleet   Kind = "fleet"
	KindDevice  Kind = "device"
	KindRoute   Kind = "route" // looked for only where it is named

	KindOrganization Kind = "organization" // likewise
)

// KindWords returns the words for the kinds of subjects that have names.
func KindWords() []string {
	return []string{string(KindProject), string(KindFleet), string(KindDevice), string(KindRoute), string(KindOrganization)}
}

// MarshalText implements encoding.TextMarshaler.
func (k Kind) MarshalText() ([]byte, error) { return []byte(cmp.Or(string(k), "all")), nil }

// A Named has an identifier and a name for people, which may be "".
type Named struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
}

// A Subject is the subject of a question.
type Subject struct {
	Kind    Kind   `json:"kind"`
	UID     string `json:"uid,omitzero"` // of the project itself for KindProject
	Name    string `json:"name,omitzero"`
	Project Named  `json:"project,omitzero"` // zero for every project
	Gone    bool   `json:"gone,omitzero"`    // a device that is no longer listed
}

// URL returns the page of the subject on notehub.io; "" if there is none.
func (s Subject) URL() string {
	if s.Kind == KindDevice {
		return words.DeviceURL(s.Project.UID, s.UID)
	}
	return words.ProjectURL(s.Project.UID)
}

// named returns a project as subjects show it.
func (p Project) named() Named { return Named{UID: p.UID, Name: p.Name} }

// Subject returns the project as a subject.
func (p Project) Subject() Subject {
	return Subject{Kind: KindProject, Project: p.named(), UID: p.UID, Name: p.Name}
}

// SubjectOf returns the subject of an alert, with the names in its texts. The subject of an alert about notewatch itself has no UID.
func SubjectOf(a rules.Alert) Subject {
	return subjectOf(Named{a.Project, a.Texts.Project}, Named{a.Subject, a.Texts.Subject})
}

func subjectOf(project, subject Named) Subject {
	switch {
	case project.UID == "":
		return Subject{Name: subject.Name}
	case subject.UID == "" && rules.ScopeOf(project.UID, "") == rules.EachOrganization:
		return Subject{Kind: KindOrganization, Project: project, UID: project.UID, Name: project.Name}
	case subject.UID == "":
		return Project{UID: project.UID, Name: project.Name}.Subject()
	}
	return Subject{Kind: Kind(rules.ScopeOf(project.UID, subject.UID)), Project: project, UID: subject.UID, Name: subject.Name}
}
