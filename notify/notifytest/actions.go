package notifytest

import "unicode/utf8"

// The limits of what can be pressed, in characters or in number.
const (
	maxActions    = 25
	maxBlockID    = 255
	maxButtonText = 75
	maxValue      = 2_000
	maxOptions    = 100
	maxOption     = 75
	maxHint       = 150 // the text of a menu before anything is chosen
)

// actions are what a block offers to be pressed.
type actions struct {
	BlockID  string `json:"block_id"`
	Elements []action
}

// An action is a button or a menu.
type action struct {
	Type        string
	ActionID    string `json:"action_id"`
	Text        text   // of a button
	Value       string
	Label       string `json:"accessibility_label"`
	Placeholder text   // of a menu
	Options     []struct {
		Text  text
		Value string
	}
}

// check returns how many characters a has and whether it is within the limits.
func (a *actions) check() (total int, ok bool) {
	ok = len(a.Elements) > 0 && len(a.Elements) <= maxActions && utf8.RuneCountInString(a.BlockID) <= maxBlockID
	named := make(map[string]bool)
	for _, e := range a.Elements {
		length, fine := e.check()
		total, ok = total+length, ok && fine && !named[e.ActionID]
		named[e.ActionID] = true
	}
	return total, ok
}

func (a action) check() (total int, ok bool) {
	ok = a.ActionID != "" && utf8.RuneCountInString(a.ActionID) <= maxBlockID
	plain := func(t text, limit int) {
		total += utf8.RuneCountInString(t.Text)
		ok = ok && t.Type == "plain_text" && within(t, limit)
	}
	switch a.Type {
	case "button":
		plain(a.Text, maxButtonText)
		ok = ok && utf8.RuneCountInString(a.Value) <= maxValue && utf8.RuneCountInString(a.Label) <= maxButtonText
	case "static_select":
		plain(a.Placeholder, maxHint)
		ok = ok && len(a.Options) > 0 && len(a.Options) <= maxOptions
		for _, o := range a.Options {
			plain(o.Text, maxOption)
			ok = ok && within(text{Text: o.Value}, maxOption)
		}
	default:
		ok = false
	}
	return total, ok
}
