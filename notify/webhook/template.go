package webhook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"notewatch/internal/bounded"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
	"notewatch/notify/internal/post"
)

// A textTemplate is a format given as a text.
type textTemplate struct{ *bounded.Template }

// bodyPart is the name of the template outside of any define.
const bodyPart = "body"

// maxTemplateText is the maximum number of bytes that a template may write.
const maxTemplateText = 1 << 20

// newTemplate parses a template of the user and renders it for messages of every kind. Errors name line and column.
func newTemplate(text string) (*textTemplate, error) {
	t, err := parseTemplate(text)
	if err == nil {
		err = t.check()
	}
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	return t, nil
}

func parseTemplate(text string) (*textTemplate, error) {
	t, err := bounded.Parse(bodyPart, text, maxTemplateText, templateFuncs)
	if err != nil {
		return nil, placed(err)
	}
	return &textTemplate{t}, nil
}

// check renders t for messages of every kind: as the first post, and as a later one.
func (t *textTemplate) check() error {
	sends := false
	for _, s := range samples() {
		for _, was := range []handle{{}, {Posted: "key", Ref: "ref"}} {
			request, err := t.format("target")(s.notification, was)
			if err != nil {
				return fmt.Errorf("for %s: %w", s.name, err)
			}
			sends = sends || request != nil
		}
	}
	if !sends {
		return errors.New("it sends nothing, whatever happens")
	}
	return nil
}

// format returns t as a format of a receiver. target is the last part of the path of the receiver's URL.
func (t *textTemplate) format(target string) layout {
	return func(n notify.Notification, was handle) (*request, error) {
		return t.request(newFacts(n, was, target))
	}
}

// templateMethods are the methods that a template may set.
var templateMethods = []string{http.MethodPost, http.MethodPut, http.MethodPatch}

func (t *textTemplate) request(facts Facts) (*request, error) {
	send, sendErr := t.part("send", strconv.FormatBool(!facts.Quiet), facts)
	switch {
	case sendErr != nil:
		return nil, sendErr
	case send == "false":
		return nil, nil
	case send != "true":
		return nil, fmt.Errorf("send gives %q: want true or false", send)
	}
	method, methodErr := t.part("method", http.MethodPost, facts)
	if methodErr == nil && !slices.Contains(templateMethods, method) {
		methodErr = fmt.Errorf("method gives %q: want one of %s", method, strings.Join(templateMethods, ", "))
	}
	path, pathErr := t.part("path", "", facts)
	if _, err := url.Parse("/" + path); err != nil {
		pathErr = errors.New("path does not give the end of a URL")
	}
	body, bodyErr := t.json(facts)
	if err := errors.Join(methodErr, pathErr, bodyErr); err != nil {
		return nil, err
	}
	request := &request{method: method, path: path, contentType: "application/json", body: body}
	if t.Has("ref") {
		request.keep = func(answer []byte) string { return t.ref(facts, answer) }
	}
	if t.Has("status") {
		request.status = func(answer []byte) int { return t.status(facts, answer) }
	}
	return request, nil
}

// part renders the template called name, or returns otherwise if t does not define it.
func (t *textTemplate) part(name, otherwise string, facts Facts) (string, error) {
	if !t.Has(name) {
		return otherwise, nil
	}
	text, err := t.Execute(name, facts)
	if err != nil {
		return "", placed(err)
	}
	return strings.TrimSpace(text), nil
}

// ref returns the reference in an answer; "" if there is none.
func (t *textTemplate) ref(facts Facts, answer []byte) string {
	facts = facts.answered(answer)
	if facts.Answer == nil {
		return facts.Ref
	}
	ref, err := t.part("ref", "", facts)
	if err != nil {
		return facts.Ref
	}
	return words.Cut(ref, maxTemplateRef)
}

// status returns the HTTP status in the text of an answer; 0 if there is none.
func (t *textTemplate) status(facts Facts, answer []byte) int {
	text, err := t.part("status", "", facts.answered(answer))
	if err != nil {
		return 0
	}
	status, err := strconv.Atoi(text)
	if err != nil || status < http.StatusOK || status > maxStatus {
		return 0
	}
	return status
}

// maxStatus is the highest HTTP status. Many have no name, such as 520 to 526 of Cloudflare.
const maxStatus = 599

// maxTemplateRef is the maximum number of characters of an answer that are stored.
const maxTemplateRef = 500

// json renders the body.
func (t *textTemplate) json(facts Facts) ([]byte, error) {
	text, err := t.Execute(bodyPart, facts)
	if err != nil {
		return nil, placed(err)
	}
	given := bytes.ToValidUTF8([]byte(text), []byte("\uFFFD"))
	var value json.RawMessage
	if err := json.Unmarshal(given, &value); err != nil {
		return nil, notJSON(given, err)
	}
	return post.Encode(value)
}

// notJSON says where the text that a template wrote is not JSON.
func notJSON(given []byte, err error) error {
	at := 0
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = max(int(syntax.Offset)-1, 0) // it includes the wrong character
	}
	start := bytes.LastIndexByte(given[:at], '\n') + 1
	line, _, _ := bytes.Cut(given[start:], []byte("\n"))
	return fmt.Errorf("what it gives is not JSON at its line %d, column %d, which is %q: %w",
		bytes.Count(given[:at], []byte("\n"))+1, utf8.RuneCount(given[start:at])+1, words.Cut(string(line), message.MaxSummary), err)
}

// templateError matches the start of an error of text/template: the name, the line and perhaps the column, which counts from 0.
var templateError = regexp.MustCompile(`^template: [^:]*:(\d+)(?::(\d+))?: (?s:(.*))$`)

// placed returns an error of text/template with its position in words.
func placed(err error) error {
	found := templateError.FindStringSubmatch(err.Error())
	if found == nil {
		return err
	}
	where := "line " + found[1]
	if column, err := strconv.Atoi(found[2]); err == nil {
		where += ", column " + strconv.Itoa(column+1)
	}
	return errors.New(where + ": " + found[3])
}

// templateFuncs are described in the comment of Facts.
var templateFuncs = template.FuncMap{
	"json":    func(v any) (string, error) { text, err := post.Encode(v); return string(text), err },
	"cut":     func(limit int, s string) string { return words.Cut(s, limit) },
	"bytes":   func(limit int, s string) string { return cutBytes(s, limit) },
	"fit":     func(limit int, lines []string) []string { return fit(lines, limit) },
	"join":    joinLines,
	"md":      markdownEscapes.Replace,
	"code":    code,
	"default": func(otherwise, s string) string { return cmp.Or(s, otherwise) },
	"path":    url.PathEscape,
	"time":    words.Time,
	"rfc3339": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"figure":  templateFigure,
	"find":    find,
}

// markdownEscapes prevent text from becoming a link, a mention or emphasis.
var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`, "|", `\|`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "#", `\#`,
)

// templateFigure formats a number, or a pointer to one that is nil for no data.
func templateFigure(value any, unit string) (string, error) {
	switch x := value.(type) {
	case float64:
		return words.Figure(x, unit), nil
	case int:
		return words.Figure(float64(x), unit), nil
	case *float64:
		if x == nil {
			return words.Figure(math.NaN(), unit), nil
		}
		return words.Figure(*x, unit), nil
	}
	return "", fmt.Errorf("%T is not a figure", value)
}

// find returns the match of a pattern in s, or its first group if it has one.
func find(pattern, s string) (string, error) {
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return "", err
	}
	found := expression.FindStringSubmatch(s)
	if found == nil {
		return "", nil
	}
	return found[min(1, len(found)-1)], nil
}

// joinLines joins lines. It bounds the separator, because a template could repeat a long text with it.
func joinLines(separator string, lines []string) (string, error) {
	if len(separator) > maxSeparator {
		return "", fmt.Errorf("join has a separator of more than %d bytes", maxSeparator)
	}
	return strings.Join(lines, separator), nil
}

const maxSeparator = 100

// cutBytes is cut with a limit in bytes of UTF-8.
func cutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const mark = "…"
	end := max(limit-len(mark), 0)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// fit returns as many lines as fit into about limit bytes with their line ends: the first ones, a line that counts those left out, and the
// last.
func fit(lines []string, limit int) []string {
	total := 0
	for _, line := range lines {
		total += len(line) + 1
	}
	if total <= limit {
		return lines
	}
	last := len(lines) - 1
	room := limit - len(lines[last]) - len("\n… 1,000 more lines\n")
	kept := 0
	for kept < last && len(lines[kept]) < room {
		room -= len(lines[kept]) + 1
		kept++
	}
	if kept == last {
		return lines
	}
	return append(slices.Clone(lines[:kept]), "… "+words.Count(last-kept, "more line"), lines[last])
}

// code returns lines as a fenced block, which none of them can close.
func code(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "```\n" + strings.ReplaceAll(strings.Join(lines, "\n"), "`", "'") + "\n```"
}
