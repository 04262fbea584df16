package complete

import (
	"context"
	"slices"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/internal/silences"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Bounds of an offer.
const (
	maxWords  = 50
	maxNewest = 1000 // alerts that are searched
)

// A Word is a completion of the word that is being typed.
type Word struct {
	Text  string
	About string // shown beside it by the shell; may be ""
}

// A Query is a command line that is being typed.
type Query struct {
	Reader *lookup.Reader // without a rules file it knows only the database; without a database, its Store is nil
	Args   []string       // the words before
	Typed  string         // the beginning of the word
}

// An Offer returns the completions of a query.
type Offer func(ctx context.Context, q Query) ([]Word, error)

// OneOf offers the given words that begin with the typed text.
func OneOf(all ...string) Offer {
	return func(_ context.Context, q Query) (some []Word, err error) {
		for _, word := range all {
			if strings.HasPrefix(word, q.Typed) {
				some = append(some, Word{Text: word})
			}
		}
		return some, nil
	}
}

// AlertIDs offers the newest alerts, or only the open ones.
func AlertIDs(open bool) Offer {
	return func(ctx context.Context, q Query) (some []Word, err error) {
		if q.Reader.Store() == nil {
			return nil, nil
		}
		alerts, err := q.Reader.Store().Alerts(ctx, store.AlertFilter{Open: open, Limit: maxNewest})
		for _, a := range alerts {
			if strings.HasPrefix(a.ID, q.Typed) && len(some) < maxWords {
				some = append(some, Word{a.ID, words.Line(a.Level.String() + ": " + a.Texts.Headline(q.Reader.Now()))})
			}
		}
		return some, err
	}
}

// RuleNames offers the rules of the rules file.
func RuleNames(ctx context.Context, q Query) ([]Word, error) {
	return OneOf(q.Reader.RuleNames()...)(ctx, q)
}

// ReceiverNames offers the receivers of the rules file.
func ReceiverNames(ctx context.Context, q Query) ([]Word, error) {
	return OneOf(q.Reader.Config().Receivers...)(ctx, q)
}

// SilenceIDs offers the silences that have not ended.
func SilenceIDs(ctx context.Context, q Query) (some []Word, err error) {
	if q.Reader.Store() == nil {
		return nil, nil
	}
	all, err := silences.List(ctx, q.Reader)
	for _, s := range all {
		if s.ID != "" && strings.HasPrefix(s.ID, q.Typed) { // a mute window has none
			some = append(some, Word{s.ID, words.Line(terminal.MatchText(s.Match) + ": " + s.Because)})
		}
	}
	return some, err
}

// Subjects offers projects, fleets and devices, by name or by UID.
func Subjects(kinds ...lookup.Kind) Offer {
	return func(ctx context.Context, q Query) (some []Word, err error) {
		if q.Reader.Store() == nil {
			return nil, nil
		}
		found, err := q.Reader.Complete(ctx, q.Typed, maxWords, kinds...)
		for _, s := range found {
			word, about := s.Name, string(s.Kind)+" "+s.UID
			if !strings.HasPrefix(s.Name, q.Typed) {
				word, about = s.UID, string(s.Kind)+" "+s.Name
			}
			some = append(some, Word{words.Line(word), words.Line(about)})
		}
		return some, err
	}
}

// UsageWords offers the words after usage: a kind or a name, then a span.
func UsageWords(ctx context.Context, q Query) ([]Word, error) {
	spans := lookup.SpanWords()
	switch {
	case len(q.Args) == 0:
		kinds, _ := OneOf(lookup.KindWords()...)(ctx, q)
		names, err := Subjects()(ctx, q)
		return append(kinds, names...), err
	case len(q.Args) == 1 && slices.Contains(lookup.KindWords(), q.Args[0]):
		return Subjects(lookup.Kind(q.Args[0]))(ctx, q)
	case slices.Contains(spans, q.Args[len(q.Args)-1]):
		return nil, nil
	}
	return OneOf(spans...)(ctx, q)
}

// ExplainWords offers the words after explain: an alert or a rule, then a subject of the rule.
func ExplainWords(ctx context.Context, q Query) ([]Word, error) {
	switch len(q.Args) {
	case 0:
		names, _ := RuleNames(ctx, q)
		ids, err := AlertIDs(false)(ctx, q)
		return append(names, ids...), err
	case 1:
		at := slices.Index(q.Reader.RuleNames(), q.Args[0])
		each := rules.EachDevice
		if at >= 0 {
			each = q.Reader.Config().Rules[at].Spec.Each
		}
		return Subjects(lookup.Kind(each))(ctx, q)
	}
	return nil, nil
}
