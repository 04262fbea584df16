package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/lookup"
	"notewatch/internal/silences"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Completing a word must not keep a shell waiting.
const (
	completePatience = 2 * time.Second
	maxCompletions   = 50
	maxNewest        = 1000 // alerts that are looked through
)

// An offer is words that may stand where somebody is typing, each with what to know of it.
type offer func(ctx context.Context, d stock, typed string) ([]cobra.Completion, error)

// A stock is what offers are made from. Without a rules file only the database is there; without that, Store is nil.
type stock struct {
	desk *lookup.Desk
	args []string // that stand before
}

// complete asks offers for words. What cannot be read offers nothing: a shell has no place for errors.
func complete(offers ...offer) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) (offered []cobra.Completion, _ cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(c.Context(), completePatience)
		defer cancel()
		s, _ := outline(c)
		asked := false
		ask := func(db opened) error {
			asked = true
			d := stock{s.desk(db.store, db.clock.Now), args}
			for _, offer := range offers {
				some, err := offer(ctx, d, typed)
				offered = append(offered, some...)
				if err != nil {
					return err
				}
			}
			return nil
		}
		if err := look(c, ask); err != nil && !asked {
			_ = ask(opened{})
		}
		return offered, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFlag has a flag completed from offers. The flag must be there.
func completeFlag(c *cobra.Command, flag string, offers ...offer) {
	if err := c.RegisterFlagCompletionFunc(flag, complete(offers...)); err != nil {
		panic(err)
	}
}

// completeFile has a flag completed from the names of files that end so. The flag must be there.
func completeFile(c *cobra.Command, flag string, extensions ...string) {
	if err := c.MarkFlagFilename(flag, extensions...); err != nil {
		panic(err)
	}
}

// completeFirst offers words for the first argument only.
func completeFirst(offers ...offer) cobra.CompletionFunc {
	first := complete(offers...)
	return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return first(c, args, typed)
	}
}

// oneOf offers those of some words that begin as typed.
func oneOf(all ...string) offer {
	return func(_ context.Context, _ stock, typed string) (some []cobra.Completion, err error) {
		for _, word := range all {
			if strings.HasPrefix(word, typed) {
				some = append(some, word)
			}
		}
		return some, nil
	}
}

// alertIDs offers the newest alerts; open ones only, if that is wanted.
func alertIDs(open bool) offer {
	return func(ctx context.Context, d stock, typed string) (some []cobra.Completion, err error) {
		if d.desk.Store == nil {
			return nil, nil
		}
		alerts, err := d.desk.Store.Alerts(ctx, store.AlertFilter{Open: open, Limit: maxNewest})
		for _, a := range alerts {
			if strings.HasPrefix(a.ID, typed) && len(some) < maxCompletions {
				some = append(some, cobra.CompletionWithDesc(a.ID, words.Line(a.Level.String()+": "+a.Told.Headline(d.desk.Now()))))
			}
		}
		return some, err
	}
}

// ruleNames offers the rules of the rules file.
func ruleNames(ctx context.Context, d stock, typed string) ([]cobra.Completion, error) {
	return oneOf(d.desk.RuleNames()...)(ctx, d, typed)
}

// receiverNames offers the receivers of the rules file.
func receiverNames(ctx context.Context, d stock, typed string) ([]cobra.Completion, error) {
	return oneOf(d.desk.Receivers...)(ctx, d, typed)
}

// silenceIDs offers the silences that are not over.
func silenceIDs(ctx context.Context, d stock, typed string) (some []cobra.Completion, err error) {
	if d.desk.Store == nil {
		return nil, nil
	}
	all, err := silences.List(ctx, d.desk)
	for _, s := range all {
		if s.ID != "" && strings.HasPrefix(s.ID, typed) { // a mute window has none
			some = append(some, cobra.CompletionWithDesc(s.ID, words.Line(terminal.MatchText(s.Match)+": "+s.Because)))
		}
	}
	return some, err
}

// subjects offers what is watched, by name or by UID.
func subjects(kinds ...lookup.Kind) offer {
	return func(ctx context.Context, d stock, typed string) (some []cobra.Completion, err error) {
		if d.desk.Store == nil {
			return nil, nil
		}
		found, err := d.desk.Complete(ctx, typed, maxCompletions, kinds...)
		for _, s := range found {
			word, about := s.Name, string(s.Kind)+" "+s.UID
			if !strings.HasPrefix(s.Name, typed) {
				word, about = s.UID, string(s.Kind)+" "+s.Name
			}
			some = append(some, cobra.CompletionWithDesc(words.Line(word), words.Line(about)))
		}
		return some, err
	}
}

// usageWords offers what may follow in usage: a kind or a name, then a span.
func usageWords(ctx context.Context, d stock, typed string) ([]cobra.Completion, error) {
	spans := spanWords()
	switch {
	case len(d.args) == 0:
		kinds, _ := oneOf(kindWords()...)(ctx, d, typed)
		names, err := subjects()(ctx, d, typed)
		return append(kinds, names...), err
	case len(d.args) == 1 && slices.Contains(kindWords(), d.args[0]):
		return subjects(lookup.Kind(d.args[0]))(ctx, d, typed)
	case slices.Contains(spans, d.args[len(d.args)-1]):
		return nil, nil
	}
	return oneOf(spans...)(ctx, d, typed)
}

// explainWords offers what may follow in explain: an alert or a rule, then what the rule is about.
func explainWords(ctx context.Context, d stock, typed string) ([]cobra.Completion, error) {
	switch len(d.args) {
	case 0:
		names, _ := ruleNames(ctx, d, typed)
		ids, err := alertIDs(false)(ctx, d, typed)
		return append(names, ids...), err
	case 1:
		at := slices.Index(d.desk.RuleNames(), d.args[0])
		if at >= 0 && d.desk.Rules[at].Spec.Each == rules.EachProject {
			return subjects(lookup.KindProject)(ctx, d, typed)
		}
		return subjects(lookup.KindDevice)(ctx, d, typed)
	}
	return nil, nil
}
