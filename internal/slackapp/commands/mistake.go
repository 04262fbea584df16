package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp"
	"notewatch/internal/slackapp/grammar"
)

// errorReply returns the reply that nothing was done, with the reason and a suggestion.
func (q *question) errorReply(ctx context.Context, err error) slackapp.Reply {
	var p page
	p.say(q.errorLines(err)...)
	if _, denied := errors.AsType[refusalError](err); !denied {
		p.say(q.suggestion(ctx))
	}
	r := p.reply()
	r.Failed = true
	return r
}

// errorLines returns the reason as lines of mrkdwn.
func (q *question) errorLines(err error) []string {
	if denied, ok := errors.AsType[refusalError](err); ok {
		return []string{string(denied)}
	}
	if mistake, ok := errors.AsType[grammar.MistakeError](err); ok {
		return []string{slackapi.Mrkdwn(string(mistake), maxSaid)}
	}
	if unknown, ok := errors.AsType[*lookup.UnknownError](err); ok {
		return []string{unknownText(unknown)}
	}
	if several, ok := errors.AsType[*lookup.AmbiguousError](err); ok {
		return candidates(several)
	}
	if several, ok := errors.AsType[*lookup.AmbiguousIDError](err); ok {
		return []string{"Several " + string(several.Kind) + "s begin with " + name(grammar.Quote(several.Text)) + ": " + listIDs(several) + "."}
	}
	if gone, ok := errors.AsType[*bot.UnknownError](err); ok {
		return []string{"The " + gone.What + " " + name(grammar.Quote(gone.Name)) + " no longer exists."}
	}
	q.answerer.config.Log.Error("answering a command", "word", q.verb.name, "err", err)
	return []string{slackapp.SorryText}
}

// unknownText names the kinds and the text, and the nearest name.
func unknownText(e *lookup.UnknownError) string {
	kinds := make([]string, len(e.Kinds))
	for i, kind := range e.Kinds {
		kinds[i] = string(kind)
	}
	if len(kinds) == 0 {
		kinds = []string{"project", "fleet", "device"}
	}
	text := "Unknown " + grammar.List(kinds, "or") + " " + name(grammar.Quote(e.Text)) + "."
	if e.Nearest != "" {
		text += " Did you mean " + name(grammar.Quote(e.Nearest)) + "?"
	}
	return text
}

// candidates lists what an ambiguous name matches.
func candidates(e *lookup.AmbiguousError) []string {
	lines := []string{name(grammar.Quote(e.Text)) + " is ambiguous. It matches:"}
	for _, s := range e.Candidates {
		lines = append(lines, "• "+subjectText(s)+" `"+name(s.UID)+"`")
	}
	if e.More > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", e.More))
	}
	return lines
}

func listIDs(e *lookup.AmbiguousIDError) string {
	var ids []string
	for _, id := range e.IDs {
		ids = append(ids, "`"+name(id)+"`")
	}
	if e.More > 0 {
		ids = append(ids, fmt.Sprintf("%d more", e.More))
	}
	return grammar.List(ids, "and")
}

// suggestion suggests a line to type instead of the refused one.
func (q *question) suggestion(ctx context.Context) string {
	more := "for details: " + q.typed(strings.TrimSpace("help "+q.verb.name))
	if lines, _ := q.offers(ctx, q.verb, q.names(ctx)); len(lines) > 0 {
		return "For example " + q.typed(lines[0]) + " · " + more
	}
	return more
}

// typed shows a command as it can be typed.
func (q *question) typed(text string) string {
	return "`" + slackapi.Mrkdwn(q.answerer.config.Command()+" "+text, maxSaid) + "`"
}
