package terminal

import (
	"errors"
	"fmt"

	"notewatch/internal/lookup"
)

// Hinted adds the next step to an error about a name.
func Hinted(err error) error {
	if ambiguous, ok := errors.AsType[*lookup.AmbiguousError](err); ok {
		return errors.New(Candidates(ambiguous))
	}
	unknown, ok := errors.AsType[*lookup.UnknownError](err)
	if !ok || unknown.Nearest != "" || len(unknown.Choices) > 0 {
		return err
	}
	hint := "give a UID, a name, or an unambiguous part of one"
	if len(unknown.Kinds) == 1 {
		switch unknown.Kinds[0] {
		case lookup.KindAlert:
			hint = "list them with notewatch alerts --all"
		case lookup.KindSilence:
			hint = "list them with notewatch silences"
		case lookup.KindRule:
			hint = "list them with notewatch check"
		}
	}
	return fmt.Errorf("%w; %s", err, hint)
}
