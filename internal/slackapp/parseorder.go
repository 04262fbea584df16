package slackapp

import (
	"slices"
	"strconv"
	"strings"

	"notewatch/internal/lookup"
)

// maxRows is how many rows an answer may rank.
const maxRows = 50

// A usageOrder is what a question about usage is about.
type usageOrder struct {
	kinds []lookup.Kind // none is any
	name  string        // "" is everything
	span  lookup.Span
}

// parseUsage reads [project|fleet|device] [NAME] [today|7d|30d|period].
func parseUsage(tokens []token) (o usageOrder, err error) {
	if tokens, o.span, err = takeSpan(tokens); err != nil {
		return o, err
	}
	tokens, o.kinds = takeKind(tokens)
	o.name = joined(tokens)
	if o.name == "" && slices.Equal(o.kinds, []lookup.Kind{lookup.KindDevice}) {
		return o, mistakeError("Which device? Its name, its UID or the beginning of either comes after device.")
	}
	if o.name == "" && slices.Equal(o.kinds, []lookup.Kind{lookup.KindFleet}) {
		return o, mistakeError("Which fleet? Its name, its UID or the beginning of either comes after fleet.")
	}
	return o, nil
}

// A topOrder is what a ranking is of.
type topOrder struct {
	rows  int
	by    string        // "" is what there is
	kinds []lookup.Kind // of what name names
	name  string        // "" is everything
	span  lookup.Span
}

// parseTop reads [N] [bytes|events|sessions|cost] [today|7d|30d|period] [project|fleet NAME].
func parseTop(tokens []token) (o topOrder, err error) {
	o = topOrder{rows: 10, kinds: []lookup.Kind{lookup.KindProject, lookup.KindFleet}}
	if tokens, o.span, err = takeSpan(tokens); err != nil {
		return o, err
	}
	for len(tokens) > 0 {
		t := tokens[0]
		n, notNumber := strconv.Atoi(t.word())
		switch {
		case !t.quoted && notNumber == nil && (n < 1 || n > maxRows):
			return o, mistakeError("top ranks 1 to " + strconv.Itoa(maxRows) + " devices, not " + quote(t.text) + ".")
		case !t.quoted && notNumber == nil:
			o.rows = n
		case t.is(lookup.By()...):
			o.by = t.word()
		case t.is("device"):
			return o, mistakeError("top ranks devices: of everything, of a project or of a fleet.")
		default:
			return o.of(tokens)
		}
		tokens = tokens[1:]
	}
	return o, nil
}

// of reads the project or fleet whose devices are ranked, and what may still follow.
func (o topOrder) of(tokens []token) (topOrder, error) {
	if last := len(tokens) - 1; tokens[last].is(lookup.By()...) {
		o.by, tokens = tokens[last].word(), tokens[:last]
	}
	named, kinds := takeKind(tokens)
	if kinds != nil {
		o.kinds = kinds
	}
	if o.name = joined(named); o.name == "" {
		return o, mistakeError("Which " + tokens[0].word() + "? Its name comes after the word.")
	}
	return o, nil
}

// takeSpan takes the word for a span out of tokens; without one it is the period.
func takeSpan(tokens []token) (rest []token, span lookup.Span, err error) {
	for _, t := range tokens {
		found, ok := lookup.ParseSpan(t.word())
		switch {
		case !t.span():
			rest = append(rest, t)
		case !ok:
			return nil, "", mistakeError("I know today, 7d, 30d and period, not " + quote(t.text) + ".")
		case span != "" && span != found:
			return nil, "", mistakeError("Either " + string(span) + " or " + string(found) + ", one at a time.")
		default:
			span = found
		}
	}
	if span == "" {
		span = lookup.Period
	}
	return rest, span, nil
}

// takeKind takes the word for a kind of subject off the front of tokens.
func takeKind(tokens []token) (rest []token, kinds []lookup.Kind) {
	for _, kind := range []lookup.Kind{lookup.KindProject, lookup.KindFleet, lookup.KindDevice} {
		if len(tokens) > 0 && tokens[0].is(string(kind)) {
			return tokens[1:], []lookup.Kind{kind}
		}
	}
	return tokens, nil
}

// An explainOrder is what is to be explained: an alert, or what a rule makes of a subject.
type explainOrder struct{ alert, rule, subject string }

// parseExplain reads ALERT or RULE NAME.
func parseExplain(tokens []token) (o explainOrder, err error) {
	tokens = withoutKind(tokens)
	if len(tokens) == 0 {
		return o, mistakeError("Explain what? An alert, or a rule and whom it judges.")
	}
	named := withoutKind(tokens[1:])
	if len(named) == 0 {
		return explainOrder{alert: tokens[0].text}, nil
	}
	return explainOrder{rule: tokens[0].text, subject: joined(named)}, nil
}

// withoutKind returns tokens without a word at their front that says what the name behind it is of.
func withoutKind(tokens []token) []token {
	if len(tokens) > 0 && tokens[0].is("alert", "rule", "project", "device") {
		return tokens[1:]
	}
	return tokens
}

// parseOne reads the one thing that a word is about.
func parseOne(tokens []token, what string) (string, error) {
	switch len(tokens) {
	case 0:
		return "", mistakeError("Which " + what + "?")
	case 1:
		return tokens[0].text, nil
	}
	return "", mistakeError("One " + what + " at a time, not " + quote(joined(tokens)) + ".")
}

// parseNone checks that nothing follows a word.
func parseNone(l line) error {
	if len(l.rest) > 0 {
		return mistakeError(l.word + " takes nothing more, not " + quote(joined(l.rest)) + ".")
	}
	return nil
}

// listWords joins words to a list for people.
func listWords(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	end := len(words) - 1
	return strings.Join(words[:end], ", ") + " " + last + " " + words[end]
}
