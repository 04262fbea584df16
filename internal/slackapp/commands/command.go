package commands

import (
	"context"
	"slices"
	"strings"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapp"
	"notewatch/internal/slackapp/grammar"
	"notewatch/internal/spelling"
	"notewatch/internal/words"
	"notewatch/rules"
)

// A question is a command with the person who typed it.
type question struct {
	answerer *Answerer
	asked    slackapp.Command
	line     grammar.Line
	verb     word
	bot      *bot.Bot
	reader   *lookup.Reader
}

// question returns the question for a command.
func (a *Answerer) question(c slackapp.Command) *question {
	return &question{answerer: a, asked: c, bot: a.config.Bot(), reader: a.config.Reader()}
}

// Command carries out a command and returns the answer.
func (a *Answerer) Command(ctx context.Context, c slackapp.Command) slackapp.Reply {
	q := a.question(c)
	return q.reply(ctx, q.answer)
}

// usageReply returns the usage of a subject, to the person who pressed a button.
func (a *Answerer) usageReply(ctx context.Context, s lookup.Subject, span lookup.Span) slackapp.Reply {
	q := a.question(slackapp.Command{})
	return q.reply(ctx, func(ctx context.Context) (page, error) { return q.usageOf(ctx, s, span) })
}

// explainReply explains an alert, to the person who pressed a button.
func (a *Answerer) explainReply(ctx context.Context, alert rules.Alert) slackapp.Reply {
	q := a.question(slackapp.Command{})
	return q.reply(ctx, func(ctx context.Context) (page, error) { return q.explainAlert(ctx, alert) })
}

// reply converts an answer to a reply. It is public if the answer is to be shared and nothing went wrong.
func (q *question) reply(ctx context.Context, answer func(context.Context) (page, error)) slackapp.Reply {
	p, err := answer(ctx)
	if err != nil {
		return q.errorReply(ctx, err)
	}
	if q.line.Share {
		p.note = words.Dotted(p.note, "asked by "+name(deliver.Name(q.asked.Person.String())))
	}
	r := p.reply()
	r.Public = q.line.Share
	return r
}

// answer finds the word of the command and returns its answer.
func (q *question) answer(ctx context.Context) (p page, err error) {
	if err := q.answerer.mayLook(ctx, q.asked.Person, q.asked.Channel); err != nil {
		return p, err
	}
	if q.line, err = grammar.Parse(q.asked.Text); err != nil {
		return p, err
	}
	if q.line.Word == "" {
		return q.hello(ctx)
	}
	var known bool
	if q.verb, known = wordOf(q.line.Word); !known {
		return p, q.unknownWord(ctx)
	}
	if q.line.Reason != "" && !q.verb.reason {
		return p, grammar.MistakeError(q.line.Word + " takes no reason (because …).")
	}
	return q.verb.answer(q, ctx)
}

// unknownWord returns an error that suggests a word. A name alone may be meant as a question about its usage.
func (q *question) unknownWord(ctx context.Context) error {
	text := "Unknown command " + grammar.Quote(q.line.Word) + "."
	near := spelling.Nearest(q.line.Word, wordNames())
	if i := slices.IndexFunc(wordNames(), func(name string) bool { return strings.HasPrefix(name, q.line.Word) }); i >= 0 {
		near = wordNames()[i]
	}
	if near != "" {
		return grammar.MistakeError(text + " Did you mean " + near + "?")
	}
	if s, err := q.find(ctx, q.line.Word); err == nil && s.UID != "" {
		return grammar.MistakeError(text + " For a " + string(s.Kind) + ", say what you want to know, such as usage " + q.called(ctx, s) + ".")
	}
	return grammar.MistakeError(text + " Commands: " + grammar.List(wordNames(), "and") + ".")
}
