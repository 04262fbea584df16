package notifytest

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// The limits of Slack's messages, in characters or in number.
const (
	maxPostText    = 40_000
	maxUpdateText  = 4_000
	maxBlocks      = 50
	maxBlocksText  = 13_200
	maxAttachments = 100
	maxHeader      = 150
	maxSection     = 3_000
	maxFields      = 10
	maxField       = 2_000
	maxContext     = 10
	maxCharts      = 2
)

type block struct {
	Type     string
	Text     *text
	Fields   []text
	Elements []text

	chart   *slack.DataVisualizationBlock // nil if it is none
	length  int                           // of a chart, in characters
	actions actions                       // of a block of them
}

// UnmarshalJSON reads a chart in the library's words, which knows its limits. What can be pressed is no text.
func (b *block) UnmarshalJSON(raw []byte) error {
	var kind struct{ Type string }
	if err := json.Unmarshal(raw, &kind); err != nil {
		return err
	}
	if kind.Type == "actions" {
		b.Type = kind.Type
		return json.Unmarshal(raw, &b.actions)
	}
	type fields block
	if err := json.Unmarshal(raw, (*fields)(b)); err != nil || b.Type != "data_visualization" {
		return err
	}
	b.length = utf8.RuneCount(raw)
	if json.Unmarshal(raw, &b.chart) != nil {
		b.chart = new(slack.DataVisualizationBlock) // which is not valid
	}
	return nil
}

type text struct{ Type, Text string }

type attachment struct{ Blocks []block }

// Check returns the error code with which the method, chat.postMessage or chat.update, refuses m; "" if it does not.
func (m Message) Check(method string) string {
	var blocks []block
	var attachments []attachment
	if len(m.Blocks) > 0 && json.Unmarshal(m.Blocks, &blocks) != nil {
		return "invalid_blocks_format"
	}
	if len(m.Attachments) > 0 && json.Unmarshal(m.Attachments, &attachments) != nil {
		return "invalid_attachments"
	}
	length := utf8.RuneCountInString(m.Text)
	switch {
	case m.Text == "" && len(blocks) == 0 && len(attachments) == 0:
		return "no_text"
	case length > maxPostText, method == "chat.update" && length > maxUpdateText:
		return "msg_too_long"
	case len(attachments) > maxAttachments:
		return "too_many_attachments"
	}
	total, ok := checkBlocks(blocks)
	charts := chartsIn(blocks)
	for _, a := range attachments {
		more, fine := checkBlocks(a.Blocks)
		total, ok = total+more, ok && fine
		charts += chartsIn(a.Blocks)
	}
	switch {
	case !ok, charts > maxCharts:
		return "invalid_blocks"
	case total > maxBlocksText:
		return "msg_blocks_too_long"
	}
	return ""
}

// HasChart reports whether m has a data_visualization block.
func (m Message) HasChart() bool {
	var blocks []block
	return json.Unmarshal(m.Blocks, &blocks) == nil && chartsIn(blocks) > 0
}

func chartsIn(blocks []block) int {
	return len(slices.DeleteFunc(slices.Clone(blocks), func(b block) bool { return b.chart == nil }))
}

// checkBlocks returns how many characters the blocks have and whether each is within its limits.
func checkBlocks(blocks []block) (total int, ok bool) {
	ok = len(blocks) <= maxBlocks
	for _, b := range blocks {
		texts, limit := b.Fields, maxField
		switch b.Type {
		case "header":
			ok = ok && b.Text != nil && within(*b.Text, maxHeader)
		case "section":
			ok = ok && (b.Text != nil || len(b.Fields) > 0) && (b.Text == nil || within(*b.Text, maxSection))
			ok = ok && len(b.Fields) <= maxFields
		case "context":
			texts, limit = b.Elements, maxSection
			ok = ok && len(texts) > 0 && len(texts) <= maxContext
		case "data_visualization":
			ok = ok && b.chart.Validate() == nil
		case "actions":
			length, fine := b.actions.check()
			total, ok = total+length, ok && fine
		}
		total += b.length
		if b.Text != nil {
			total += utf8.RuneCountInString(b.Text.Text)
		}
		for _, t := range texts {
			total += utf8.RuneCountInString(t.Text)
			ok = ok && within(t, limit)
		}
	}
	return total, ok
}

func within(t text, limit int) bool {
	length := utf8.RuneCountInString(t.Text)
	return length > 0 && length <= limit
}
