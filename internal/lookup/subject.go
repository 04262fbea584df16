package lookup

import (
	"notewatch/internal/words"
	"notewatch/notify"
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
)

// A Subject is what a question is about.
type Subject struct {
	Kind    Kind         `json:"kind"`
	Project notify.Named `json:"project"` // the zero value for every project
	UID     string       `json:"uid"`     // of the project itself for KindProject
	Name    string       `json:"name"`
	Gone    bool         `json:"gone,omitempty"` // a device that is not listed any more
}

// Link returns the name of the subject with where to look at it.
func (s Subject) Link() notify.Named {
	link := notify.Named{UID: s.UID, Name: s.Name, URL: s.Project.URL}
	if s.Kind == KindDevice {
		link.URL = words.DeviceURL(s.Project.UID, s.UID)
	}
	return link
}

// named returns a project as subjects show it.
func (p Project) named() notify.Named {
	return notify.Named{UID: p.UID, Name: p.Name, URL: words.ProjectURL(p.UID)}
}

// subject returns the project as a subject.
func (p Project) subject() Subject {
	return Subject{Kind: KindProject, Project: p.named(), UID: p.UID, Name: p.Name}
}

// SubjectOf returns whom an alert is about, by the names that it tells. One about notewatch itself is about no project: its
// subject has no UID.
func SubjectOf(a rules.Alert) Subject {
	p := Project{UID: a.Project, Name: a.Told.Project}
	switch {
	case a.Project == "":
		return Subject{Name: a.Told.Subject}
	case a.Subject == "":
		return p.subject()
	}
	return Subject{Kind: KindDevice, Project: p.named(), UID: a.Subject, Name: a.Told.Subject}
}
