package act

import (
	"cmp"
	"fmt"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// MaxName is the maximum number of bytes of a name that a caller gives.
const MaxName = 100

// IsName reports whether messages can show a text as a name.
func IsName(text string) bool {
	return strings.TrimSpace(text) != "" && len(text) <= MaxName && words.Line(text) == text
}

// Acknowledge acknowledges a firing alert in the name of by, "" being the user of this process, or removes its acknowledgement.
func Acknowledge(c *cobra.Command, id, by string, acknowledged, asJSON bool) error {
	by = cmp.Or(by, whoami())
	return command.Change(c, func(db command.Opened) error {
		reader := db.Reader(c)
		a, err := reader.Alert(c.Context(), id)
		if err != nil {
			return terminal.Hinted(err)
		}
		if a.State != rules.Firing {
			return fmt.Errorf("alert %s is %s: only firing alerts can be acknowledged or unacknowledged", a.ID, a.State)
		}
		apply := command.Bot(db).Acknowledge
		if !acknowledged {
			apply = command.Bot(db).Unacknowledge
		}
		changed, err := apply(c.Context(), a, by)
		if err != nil {
			return err
		}
		if !asJSON {
			if !acknowledged {
				by = ""
			}
			return terminal.Acknowledged(command.ScreenOf(c), a, by, changed, db.Hence("updates the receivers"))
		}
		return command.AlertReader(c, db).EachAlert(c.Context(), store.AlertFilter{Match: muting.Match{Alert: a.ID}}, func(now lookup.Alert) error {
			return terminal.WriteJSON(c.OutOrStdout(), struct {
				lookup.AlertJSON
				Changed bool `json:"changed"`
			}{now.JSON(), changed})
		})
	})
}

// whoami returns the name of this person in messages.
func whoami() string {
	me, err := user.Current()
	if err != nil || me.Username == "" {
		return "unknown user"
	}
	return me.Username
}
