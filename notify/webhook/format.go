package webhook

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"notewatch/notify"
	"notewatch/notify/internal/post"
)

// A layout returns the request for a notification, given the handle of the last post. A nil request means that nothing is sent.
type layout func(n notify.Notification, was handle) (*request, error)

// A request is one request of a webhook.
type request struct {
	method      string
	path        string // appended to that of the URL, with a query
	contentType string
	body        []byte
	keep        func(answer []byte) string // returns what to store of the answer as handle.Ref; nil keeps the present one
	status      func(answer []byte) int    // returns the HTTP status of an error in the text of a success; 0 is no error. nil reads no text
}

// ref returns the Ref to store after an answer.
func (r *request) ref(got post.Answer, was handle) string {
	if r.keep == nil {
		return was.Ref
	}
	return r.keep(got.Body)
}

// read returns the answer with the status that its text means: some receivers put an error into an answer of 200.
func (r *request) read(got post.Answer) post.Answer {
	if r.status == nil {
		return got
	}
	return got.As(r.status(got.Body))
}

// of returns f for a notification whose alerts are changed by change.
func (f layout) of(change func(notify.Alert) notify.Alert) layout {
	return func(n notify.Notification, was handle) (*request, error) {
		alerts := make([]notify.Alert, len(n.Alerts))
		for i, a := range n.Alerts {
			alerts[i] = change(a)
		}
		n.Alerts = alerts
		return f(n, was)
	}
}

// explained returns a with a line that says why it is not laid out as the user configured.
func explained(a notify.Alert) notify.Alert {
	a.Detail = append([]string{"the template of this receiver failed, so this is the built-in text"}, a.Detail...)
	return a
}

// bare returns a without parts that a receiver may reject: links, and texts that are not needed to identify the alert.
func bare(a notify.Alert) notify.Alert {
	a.Subject.URL, a.Project.URL, a.Runbook = "", "", ""
	a.Advice, a.Body, a.Detail = "", "", []string{"shortened, because the receiver rejected the full message"}
	return a
}

// templateFiles are the formats that are files: names and .json.tmpl.
//
//go:embed templates/*.json.tmpl
var templateFiles embed.FS

const (
	templateDir    = "templates/"
	templateSuffix = ".json.tmpl"
)

// codedFormats are the formats that are not templates.
var codedFormats = []string{"standard", "alertmanager", "cloudevents"}

// Formats returns the names of the formats of a [Receiver], first those in code, then those whose text [TemplateText] returns.
func Formats() []string {
	names := slices.Clone(codedFormats)
	files, _ := templateFiles.ReadDir(strings.TrimSuffix(templateDir, "/")) // it is embedded, so there is no error
	for _, file := range files {
		names = append(names, strings.TrimSuffix(file.Name(), templateSuffix))
	}
	return names
}

// TemplateText returns the template of a format, to copy, change and use as [Config].Template. A format in code has none. [Facts] describes
// what a template can use.
func TemplateText(format string) (text string, ok bool) {
	data, err := templateFiles.ReadFile(templateDir + format + templateSuffix)
	return string(data), err == nil
}

// newLayout returns the format with a name for the receiver with a name. target is the last part of its URL's path.
func newLayout(name, receiver, target string) (layout, error) {
	switch name {
	case "", "standard":
		return standardFormat, nil
	case "alertmanager":
		return alertmanagerFormat(receiver), nil
	case "cloudevents":
		return cloudEventsFormat(receiver), nil
	}
	text, ok := TemplateText(name)
	if !ok {
		return nil, fmt.Errorf("there is no format %q: want one of %s", name, strings.Join(Formats(), ", "))
	}
	template, err := parseTemplate(text)
	if err != nil {
		return nil, err
	}
	return template.format(target), nil
}

func standardFormat(n notify.Notification, _ handle) (*request, error) {
	if n.Quiet {
		return nil, nil
	}
	return postJSON("application/json", bodyOf(n))
}

func postJSON(contentType string, v any) (*request, error) {
	body, err := post.Encode(v)
	return &request{method: http.MethodPost, contentType: contentType, body: body}, err
}

// A cloudEvent is a CloudEvent 1.0.2 in structured JSON.
type cloudEvent struct {
	SpecVersion     string     `json:"specversion"`
	ID              string     `json:"id"`
	Source          string     `json:"source"` // a URI reference; with id unique
	Type            string     `json:"type"`
	Subject         string     `json:"subject"` // the message
	Time            *time.Time `json:"time,omitempty"`
	DataContentType string     `json:"datacontenttype"`
	Data            Data       `json:"data"`
}

func cloudEventsFormat(receiver string) layout {
	source := "/notewatch"
	if receiver != "" {
		source += "/" + url.PathEscape(receiver)
	}
	return func(n notify.Notification, _ handle) (*request, error) {
		if n.Quiet {
			return nil, nil
		}
		body := bodyOf(n)
		return postJSON("application/cloudevents+json; charset=utf-8", cloudEvent{
			SpecVersion: "1.0", ID: n.Key, Source: source, Type: "notewatch." + body.Type, Subject: n.ID,
			Time: body.Timestamp, DataContentType: "application/json", Data: body.Data,
		})
	}
}

// extend returns u with more appended to its path. What follows a ? in more is appended to its query.
func extend(u *url.URL, more string) *url.URL {
	tail, query, _ := strings.Cut(more, "?")
	extended := *u
	if tail != "" {
		extended = *u.JoinPath(tail)
	}
	if query != "" {
		extended.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+query, "&")
	}
	return &extended
}

// over reports whether all alerts have ended.
func over(alerts []notify.Alert) bool {
	return !slices.ContainsFunc(alerts, func(a notify.Alert) bool { return a.State == "firing" })
}

// stateOf returns the state of a message as most on-call tools name it: firing while any of the alerts is firing, else resolved.
func stateOf(alerts []notify.Alert) string {
	if over(alerts) {
		return "resolved"
	}
	return "firing"
}

// Templates returns the names of the formats that are templates.
func Templates() []string {
	return slices.DeleteFunc(Formats(), func(name string) bool {
		_, ok := TemplateText(name)
		return !ok
	})
}
