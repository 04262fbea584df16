package notifytest

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
)

// An Answer is the answer to a command or a button.
type Answer struct {
	URL     string // the response URL; "" if it was sent with chat.postEphemeral
	Channel string
	User    string // the only one who sees it
	Public  bool   // the whole channel sees it
	Text    string
	Blocks  json.RawMessage // null if none
}

// A responseURL accepts answers.
type responseURL struct {
	url, channel, user string
	left               int // answers that it still accepts
}

// answerPath is the path of response URLs.
const answerPath = "/commands/" + Team + "/"

// maxAnswers is the number of answers that an app may send to one command or press.
const maxAnswers = 5

// newResponseURL returns a URL for answers to an action of a user in a channel, and its trigger ID.
func (s *Slack) newResponseURL(channel, user string) (responseTo, trigger string) {
	s.change(func(a *slackApp) {
		a.asked++
		id := strconv.Itoa(a.asked)
		responseTo, trigger = s.server.URL+answerPath+id, "1768226700.0123456789."+id
		a.responses[id] = &responseURL{url: responseTo, channel: channel, user: user, left: maxAnswers}
	})
	return responseTo, trigger
}

// ExpireResponses makes all existing response URLs reject answers, as they do after half an hour.
func (s *Slack) ExpireResponses() {
	s.change(func(a *slackApp) {
		for _, r := range a.responses {
			r.left = 0
		}
	})
}

// Answers returns the answers so far, oldest first.
func (s *Slack) Answers() []Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.app.answers)
}

// AwaitAnswers waits for n answers and returns all answers.
func (s *Slack) AwaitAnswers(ctx context.Context, n int) ([]Answer, error) {
	err := s.await(ctx, func(a *slackApp) bool { return len(a.answers) >= n })
	return s.Answers(), err
}

// AwaitAnswer waits for the first answer to a response URL.
func (s *Slack) AwaitAnswer(ctx context.Context, responseTo string) (answer Answer, err error) {
	err = s.await(ctx, func(a *slackApp) bool {
		at := slices.IndexFunc(a.answers, func(given Answer) bool { return given.URL == responseTo })
		if at >= 0 {
			answer = a.answers[at]
		}
		return at >= 0
	})
	return answer, err
}

// serveAnswer accepts an answer at a response URL.
func (s *Slack) serveAnswer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		cut(w, r)
	}
	fault := s.faultsOf("response_url").next()
	code := fault.code
	if fault.takes() {
		code = s.takeAnswer(r.PathValue("id"), body)
	}
	s.record(Call{Method: "response_url", Body: body, Taken: fault.takes() && code == ""})
	if fault.answer(w, r) {
		return
	}
	if code != "" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error": code})
		return
	}
	_, _ = io.WriteString(w, "ok")
}

// takeAnswer keeps an answer. It returns an error code if it is rejected.
func (s *Slack) takeAnswer(id string, body []byte) (code string) {
	var given struct {
		Type   string          `json:"response_type"`
		Text   string          `json:"text"`
		Blocks json.RawMessage `json:"blocks"`
	}
	if json.Unmarshal(body, &given) != nil {
		return "invalid_payload"
	}
	if code := (Message{Text: given.Text, Blocks: given.Blocks}).Check("chat.postMessage"); code != "" {
		return code
	}
	public := given.Type == "in_channel"
	if !public && cmp.Or(given.Type, "ephemeral") != "ephemeral" {
		return "invalid_payload"
	}
	s.change(func(a *slackApp) {
		to := a.responses[id]
		if to == nil || to.left == 0 {
			code = "expired_url"
			return
		}
		to.left--
		a.answers = append(a.answers, Answer{
			URL: to.url, Channel: to.channel, User: to.user, Public: public, Text: given.Text, Blocks: given.Blocks,
		})
	})
	return code
}
