package command

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
)

// completePatience is the longest time that completing a word may delay a shell.
const completePatience = 2 * time.Second

// CompleteFrom completes words from offers. It ignores errors of an offer, because a shell has no place to print them.
func CompleteFrom(offers ...complete.Offer) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) (offered []cobra.Completion, _ cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(c.Context(), completePatience)
		defer cancel()
		s, _ := Outline(c)
		asked := false
		answer := func(db Opened) error {
			asked = true
			q := complete.Query{Reader: db.Settings(c, s).Reader(db.Store, db.Clock.Now), Args: args, Typed: typed}
			for _, offer := range offers {
				some, err := offer(ctx, q)
				for _, word := range some {
					offered = append(offered, completion(word))
				}
				if err != nil {
					return err
				}
			}
			return nil
		}
		if err := Look(c, answer); err != nil && !asked {
			_ = answer(Opened{})
		}
		return offered, cobra.ShellCompDirectiveNoFileComp
	}
}

// CompleteFlag completes a flag from offers. The flag must exist.
func CompleteFlag(c *cobra.Command, flag string, offers ...complete.Offer) {
	if err := c.RegisterFlagCompletionFunc(flag, CompleteFrom(offers...)); err != nil {
		panic(err)
	}
}

// CompleteFile completes a flag from the names of files with these extensions. The flag must exist.
func CompleteFile(c *cobra.Command, flag string, extensions ...string) {
	if err := c.MarkFlagFilename(flag, extensions...); err != nil {
		panic(err)
	}
}

// CompleteFirst completes only the first argument.
func CompleteFirst(offers ...complete.Offer) cobra.CompletionFunc {
	first := CompleteFrom(offers...)
	return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return first(c, args, typed)
	}
}

// completion converts a word for cobra.
func completion(w complete.Word) cobra.Completion {
	if w.About == "" {
		return w.Text
	}
	return cobra.CompletionWithDesc(w.Text, w.About)
}
