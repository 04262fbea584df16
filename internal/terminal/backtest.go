package terminal

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"notewatch/internal/backtest"
	"notewatch/internal/words"
)

// Backtest prints what rules would have sent.
func Backtest(s Screen, r backtest.Report) error {
	problems := []error{
		s.say(bold, fmt.Sprintf("%s, %s, %s – %s (UTC)", r.File, words.Count(int(r.Last.Sub(r.First)/(24*time.Hour))+1, "complete day"), date(r.First), date(r.Last))),
		s.Say("Each day is evaluated at its end, by the data known now. Times within a day are not known."), s.blank(),
		backtestRules(s, r.Rules), s.blank(), backtestReceivers(s, r.Receivers),
	}
	if len(r.LeftOut) > 0 {
		t := &table{columns: columns("NOT SHOWN", "BECAUSE IT_")}
		for _, left := range r.LeftOut {
			t.add(left.Rule, left.Why)
		}
		problems = append(problems, s.blank(), t.print(s))
	}
	for _, rule := range r.Rules {
		if rule.First != "" {
			problems = append(problems, s.blank(), s.say(bold, "First message of "+rule.Name+":"), s.block(rule.First))
		}
	}
	return errors.Join(problems...)
}

// blockIndent is how far the lines of a printed message are indented, but for the first.
const blockIndent = 18

// block prints a message that was printed elsewhere, without control characters. Lines that do not fit are broken.
func (s Screen) block(text string) error {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(words.Printable(strings.TrimRight(line, " \n")) + "\n")
	}
	_, err := io.WriteString(s.W, words.Fold(b.String(), s.Width, blockIndent))
	return err
}

func date(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

func backtestRules(s Screen, all []backtest.Rule) error {
	t := &table{columns: columns("RULE", "ALERTS", "SUBJECTS", "STILL FIRING=", "ALERTS BY DAY_")}
	for _, r := range all {
		t.add(r.Name, words.Number(r.Alerts), words.Number(r.Subjects), words.Number(r.Firing), sparkline(r.PerDay))
	}
	return t.print(s)
}

func backtestReceivers(s Screen, all []backtest.Receiver) error {
	t := &table{columns: columns("RECEIVER", "MESSAGES", "MOST ON A DAY", "MESSAGES BY DAY_")}
	for _, r := range all {
		most := "-"
		if r.Most > 0 {
			most = words.Number(r.Most) + ", " + r.MostOn.Format("Mon 2 Jan")
		}
		t.add(r.Name, words.Number(r.Messages), most, sparkline(r.PerDay))
	}
	return t.print(s)
}

// sparkline draws counts by day.
func sparkline(perDay []int) string {
	values := make([]float64, len(perDay))
	for i, n := range perDay {
		values[i] = float64(n)
	}
	return words.Sparkline(values)
}

// Comparison prints what another rules file would have sent more, and less.
func Comparison(s Screen, c backtest.Comparison) error {
	t := &table{columns: columns("RECEIVER~", "MESSAGES", "MOST ON A DAY")}
	for _, r := range c.Receivers() {
		t.add(r.Name, becomes(r.Before, r.After, messagesOf), becomes(r.Before, r.After, mostOf))
	}
	return errors.Join(
		s.say(bold, fmt.Sprintf("%s compared with %s, %s – %s (UTC)", c.After.File, c.Before.File, date(c.Before.First), date(c.Before.Last))),
		s.blank(), t.print(s),
		comparedAlerts(s, "+", c.Added, "alert", "only with "+c.After.File), comparedAlerts(s, "-", c.Gone, "alert", "only with "+c.Before.File),
	)
}

func messagesOf(r backtest.Receiver) int { return r.Messages }

func mostOf(r backtest.Receiver) int { return r.Most }

// becomes shows two counts, with the first rules file and with the other. A file without the receiver has a dash.
func becomes(before, after *backtest.Receiver, count func(backtest.Receiver) int) string {
	one := func(r *backtest.Receiver) string {
		if r == nil {
			return "-"
		}
		return words.Number(count(*r))
	}
	return one(before) + " → " + one(after)
}

// comparedAlerts prints alerts that only one of two files has.
func comparedAlerts(s Screen, sign string, all []backtest.Alert, noun, where string) error {
	problems := []error{s.blank(), s.Say(words.Count(len(all), noun) + " " + where)}
	shown := all
	if s.Width > 0 {
		shown = all[:min(ShownRows, len(all))]
	}
	for _, a := range shown {
		problems = append(problems, s.Say(strings.Join([]string{sign, a.Fired.Format(time.DateOnly), a.Rule, a.Subject, a.Level}, "  ")))
	}
	if hidden := len(all) - len(shown); hidden > 0 {
		s.remark("%s more not shown; --json prints all\n", words.Number(hidden))
	}
	return errors.Join(problems...)
}
