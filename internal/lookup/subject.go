package lookup

import "notewatch/rules"

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
