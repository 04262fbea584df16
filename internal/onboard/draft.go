package onboard

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"notewatch/internal/config"
	"notewatch/internal/config/schema"
	"notewatch/internal/words"
	"notewatch/notehub"
)

// Prices of Notehub at a date, as in the example file.
const (
	currency   = "USD"
	eventPrice = 0.00075
	freeEvents = 5000
	prices     = "prices: {currency: USD, event: 0.00075, free_events: 5000, data_block: 10.00, as_of: 2026-06}"
)

// schemaName is the name of the file with the JSON Schema, beside the rules file.
const schemaName = "rules.schema.json"

// maxText is the maximum number of characters of a name in a comment or message.
const maxText = 60

// A draft is a rules file to be written.
type draft struct {
	path string

	made     time.Time
	view     *view
	projects []notehub.Project
	skipped  []Skipped
	channel  string // ID of a Slack channel; "" is none
	pays     notehub.Organization
	several  bool   // organizations are visible, so that the file must name the one that pays
	unpaid   string // why rules about money do not fit; "" if they do
	access   []string
	choices  []choice
	leftOut  []leftOut
	budgets  []choice
	trial    string // the result of the trial in a sentence; "" before it
}

// A page is the text of a file while it is written.
type page struct{ strings.Builder }

// line writes a line.
func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// comment writes a comment, wrapped.
func (p *page) comment(indent, format string, args ...any) {
	for _, line := range wrap(words.Line(fmt.Sprintf(format, args...)), 110-len(indent)) {
		p.line("%s# %s", indent, line)
	}
}

// text returns the rules file.
func (d *draft) text() []byte {
	p := &page{}
	d.head(p)
	d.accounts(p)
	d.projectList(p)
	p.line("\nperiod: month # what .used adds up over; {every: month, from: 14} if your billing month begins on the 14th\n")
	p.comment("", "Prices of Notehub at this date. With them, answers include costs. See blues.com/pricing.")
	p.line(prices)
	if sat := d.satellite(); sat != nil {
		p.line("")
		p.comment("", "What each device may send by satellite. Notehub does not say what was bought, so this is twice what is usual: enter what you bought. %s.", sat.why)
		p.line("satellite: {allowance: %s, every: month}", limitText(dataBudget, sat.value))
	}
	d.receivers(p)
	d.includes(p)
	d.limits(p)
	d.rules(p)
	return []byte(p.String())
}

func (d *draft) head(p *page) {
	p.line("# yaml-language-server: $schema=%s\n#", schemaName)
	p.comment("", "Written by notewatch init on %s, from the usage of %s.", d.made.UTC().Format("2 January 2006"), words.Count(d.view.devices, "device"))
	p.comment("", "1. Enter your receivers below. 2. notewatch check. 3. notewatch run. Every key is described in docs/rules.md; notewatch backtest tries the rules on the past again after a change.")
	if d.trial != "" {
		p.comment("", "%s", d.trial)
	}
	p.line("")
}

// accounts writes the account, if the file must say who pays.
func (d *draft) accounts(p *page) {
	if !d.several || d.pays.UID == "" {
		return
	}
	p.line("accounts:\n  - name: %s\n    organization: %s # %s", config.DefaultAccount, quote(d.pays.UID), words.Clean(d.pays.Name, maxText))
	for _, line := range d.access {
		p.line("    %s", line)
	}
	p.line("")
}

func (d *draft) projectList(p *page) {
	p.line("projects:")
	taken := map[string]bool{}
	for i, project := range d.projects {
		p.line("  - uid: %s%s", quote(project.UID), remark(words.Count(d.view.projects[i].devices, "device")))
		if name := project.Name; isName(name) && !taken[name] {
			taken[name] = true
			p.line("    name: %s", quote(name))
		}
	}
	for _, s := range d.skipped {
		p.comment("  ", "not watched: %s %s: %s", s.Project.UID, words.Clean(s.Project.Name, maxText), s.Why)
	}
}

func (d *draft) receivers(p *page) {
	p.line("\nreceivers:")
	if d.channel != "" {
		p.line("  - name: team\n    slack: {channel: %s} # posts with NOTEWATCH_SLACK_BOT_TOKEN, see docs/slack.md", quote(d.channel))
	} else {
		p.line("  # - name: team\n  #   slack: {channel: C0123456789} # posts with NOTEWATCH_SLACK_BOT_TOKEN, see docs/slack.md")
	}
	p.line("  # - name: on-call\n  #   from: critical # its lowest level: info, warning or critical\n  #   pagerduty: {routing_key: '${PAGERDUTY_KEY}'}")
	p.line("  #   # or webhook: {url: '${ON_CALL_URL}', secret: '${ON_CALL_SECRET}'}")
	p.line("  #   # or email: {server: 'mail.example.com:587', user: bot, password: '${MAIL_PASSWORD}', from: bot@example.com, to: ops@example.com}")
	p.line("  - name: log\n    terminal: {} # prints where notewatch runs\n")
	p.line("defaults:\n  remind: [24h, 72h, 168h] # after an alert fired or last escalated, while it is firing\n  summary: weekly\n")
}

// includes writes which rules of the catalogue are included unchanged, and which are not included.
func (d *draft) includes(p *page) {
	p.comment("", "Rules of the catalogue that fit this account. To change one, remove it here and begin a rule with it below: {like: catalogue/event-flood, limit: 500}.")
	p.line("include:")
	for _, g := range groups {
		titled := false
		for _, c := range d.choices {
			if !slices.Contains(g.names, c.name) || c.limit != nil {
				continue
			}
			if !titled {
				p.line("  # %s", g.about)
				titled = true
			}
			p.line("  - catalogue/%s%s", c.name, remark(c.result))
		}
	}
	for _, left := range d.leftOut {
		p.comment("  ", "not included: %s: %s", left.name, left.why)
	}
}

// limits writes the limits of fleets and projects that have their own.
func (d *draft) limits(p *page) {
	titled := false
	for _, c := range slices.Concat(d.choices, d.budgets) {
		if len(c.own) == 0 {
			continue
		}
		if !titled {
			p.line("")
			p.comment("", "Limits of fleets and projects that usually need others than their rules have, from 35 days: half as much again as the busiest device exceeds on 7 days at most, and for a month twice what it usually uses, with a firmware update.")
			p.line("limits:")
			titled = true
		}
		p.line("  %s:", c.name)
		for _, own := range c.own {
			p.line("    %s: %s # %s", quote(own.subject), limitText(c.name, own.value), words.Line(own.why))
		}
	}
}

// rules writes the rules that are not included unchanged.
func (d *draft) rules(p *page) {
	p.line("\nrules:")
	written := 0
	for _, c := range d.budgets {
		p.line("%s", budgetTexts[c.name](c))
		written++
	}
	for _, c := range d.choices {
		if c.limit == nil {
			continue
		}
		p.line("  - like: catalogue/%s%s\n    limit: %s # %s\n", c.name, remark(c.result), limitText(c.name, c.limit.value), words.Line(c.limit.why))
		written++
	}
	if written == 0 {
		p.line("  []")
	}
}

// budgetTexts are the texts of the rules about budgets.
var budgetTexts = map[string]func(c choice) string{
	dataBudget: func(c choice) string {
		return fmt.Sprintf(`  - name: data-budget%s
    each: device
    limit: %s # %s
    when:
      warning: bytes.used > 0.8 * limit
      critical: bytes.used > limit
    show: bytes.used
    summary: '{{.Subject}} has used {{.Value}} of {{.Limit}} of cellular data {{.When}}'
    advice: Compare its sync periods with those of its neighbours. Was continuous mode meant to be on?
`, remark(c.result), limitText(c.name, c.limit.value), words.Line(c.limit.why))
	},
	eventBudget: func(c choice) string {
		return fmt.Sprintf(`  - name: event-budget%s
    each: project
    limit: %s # %s
    when:
      warning: events.used > 0.8 * limit
      critical: events.used > limit
    show: events.used
    summary: '{{.Project}} has used {{.Value}} of {{.Limit}} events {{.When}}'
    advice: See what these devices send so often. Several readings can share one note.
`, remark(c.result), limitText(c.name, c.limit.value), words.Line(c.limit.why))
	},
}

// remark returns a comment at the end of a line; "" if there is nothing to say.
func remark(text string) string {
	if text == "" {
		return ""
	}
	return " # " + words.Line(text)
}

// limitText returns a limit as an expression.
func limitText(rule string, limit float64) string {
	plain := strconv.FormatFloat(limit, 'f', -1, 64)
	if rule != dataBudget && rule != "data-spike" {
		return plain
	}
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "gb"}, {1e6, "mb"}, {1e3, "kb"}} {
		if count := limit / unit.size; count >= 1 && math.Abs(count*10-math.Round(count*10)) < 1e-9 {
			return unit.name + "(" + strconv.FormatFloat(count, 'f', -1, 64) + ")"
		}
	}
	return plain
}

// quote returns a text as a YAML scalar on one line.
func quote(text string) string { return "'" + strings.ReplaceAll(words.Line(text), "'", "''") + "'" }

// maxName is the maximum number of bytes of a name in a rules file.
const maxName = 200

// isName reports whether a rules file accepts a text as a name.
func isName(text string) bool {
	return text != "" && len(text) <= maxName && text == words.Line(text) &&
		strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// wrap breaks text into lines of at most width bytes, between words.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// parse reads the draft as notewatch would. Values of the environment may be missing.
func (d *draft) parse() (*config.File, error) {
	file, err := config.ParseWithin(d.path, d.text(), "")
	if err != nil {
		return nil, fmt.Errorf("checking the rules file that was about to be written: %w", err)
	}
	return file, nil
}

// write writes the rules file, and the JSON Schema beside it unless there is one. It overwrites nothing.
func (d *draft) write() error {
	if err := create(d.path, d.text()); err != nil {
		return err
	}
	err := create(filepath.Join(filepath.Dir(d.path), schemaName), schema.Rules())
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}

// create writes a new file.
func create(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("writing the rules file: %w", err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("writing %q: %w", path, errors.Join(err, os.Remove(path)))
	}
	return nil
}

// absent returns an error if a rules file cannot be written because there is something at its path, or no directory for it.
func absent(path string) error {
	_, err := os.Lstat(path)
	if err == nil {
		return fmt.Errorf("%q already exists, and init overwrites nothing: choose another path with --rules, or move it away", path)
	}
	if errors.Is(err, os.ErrNotExist) {
		_, err = os.Stat(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("looking where the rules file is to be written: %w", err)
	}
	return nil
}

// all returns a draft with all rules of the catalogue, which shows what they read.
func all(path string, projects []notehub.Project) *draft {
	d := &draft{path: path, projects: projects, view: &view{}, made: time.Unix(0, 0)}
	for _, p := range projects {
		d.view.projects = append(d.view.projects, viewedProject{Project: p})
	}
	for _, g := range groups {
		for _, name := range g.names {
			d.choices = append(d.choices, choice{name: name})
		}
	}
	limit := &proposal{value: leastData}
	d.budgets = []choice{{name: dataBudget, limit: limit}, {name: eventBudget, limit: limit}}
	return d
}
