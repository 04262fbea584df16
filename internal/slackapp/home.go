package slackapp

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/slack-go/slack"

	"notewatch/internal/slackapi"
)

// errStranger means that a person belongs to another workspace.
var errStranger = errors.New("the person belongs to another workspace than the bot")

// A home is the workspace that the bot belongs to. That a request is for this app is known without asking: the app-level
// token or the signing secret is the app's own. But in a channel that is shared with others, those others have buttons too.
type home struct {
	api *slack.Client

	mu      sync.Mutex
	team    string // "" is not known yet
	company string // the Enterprise organization; "" is none
}

// learn asks Slack, unless it has answered before.
func (h *home) learn(ctx context.Context) (team, company string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.team != "" {
		return h.team, h.company, nil
	}
	answer, err := h.api.AuthTestContext(ctx)
	switch {
	case err != nil:
		return "", "", slackapi.Explain(err)
	case answer.TeamID == "":
		return "", "", errors.New("the answer names no workspace")
	}
	h.team, h.company = answer.TeamID, answer.EnterpriseID
	return h.team, h.company, nil
}

// check returns an error unless a person of the team, which may be one of a company, is at home here. It is [errStranger] if they
// are not.
func (h *home) check(ctx context.Context, team, company string) error {
	ourTeam, ourCompany, err := h.learn(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("looking up the workspace of the bot: %w", err)
	case team == ourTeam, ourCompany != "" && (company == ourCompany || team == ourCompany):
		return nil
	}
	return errStranger
}
