package commands

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"notewatch/internal/slackapp/grammar"
)

// offers returns the examples of a word that the person may type in the channel. denied is the reason for the first example that was left
// out; it is "" if none was.
func (q *question) offers(ctx context.Context, w word, names func(string) string) (lines []string, denied refusalError) {
	for _, line := range w.lines(names) {
		err := q.mayType(ctx, w, line)
		refused, ok := errors.AsType[refusalError](err)
		switch {
		case err == nil:
			lines = append(lines, line)
		case ok:
			denied = cmp.Or(denied, refused)
		default:
			q.answerer.config.Log.Warn("leaving out an example of help", "word", w.name, "err", err)
		}
	}
	return lines, denied
}

// mayType returns an error unless the person may type a line of a word in the channel. It does not carry out the line.
func (q *question) mayType(ctx context.Context, w word, text string) (err error) {
	if w.may == nil {
		return nil
	}
	typed := *q
	if typed.line, err = grammar.Parse(text); err != nil {
		return err
	}
	return w.may(&typed, ctx)
}

// refusals are the reasons why the person may not use some words in the channel.
type refusals []refusal

type refusal struct {
	denied refusalError
	words  []string
}

// with returns r with one more word.
func (r refusals) with(w word, denied refusalError) refusals {
	at := slices.IndexFunc(r, func(other refusal) bool { return other.denied == denied })
	if at < 0 {
		return append(r, refusal{denied: denied, words: []string{w.name}})
	}
	r[at].words = append(r[at].words, w.name)
	return r
}

// lines returns one line for each reason.
func (r refusals) lines() (lines []string) {
	for _, refusal := range r {
		lines = append(lines, "Not from here: "+grammar.List(refusal.words, "and")+". "+string(refusal.denied))
	}
	return lines
}
