package grammar

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/rules"
)

// MaxRows is the maximum number of rows in a ranking.
const MaxRows = 50

// A UsageOrder is the content of a usage command.
type UsageOrder struct {
	Kinds []lookup.Kind // empty means any
	Name  string        // "" means everything
	Span  lookup.Span

	Metrics []rules.Figure // empty means those that rules read
}

// ParseUsage reads [KIND] [NAME] [METRIC] [today|7d|30d|period].
func ParseUsage(tokens []Token) (o UsageOrder, err error) {
	if tokens, o.Span, err = takeSpan(tokens); err != nil {
		return o, err
	}
	tokens, o.Metrics = lookup.TakeMetrics(tokens, Token.metricWord)
	tokens, o.Kinds = TakeKind(tokens)
	o.Name = Joined(tokens)
	if o.Name == "" && len(o.Kinds) == 1 && o.Kinds[0] != lookup.KindProject {
		return o, MistakeError(fmt.Sprintf("Which %[1]s? Put its name or UID after %[1]s.", o.Kinds[0]))
	}
	return o, nil
}

// A TopOrder is the content of a top command.
type TopOrder struct {
	Rows  int
	By    string        // "" means the first available metric
	Kinds []lookup.Kind // of Name
	Name  string        // "" means everything
	Span  lookup.Span
}

// ParseTop reads [N] [METRIC|cost] [today|7d|30d|period] [project|fleet|organization NAME].
func ParseTop(tokens []Token) (o TopOrder, err error) {
	o = TopOrder{Rows: 10, Kinds: []lookup.Kind{lookup.KindProject, lookup.KindFleet}}
	if tokens, o.Span, err = takeSpan(tokens); err != nil {
		return o, err
	}
	for len(tokens) > 0 {
		t := tokens[0]
		n, notNumber := strconv.Atoi(t.Word())
		switch {
		case !t.Quoted && notNumber == nil && (n < 1 || n > MaxRows):
			return o, MistakeError("top ranks 1 to " + strconv.Itoa(MaxRows) + " devices, not " + Quote(t.Text) + ".")
		case !t.Quoted && notNumber == nil:
			o.Rows = n
		case t.by() != "":
			o.By = t.by()
		case t.Is("device"):
			return o, MistakeError("top ranks the devices of all projects, of one project or of one fleet.")
		default:
			return o.of(tokens)
		}
		tokens = tokens[1:]
	}
	return o, nil
}

// of reads the project or fleet whose devices are ranked, and the remaining tokens.
func (o TopOrder) of(tokens []Token) (TopOrder, error) {
	if last := len(tokens) - 1; tokens[last].by() != "" {
		o.By, tokens = tokens[last].by(), tokens[:last]
	}
	named, kinds := TakeKind(tokens)
	if kinds != nil {
		o.Kinds = kinds
	}
	if o.Name = Joined(named); o.Name == "" {
		return o, MistakeError("Which " + tokens[0].Word() + "? Put its name after the word.")
	}
	return o, nil
}

// takeSpan removes the word for a span from tokens. Without one, the span is the period.
func takeSpan(tokens []Token) (rest []Token, span lookup.Span, err error) {
	rest, span, err = lookup.TakeSpan(tokens, Token.spanWord)
	if err != nil {
		return nil, "", unreadable(err)
	}
	return rest, cmp.Or(span, lookup.Period), nil
}

// TakeKind removes a leading word for a kind of subject from tokens.
func TakeKind(tokens []Token) (rest []Token, kinds []lookup.Kind) {
	for _, kind := range []lookup.Kind{lookup.KindProject, lookup.KindFleet, lookup.KindDevice, lookup.KindRoute, lookup.KindOrganization} {
		if len(tokens) > 0 && tokens[0].Is(string(kind)) {
			return tokens[1:], []lookup.Kind{kind}
		}
	}
	return tokens, nil
}

// An ExplainOrder is the content of an explain command: an alert, or a rule and a subject.
type ExplainOrder struct{ Alert, Rule, Subject string }

// ParseExplain reads ALERT or RULE NAME.
func ParseExplain(tokens []Token) (o ExplainOrder, err error) {
	tokens = withoutKind(tokens)
	if len(tokens) == 0 {
		return o, MistakeError("Explain what? Give an alert ID, or a rule and a device or project.")
	}
	named := withoutKind(tokens[1:])
	if len(named) == 0 {
		return ExplainOrder{Alert: tokens[0].Text}, nil
	}
	return ExplainOrder{Rule: tokens[0].Text, Subject: Joined(named)}, nil
}

// withoutKind returns tokens without a leading word for the kind of the name behind it.
func withoutKind(tokens []Token) []Token {
	if len(tokens) > 0 && tokens[0].Is("alert", "rule", "project", "device") {
		return tokens[1:]
	}
	return tokens
}

// ParseOne reads a command that takes exactly one name.
func ParseOne(tokens []Token, what string) (string, error) {
	switch len(tokens) {
	case 0:
		return "", MistakeError("Which " + what + "?")
	case 1:
		return tokens[0].Text, nil
	}
	return "", MistakeError("One " + what + " at a time, not " + Quote(Joined(tokens)) + ".")
}

// ParseNone checks that nothing follows the word of a command.
func ParseNone(l Line) error {
	if len(l.Rest) > 0 {
		return MistakeError(l.Word + " takes no arguments, got " + Quote(Joined(l.Rest)) + ".")
	}
	return nil
}

// List joins words to a list in a sentence.
func List(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	end := len(words) - 1
	return strings.Join(words[:end], ", ") + " " + last + " " + words[end]
}
