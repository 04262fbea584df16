package slackapp

import (
	"context"
	"slices"
	"strings"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/spelling"
	"notewatch/internal/words"
	"notewatch/rules"
)

// A question is a command that is to be answered.
type question struct {
	app *App
	Command
	line
	verb word
	bot  *bot.Bot
	desk *lookup.Desk
}

// question returns the question that is to be answered.
func (a *App) question(c Command) *question {
	return &question{app: a, Command: c, bot: a.Bot(), desk: a.Desk()}
}

// answer does what a command asks for and says what came of it.
func (a *App) answer(ctx context.Context, c Command) Reply {
	q := a.question(c)
	return q.reply(ctx, q.answer)
}

// usageReply says how much a subject used, to whoever pressed a button.
func (a *App) usageReply(ctx context.Context, s lookup.Subject, span lookup.Span) Reply {
	q := a.question(Command{})
	return q.reply(ctx, func(ctx context.Context) (page, error) { return q.usageOf(ctx, s, span) })
}

// explainReply says why there is an alert, to whoever pressed a button.
func (a *App) explainReply(ctx context.Context, alert rules.Alert) Reply {
	q := a.question(Command{})
	return q.reply(ctx, func(ctx context.Context) (page, error) { return q.explainAlert(ctx, alert) })
}

// reply is what comes of an answer, for everybody if it is to be shared and nothing went wrong.
func (q *question) reply(ctx context.Context, answer func(context.Context) (page, error)) Reply {
	p, err := answer(ctx)
	if err != nil {
		return q.refuse(ctx, err)
	}
	if q.share {
		p.note = words.Dotted(p.note, "asked by "+name(deliver.Name(q.Person.String())))
	}
	r := p.reply()
	r.Public = q.share
	return r
}

// answer finds out which word leads the command and what that has to say.
func (q *question) answer(ctx context.Context) (p page, err error) {
	if err := q.app.mayLook(ctx, q.Person, q.Channel); err != nil {
		return p, err
	}
	if q.line, err = parse(q.Text); err != nil {
		return p, err
	}
	if q.word == "" {
		return q.hello(ctx)
	}
	var known bool
	if q.verb, known = wordOf(q.word); !known {
		return p, q.unknownWord(ctx)
	}
	if q.reason != "" && !q.verb.reason {
		return p, mistakeError(q.word + " takes no because.")
	}
	return q.verb.answer(q, ctx)
}

// unknownWord says which word may be meant. Who types just a name may want to know what that has used.
func (q *question) unknownWord(ctx context.Context) error {
	text := "There is no word " + quote(q.word) + "."
	near := spelling.Nearest(q.word, wordNames())
	if i := slices.IndexFunc(wordNames(), func(name string) bool { return strings.HasPrefix(name, q.word) }); i >= 0 {
		near = wordNames()[i]
	}
	if near != "" {
		return mistakeError(text + " Did you mean " + near + "?")
	}
	if s, err := q.find(ctx, q.word); err == nil && s.UID != "" {
		return mistakeError(text + " For a " + string(s.Kind) + ", say what you want to know, such as usage " + q.called(ctx, s) + ".")
	}
	return mistakeError(text + " There are " + listWords(wordNames(), "and") + ".")
}
