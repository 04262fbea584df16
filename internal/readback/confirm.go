package readback

import (
	"errors"
	"strings"
)

// ErrDeclined means that the person does not want to go on.
var ErrDeclined = errors.New("stopped before anything was read or written")

// Confirm asks a person whether to go on, until the answer is yes or no; no answer is yes. ask prints a question and returns the line that is
// typed, and say prints a paragraph. The errors are ErrDeclined after a no, and those of ask.
func Confirm(ask func(question string) (string, error), say func(text string)) error {
	for {
		answer, err := ask("Go on? [Y/n] ")
		if err != nil {
			return err
		}
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "", "y", "yes":
			return nil
		case "n", "no":
			return ErrDeclined
		}
		say("Type y or n.")
	}
}
