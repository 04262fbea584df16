package notifytest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// An Asker is a person in a channel.
type Asker struct {
	ID, Name string
	Channel  string // ID
	Team     string // "" means [Team]
}

func (a Asker) team() string {
	if a.Team == "" {
		return Team
	}
	return a.Team
}

// An Asked is a typed command or a pressed button, as Slack sends it to an app.
type Asked struct {
	Kind        string // slash_commands or interactive, as in an envelope
	Form        url.Values
	Payload     json.RawMessage
	ResponseURL string // for answers
}

// Type returns a typed command: its first word, such as /notewatch, and the text after it.
func (s *Slack) Type(by Asker, word, text string) Asked {
	responseTo, trigger := s.newResponseURL(by.Channel, by.ID)
	fields := map[string]string{
		"token": "deprecated", "team_id": by.team(), "team_domain": "cold-chain", "channel_id": by.Channel, "channel_name": "alerts",
		"user_id": by.ID, "user_name": by.Name, "command": word, "text": text, "api_app_id": App,
		"response_url": responseTo, "trigger_id": trigger,
	}
	form := url.Values{"is_enterprise_install": {"false"}}
	for name, value := range fields {
		form.Set(name, value)
	}
	payload, _ := json.Marshal(fields)
	return Asked{Kind: "slash_commands", Form: form, Payload: payload, ResponseURL: responseTo}
}

// Press returns a press of a button of m, or a choice in a menu, by its action ID and value. It works also for buttons that m does not
// have, as in a forged request.
func (s *Slack) Press(by Asker, m Message, actionID, value string) Asked {
	responseTo, trigger := s.newResponseURL(by.Channel, by.ID)
	payload, _ := json.Marshal(map[string]any{
		"type": "block_actions", "token": "deprecated", "api_app_id": App, "trigger_id": trigger, "response_url": responseTo,
		"user":       map[string]any{"id": by.ID, "username": by.Name, "name": "", "team_id": by.team()},
		"team":       map[string]any{"id": Team, "domain": "cold-chain"},
		"enterprise": nil, "is_enterprise_install": false,
		"channel":   map[string]any{"id": by.Channel, "name": "alerts"},
		"container": map[string]any{"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": false},
		"message": map[string]any{
			"type": "message", "ts": m.TS, "user": "U0000000BOT", "bot_id": "B0123456789", "team": Team, "text": m.Text,
			"blocks": given(m.Blocks), "attachments": given(m.Attachments),
		},
		"state":   map[string]any{"values": map[string]any{}},
		"actions": []any{m.pressed(actionID, value)},
	})
	return Asked{Kind: "interactive", Form: url.Values{"payload": {string(payload)}}, Payload: payload, ResponseURL: responseTo}
}

// given returns a JSON list, or an empty one.
func given(list json.RawMessage) json.RawMessage {
	if len(list) == 0 {
		return json.RawMessage("[]")
	}
	return list
}

// pressed returns the action of a button, or of a choice if m has a menu with that action ID.
func (m Message) pressed(actionID, value string) map[string]any {
	pressed := map[string]any{"action_id": actionID, "block_id": "b", "action_ts": "1768226701.000000"}
	for _, e := range m.offered() {
		if e.ActionID == actionID && e.Type == "static_select" {
			pressed["type"] = e.Type
			pressed["selected_option"] = map[string]any{"text": map[string]string{"type": "plain_text", "text": value}, "value": value}
			return pressed
		}
	}
	pressed["type"], pressed["value"] = "button", value
	return pressed
}

// Button returns the value of a button of m, by its action ID.
func (m Message) Button(actionID string) (value string, ok bool) {
	for _, e := range m.offered() {
		if e.ActionID == actionID && e.Type == "button" {
			return e.Value, true
		}
	}
	return "", false
}

// offered returns the buttons and menus of m.
func (m Message) offered() (all []action) {
	var blocks []block
	var attachments []attachment
	_, _ = json.Unmarshal(given(m.Blocks), &blocks), json.Unmarshal(given(m.Attachments), &attachments)
	for _, a := range attachments {
		blocks = append(blocks, a.Blocks...)
	}
	for _, b := range blocks {
		all = append(all, b.actions.Elements...)
	}
	return all
}

// Request returns the HTTP request to an app at address, signed with the app's secret at a time.
func (a Asked) Request(ctx context.Context, address, secret string, at time.Time) (*http.Request, error) {
	path, body := "/slack/commands", []byte(a.Form.Encode())
	if a.Kind == "interactive" {
		path = "/slack/interactions"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(address, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return req, nil
}
