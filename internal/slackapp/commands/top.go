package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp/grammar"
	"notewatch/internal/words"
	"notewatch/rules"
)

// top ranks devices or routes.
func (q *question) top(ctx context.Context) (page, error) {
	order, err := grammar.ParseTop(q.line.Rest)
	if err != nil {
		return page{}, err
	}
	if order.By == "" {
		if order.By = cmp.Or(q.reader.Rankings()...); order.By == "" {
			return page{}, grammar.MistakeError("Nothing to rank by: no rule uses bytes, events or sessions, so notewatch does not fetch them.")
		}
	}
	of, err := q.find(ctx, order.Name, order.Kinds...)
	if _, unknown := errors.AsType[*lookup.UnknownError](err); unknown && len(order.Kinds) > 1 {
		return page{}, fmt.Errorf("%w; the metrics are %s", err, strings.Join(lookup.By(), ", "))
	}
	if err != nil {
		return page{}, err
	}
	top, err := q.reader.Top(ctx, lookup.TopQuery{N: order.Rows, By: order.By, Span: order.Span, Of: of})
	if err != nil {
		return page{}, topMistake(err)
	}
	return q.topPage(top, of), nil
}

// topMistake adds the next step to an error of a ranking.
func topMistake(err error) error {
	if unread, ok := errors.AsType[*lookup.NotReadError](err); ok {
		return grammar.MistakeError(fmt.Sprintf("No rule uses %s, so notewatch does not fetch them. To change that, add a rule that uses %[1]s.today.", unread.Figure))
	}
	if errors.Is(err, lookup.ErrNoPrices) {
		return grammar.MistakeError("No prices are set. Add prices to the rules file.")
	}
	if errors.Is(err, lookup.ErrDifferentPrices) {
		return grammar.MistakeError("The accounts have different prices. Name a project.")
	}
	return err
}

// topPage lays out a ranking.
func (q *question) topPage(top lookup.Top, of lookup.Subject) page {
	var p page
	p.say("*Most "+name(top.By)+" of "+subjectText(of)+"*, "+spanText(top.Span, top.From, top.To, q.reader.Now()), slackapi.Mrkdwn(top.Note, maxSaid))
	var lines []string
	for i, row := range top.Rows {
		lines = append(lines, fmt.Sprintf("%d. %s ", i+1, link(row.Subject))+words.Dotted(rankedText(top, row.Value),
			shareBar(row.Share, top.Rows[0].Share), elsewhere(row, of)))
	}
	if len(lines) == 0 {
		lines = append(lines, "Nothing to rank: all known values are 0.")
	}
	p.say(lines...)
	p.say(fmt.Sprintf("Total %s, %s", rankedText(top, top.Total), words.Count(top.Devices, string(top.Ranked))), unmeasuredText(top))
	p.say(readText(top.AsOf, top.Failures, top.Failure, top.Truncated)...)
	p.note = asOfText(top.AsOf, q.reader.Now())
	return p
}

// elsewhere names the project of a device in a ranking over several projects.
func elsewhere(row lookup.TopRow, of lookup.Subject) string {
	if of.Kind != lookup.KindAll {
		return ""
	}
	return name(row.Project.Name)
}

// shareBar draws a share of the whole, in percent, relative to the largest one: "12 % ▇▇▇".
func shareBar(share, largest float64) string {
	const bars = 10
	if !rules.Known(share) || share < 0 || largest <= 0 {
		return ""
	}
	drawn := int(math.Round(bars * min(share/largest, 1)))
	return strings.TrimSpace(words.Figure(share, "%") + " " + strings.Repeat("▇", drawn))
}

// unmeasuredText returns how many devices or routes have no data.
func unmeasuredText(top lookup.Top) string {
	if top.Unknown == 0 {
		return ""
	}
	return fmt.Sprintf("No data for %s.", words.Count(top.Unknown, string(top.Ranked)))
}

// rankedText returns a value of a ranking: an amount of money, or a value with its unit.
func rankedText(top lookup.Top, value float64) string {
	if top.By == lookup.ByCost {
		return words.Money(value, top.Unit)
	}
	return words.Figure(value, top.Unit)
}
