package slackapp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"notewatch/internal/metrics"
	"notewatch/internal/secret"
)

// A request is a command or a press from Slack.
type request struct {
	kind        metrics.Ask
	id          string // of the action of the person: the same if it comes twice
	team        string // of the person
	enterprise  string // the Enterprise organization of the team; "" if there is none, or if it is not certain
	person      Person
	channel     string
	responseURL secret.Text // the response URL: anyone who knows it may answer
	handle      func(context.Context) Reply
}

// errOther is the error for a request of Slack that is neither a command nor a press.
var errOther = errors.New("neither a command nor a press")

// A commandPayload is a command as Slack sends it. Over HTTP it is a form with the same names. enterprise_id is ignored: it belongs to the
// channel, not to the person, so a guest in a shared channel could pass as a member. Nothing is lost, because an app is installed in one
// workspace, where its commands come from.
type commandPayload struct {
	TeamID      string `json:"team_id"`
	ChannelID   string `json:"channel_id"`
	UserID      string `json:"user_id"`
	UserName    string `json:"user_name"`
	Text        string `json:"text"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

// commandInForm reads a command from a form.
func (a *App) commandInForm(form url.Values) (request, error) {
	return a.command(commandPayload{
		TeamID: form.Get("team_id"), ChannelID: form.Get("channel_id"), UserID: form.Get("user_id"), UserName: form.Get("user_name"),
		Text: form.Get("text"), ResponseURL: form.Get("response_url"), TriggerID: form.Get("trigger_id"),
	})
}

// commandInJSON reads a command from an envelope.
func (a *App) commandInJSON(payload []byte) (request, error) {
	var c commandPayload
	if err := json.Unmarshal(payload, &c); err != nil {
		return request{}, errOther
	}
	return a.command(c)
}

func (a *App) command(c commandPayload) (request, error) {
	if c.UserID == "" || c.ChannelID == "" {
		return request{}, errOther
	}
	person := Person{ID: c.UserID, Name: c.UserName}
	command := Command{Person: person, Channel: c.ChannelID, Text: c.Text}
	return request{
		kind: metrics.Command, id: c.TriggerID, team: c.TeamID,
		person: person, channel: c.ChannelID, responseURL: secret.New(c.ResponseURL),
		handle: func(ctx context.Context) Reply { return a.config.OnCommand(ctx, command) },
	}, nil
}

// A pressPayload is what Slack sends when a button is pressed. Its member enterprise is ignored, because it belongs to the app.
type pressPayload struct {
	Type string `json:"type"`
	User struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Name     string `json:"name"`
		TeamID   string `json:"team_id"`
	} `json:"user"`
	Team struct { // of the message, which may not be that of the user
		ID           string `json:"id"`
		EnterpriseID string `json:"enterprise_id"`
	} `json:"team"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		MessageTS string `json:"message_ts"`
		ChannelID string `json:"channel_id"`
	} `json:"container"`
	Actions []struct {
		ActionID       string `json:"action_id"`
		Value          string `json:"value"`
		SelectedOption struct {
			Value string `json:"value"`
		} `json:"selected_option"`
	} `json:"actions"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

// pressInForm reads a press from a form.
func (a *App) pressInForm(form url.Values) (request, error) {
	return a.pressInJSON([]byte(form.Get("payload")))
}

// pressInJSON reads a press. People press one button at a time.
func (a *App) pressInJSON(payload []byte) (request, error) {
	var p pressPayload
	if err := json.Unmarshal(payload, &p); err != nil || p.Type != "block_actions" || len(p.Actions) == 0 || p.User.ID == "" {
		return request{}, errOther
	}
	action := p.Actions[0]
	press := Press{
		Person:  Person{ID: p.User.ID, Name: cmp.Or(p.User.Username, p.User.Name)},
		Channel: cmp.Or(p.Channel.ID, p.Container.ChannelID), TS: p.Container.MessageTS,
		Action: action.ActionID, Value: cmp.Or(action.Value, action.SelectedOption.Value),
	}
	return request{
		kind: metrics.Press, id: p.TriggerID, team: p.User.TeamID, enterprise: p.enterprise(),
		person: press.Person, channel: press.Channel, responseURL: secret.New(p.ResponseURL),
		handle: func(ctx context.Context) Reply { return a.config.OnPress(ctx, press) },
	}, nil
}

// enterprise returns the Enterprise organization of the person, which is known if the message is in their own workspace.
func (p pressPayload) enterprise() string {
	if p.User.TeamID == "" || p.User.TeamID != p.Team.ID {
		return ""
	}
	return p.Team.EnterpriseID
}
