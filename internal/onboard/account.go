package onboard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/pause"
	"notewatch/internal/readback"
	"notewatch/internal/words"
	"notewatch/notehub"
)

// An account is what a token gives access to.
type account struct {
	Projects      []notehub.Project // by name
	Organizations []notehub.Organization
	Unlisted      string // why the organizations could not be listed; "" if they were
}

// discover lists the projects and organizations that a token sees, in two or three requests. It returns an error if the token sees no
// project.
func discover(ctx context.Context, client *notehub.Client) (a account, err error) {
	err = patiently(ctx, func() error {
		a.Projects = nil
		return client.Projects(ctx, func(p notehub.Project) error {
			a.Projects = append(a.Projects, p)
			return nil
		})
	})
	switch {
	case err != nil:
		return a, readback.Advised(err)
	case len(a.Projects) == 0:
		return a, errors.New("the token sees no project: add its owner to the projects to watch, with the role viewer, at notehub.io, " +
			"or make the token as a user who is in them")
	}
	slices.SortFunc(a.Projects, func(x, y notehub.Project) int {
		return cmp.Or(cmp.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)), cmp.Compare(x.UID, y.UID))
	})
	return a, a.listOrganizations(ctx, client)
}

// listOrganizations lists the organizations. A refusal is noted in Unlisted, because most rules need none.
func (a *account) listOrganizations(ctx context.Context, client *notehub.Client) (err error) {
	for _, in := range []notehub.Collection{notehub.Organizations, notehub.BillingAccounts} {
		err = patiently(ctx, func() error {
			a.Organizations = nil
			return client.Organizations(ctx, in, func(o notehub.Organization) error {
				a.Organizations = append(a.Organizations, o)
				return nil
			})
		})
		if !errors.Is(err, notehub.ErrNotFound) {
			break
		}
	}
	if refused, ok := errors.AsType[*notehub.Error](err); ok {
		a.Unlisted = refused.Error()
		return nil
	}
	return readback.Advised(err)
}

const (
	ratePause = 30 * time.Second // after a 429 without Retry-After
	rateTries = 3
)

// patiently calls request, and repeats it after a 429 as soon as Notehub allows.
func patiently(ctx context.Context, request func() error) (err error) {
	for range rateTries {
		if err = request(); !errors.Is(err, notehub.ErrRateLimited) {
			return err
		}
		wait := ratePause
		if refused, ok := errors.AsType[*notehub.Error](err); ok && refused.RetryAfter > 0 {
			wait = refused.RetryAfter
		}
		if err := pause.For(ctx, wait); err != nil {
			return err
		}
	}
	return err
}

// choose returns the projects with the given UIDs or names, without regard to case; all of them if no words are given.
func (a account) choose(wanted []string) (chosen []notehub.Project, err error) {
	if len(wanted) == 0 {
		return a.Projects, nil
	}
	var problems []error
	for _, word := range wanted {
		found := a.named(word)
		switch {
		case len(found) == 0:
			problems = append(problems, fmt.Errorf("the token sees no project %q: it sees %s", word, a.names()))
		case len(found) > 1:
			problems = append(problems, fmt.Errorf("%s have the name %q: give the UID", words.Count(len(found), "project"), word))
		case !slices.Contains(chosen, found[0]):
			chosen = append(chosen, found[0])
		}
	}
	return chosen, errors.Join(problems...)
}

func (a account) named(word string) (found []notehub.Project) {
	for _, p := range a.Projects {
		if p.UID == word || p.Name != "" && strings.EqualFold(p.Name, word) {
			found = append(found, p)
		}
	}
	return found
}

// shownNames is the maximum number of projects that an error lists.
const shownNames = 10

func (a account) names() string {
	var names []string
	for _, p := range a.Projects[:min(len(a.Projects), shownNames)] {
		names = append(names, fmt.Sprintf("%q", cmp.Or(p.Name, p.UID)))
	}
	if more := len(a.Projects) - len(names); more > 0 {
		names = append(names, words.Number(more)+" more")
	}
	return strings.Join(names, ", ")
}

// pays returns the organization that pays for the projects: the one with a UID or name, or the only one. If there is none, why is the
// reason.
func (a account) pays(wanted string) (o notehub.Organization, why string, err error) {
	for _, one := range a.Organizations {
		if wanted != "" && (one.UID == wanted || strings.EqualFold(one.Name, wanted)) {
			return one, "", nil
		}
	}
	switch {
	case wanted != "":
		return o, "", fmt.Errorf("the token sees no organization %q: leave out --organization, or give the UID of one of %s", wanted, a.organizations())
	case a.Unlisted != "":
		return o, a.Unlisted, nil
	case len(a.Organizations) == 0:
		return o, "the token sees no organization", nil
	case len(a.Organizations) > 1:
		return o, "the token sees several organizations: " + a.organizations(), nil
	}
	return a.Organizations[0], "", nil
}

func (a account) organizations() string {
	var names []string
	for _, o := range a.Organizations[:min(len(a.Organizations), shownNames)] {
		names = append(names, words.Dotted(o.UID, words.Clean(o.Name, maxText)))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
