package lookup

import (
	"strings"

	"notewatch/internal/spelling"
)

// best returns the subjects that match a text in the first of the ways in which any does.
func best(all []Subject, text string) []Subject {
	for _, fits := range []fit{exactly, byPrefix, byPart} {
		if found := those(all, fits, text); len(found) > 0 {
			return found
		}
	}
	return nil
}

// nearest returns the name or UID that is most similar to a text.
func nearest(all []Subject, text string) string {
	var near []string
	for _, subject := range all {
		for _, name := range []string{subject.Name, subject.UID} {
			if differ := len(name) - len(text); max(differ, -differ) <= max(1, len(text)/3) {
				near = append(near, name)
			}
		}
	}
	return spelling.Nearest(text, near)
}

// A fit reports whether a text may mean a subject.
type fit func(s Subject, text string) bool

// those returns the subjects that fit a text.
func those(all []Subject, fits fit, text string) (found []Subject) {
	for _, subject := range all {
		if fits(subject, text) {
			found = append(found, subject)
		}
	}
	return found
}

// exactly reports whether a text is the name or UID of a subject.
func exactly(s Subject, text string) bool {
	return strings.EqualFold(s.UID, text) || strings.EqualFold(bare(s.UID), text) || strings.EqualFold(s.Name, text)
}

// inProject reports whether a subject is in the project that a text names.
func inProject(s Subject, project string) bool {
	return exactly(Subject{UID: s.Project.UID, Name: s.Project.Name}, project)
}

// byPrefix reports whether the name or UID of a subject begins with a text.
func byPrefix(s Subject, text string) bool {
	return hasPrefixFold(s.UID, text) || hasPrefixFold(bare(s.UID), text) || hasPrefixFold(s.Name, text)
}

// byPart reports whether the name of a subject holds a text.
func byPart(s Subject, text string) bool {
	return strings.Contains(strings.ToLower(s.Name), strings.ToLower(text))
}

func hasPrefixFold(s, prefix string) bool {
	return strings.HasPrefix(strings.ToLower(s), strings.ToLower(prefix))
}

// bare returns a UID without its prefix up to the colon.
func bare(uid string) string {
	_, rest, _ := strings.Cut(uid, ":")
	return rest
}
