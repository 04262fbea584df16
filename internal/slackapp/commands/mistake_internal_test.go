package commands

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapp"
	"notewatch/internal/slackapp/grammar"
)

// Each error that people can do something about is said in words of theirs; any other is for the log.
func TestComplaints(t *testing.T) {
	d := newAskDesk(t, scene{})
	device := lookup.Subject{Kind: lookup.KindDevice, UID: "dev:1", Name: "<b>"}
	for _, test := range []struct {
		err  error
		want []string
	}{
		{grammar.MistakeError("<b> is no name."), []string{"&lt;b&gt; is no name."}},
		{refusalError("Only <@U1> may look things up here."), []string{"Only <@U1> may look things up here."}},
		{&lookup.UnknownError{Text: "<x>"}, []string{`Unknown project, fleet or device "&lt;x&gt;".`}},
		{
			&lookup.UnknownError{Text: "x", Kinds: []lookup.Kind{lookup.KindProject, lookup.KindFleet}, Nearest: "y"},
			[]string{`Unknown project or fleet "x". Did you mean "y"?`},
		},
		{
			&lookup.AmbiguousError{Text: "x", Candidates: []lookup.Subject{device}, More: 3},
			[]string{`"x" is ambiguous. It matches:`, "• device &lt;b&gt; () `dev:1`", "… and 3 more"},
		},
		{
			&lookup.AmbiguousIDError{Kind: lookup.KindAlert, Text: "a", IDs: []string{"a1", "a2"}, More: 1},
			[]string{"Several alerts begin with \"a\": `a1`, `a2` and 1 more."},
		},
		{fmt.Errorf("explaining: %w", &bot.UnknownError{What: "device", Name: "x"}), []string{`The device "x" no longer exists.`}},
		{errors.New("reading device \"x\": disk I/O error"), []string{slackapp.SorryText}},
	} {
		require.Equal(t, test.want, d.answerer.question(slackapp.Command{}).errorLines(test.err))
	}
}
