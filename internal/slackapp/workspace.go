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

// A workspace is the workspace of the bot. The app-level token or the signing secret already proves that a request is for this app. The
// workspace check is needed for shared channels, where members of other workspaces can press buttons too.
type workspace struct {
	api *slack.Client

	mu         sync.Mutex
	team       string // "" if not yet known
	enterprise string // the Enterprise organization; "" if there is none
}

// learn asks Slack, unless the answer is known.
func (h *workspace) learn(ctx context.Context) (team, enterprise string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.team != "" {
		return h.team, h.enterprise, nil
	}
	answer, err := h.api.AuthTestContext(ctx)
	switch {
	case err != nil:
		return "", "", slackapi.Explain(err)
	case answer.TeamID == "":
		return "", "", errors.New("the answer names no workspace")
	}
	h.team, h.enterprise = answer.TeamID, answer.EnterpriseID
	return h.team, h.enterprise, nil
}

// check returns an error unless a person in a team, which may belong to a company, belongs to this workspace. The error is [errStranger] if
// they do not.
func (h *workspace) check(ctx context.Context, team, enterprise string) error {
	ourTeam, ourCompany, err := h.learn(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("looking up the workspace of the bot: %w", err)
	case team == ourTeam, ourCompany != "" && (enterprise == ourCompany || team == ourCompany):
		return nil
	}
	return errStranger
}
