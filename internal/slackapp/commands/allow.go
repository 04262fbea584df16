package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp"
)

// A refusalError is an error whose text is for the person who asked.
type refusalError string

func (r refusalError) Error() string { return string(r) }

// mayLook returns an error unless the person may look things up from the channel. It is a [refusalError].
func (a *Answerer) mayLook(ctx context.Context, p slackapp.Person, channel string) error {
	allowed := a.config.Allow().Look
	if len(allowed) == 0 {
		return nil
	}
	return a.requireAllowed(ctx, p, channel, allowed, "Only %s may look things up here.")
}

// mayChange returns an error unless the person may change, from the channel, alerts that are sent to alertChannels. It is a [refusalError].
func (a *Answerer) mayChange(ctx context.Context, p slackapp.Person, channel string, alertChannels []string) error {
	allowed := a.config.Allow().Change
	switch {
	case len(allowed) > 0:
		return a.requireAllowed(ctx, p, channel, allowed, "Only %s may change this.")
	case len(alertChannels) == 0:
		return refusalError("No Slack channel is notified of this, so it cannot be changed from Slack. " +
			"To allow it, set slack.allow.change in the rules file.")
	}
	return a.requireAllowed(ctx, p, channel, alertChannels, "Only %s may change this. Try again from there.")
}

// requireAllowed returns an error unless one of the IDs in allowed is the person, the channel, or a group that the person is in.
func (a *Answerer) requireAllowed(ctx context.Context, p slackapp.Person, channel string, allowed []string, sentence string) error {
	if slices.Contains(allowed, p.ID) || slices.Contains(allowed, channel) {
		return nil
	}
	unknown := ""
	for _, id := range allowed {
		if !strings.HasPrefix(id, "S") {
			continue
		}
		members, err := a.groups.members(ctx, id)
		switch {
		case err != nil:
			a.config.Log.Error("looking up the members of a user group of slack.allow", "group", id, "err", err)
			unknown = cmp.Or(unknown, id)
		case slices.Contains(members, p.ID):
			return nil
		}
	}
	if unknown != "" {
		return refusalError(fmt.Sprintf("Could not look up the members of %s. Check that the app has the scope usergroups:read. "+
			"The notewatch log has details.", mention(unknown)))
	}
	return refusalError(fmt.Sprintf(sentence, listed(allowed)))
}

// maxListed is the maximum number of names in a refusal.
const maxListed = 10

// listed returns IDs as Slack shows them.
func listed(ids []string) string {
	var names []string
	for _, id := range ids[:min(len(ids), maxListed)] {
		names = append(names, mention(id))
	}
	if more := len(ids) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// mention returns an ID as mrkdwn, which Slack shows as a name.
func mention(id string) string {
	switch id[:min(len(id), 1)] {
	case "S":
		return "<!subteam^" + id + ">"
	case "C", "G":
		return "people in <#" + id + ">"
	case "D":
		return "people in the direct message " + id
	}
	return "<@" + id + ">"
}

// groupsKnown is how long the members of a user group are cached.
const groupsKnown = 5 * time.Minute

// groups caches the members of user groups.
type groups struct {
	api *slack.Client
	now func() time.Time

	mu    sync.Mutex
	known map[string]group // by ID
}

type group struct {
	members []string
	at      time.Time
}

// members returns the IDs of the users in a group.
func (g *groups) members(ctx context.Context, id string) ([]string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known, ok := g.known[id]; ok && g.now().Sub(known.at) < groupsKnown {
		return known.members, nil
	}
	members, err := g.api.GetUserGroupMembersContext(ctx, id)
	if err != nil {
		return nil, slackapi.Explain(err)
	}
	g.known[id] = group{members: members, at: g.now()}
	return members, nil
}
