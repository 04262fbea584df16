package schema

import (
	"notewatch/internal/config/typed"
	"notewatch/rules"
)

// Rules returns the JSON Schema of the rules file.
func Rules() []byte { return typed.Schema(file{}, "Rules file of notewatch") }

// A file is a rules file.
type file struct {
	Accounts   []account         `yaml:"accounts" help:"Billing accounts of Notehub; their projects share one request budget. Without it there is one account, with the token of the environment."`
	Projects   projects          `yaml:"projects" need:"yes" help:"The projects to watch: a list, or all that the token sees."`
	Period     period            `yaml:"period" help:"The period over which used, prev and forecast add up. Default: month."`
	Prices     prices            `yaml:"prices" help:"What Notehub charges; with it, answers include costs, and rules can read cost."`
	Satellite  satellite         `yaml:"satellite" help:"What each device may send by satellite. Default: 10 kB, once."`
	Receivers  []receiver        `yaml:"receivers" need:"yes" help:"Who is notified."`
	Defaults   defaults          `yaml:"defaults" help:"What projects and rules have that do not say otherwise."`
	Silences   []window          `yaml:"silences" help:"Weekly mute windows."`
	Slack      slackApp          `yaml:"slack" help:"The Slack command, and who may use it."`
	Limits     typed.Map[limits] `yaml:"limits" help:"Limits of devices, fleets, routes, projects and organizations: by rule, then by UID or name."`
	LimitsFile string            `yaml:"limits_file" help:"Path of a CSV file of limits, from this file: rule,subject,limit."`
	Include    texts             `yaml:"include" help:"Rules of the catalogue, such as catalogue/event-flood or catalogue/*, and files with rules, such as team/*.yaml."`
	Rules      []rule            `yaml:"rules" help:"The rules. They may be left out if there is an include."`
}

type account struct {
	Name         string  `yaml:"name" need:"yes" help:"Its name, for projects."`
	Token        string  `yaml:"token" help:"Personal access token, as ${NAME} or ${file:/run/secrets/x}."`
	TokenExpires string  `yaml:"token_expires" help:"The day on which the token expires, such as 2027-01-14: check and run warn two weeks before."`
	ClientID     string  `yaml:"client_id" help:"An OAuth client, in place of a token."`
	ClientSecret string  `yaml:"client_secret" help:"The secret of the OAuth client."`
	Organization string  `yaml:"organization" help:"UID of the organization that pays (org:…). Default: the only one that the token sees."`
	Prices       own     `yaml:"prices" help:"What this account is charged; what it leaves out is as in the file."`
	PerMinute    float64 `yaml:"requests_per_minute" help:"Requests in any 60 seconds. Default: 4 of the 7 that Notehub allows."`
}

type project struct {
	UID     string   `yaml:"uid" need:"yes" help:"Project UID (app:…) or product UID; all for every other project of the account."`
	Name    string   `yaml:"name" help:"Its name in messages."`
	Account string   `yaml:"account" help:"The name of its account, if there are several."`
	Notify  []string `yaml:"notify" help:"Receivers for rules that name none. Default: those of defaults."`
	Period  period   `yaml:"period" help:"The period of this project, in place of that of the file."`

	Satellite satellite `yaml:"satellite" help:"The satellite allowance in this project; what it leaves out is as in the file."`
}

type prices struct {
	Currency   string  `yaml:"currency" need:"yes" help:"Three letters, such as USD."`
	Event      float64 `yaml:"event" help:"Price of one event."`
	FreeEvents float64 `yaml:"free_events" help:"Events a month that cost nothing."`
	DataBlock  float64 `yaml:"data_block" help:"Price of one block of cellular data."`
	BlockSize  part    `yaml:"block_size" help:"Bytes of such a block. Default: mb(500)."`
	AsOf       string  `yaml:"as_of" help:"The month or day of these prices, such as 2026-06."`
}

// An own is prices of an account.
type own struct {
	Currency   string  `yaml:"currency" help:"Three letters, such as USD."`
	Event      float64 `yaml:"event" help:"Price of one event."`
	FreeEvents float64 `yaml:"free_events" help:"Events a month that cost nothing."`
	DataBlock  float64 `yaml:"data_block" help:"Price of one block of cellular data."`
	BlockSize  part    `yaml:"block_size" help:"Bytes of such a block. Default: mb(500)."`
	AsOf       string  `yaml:"as_of" help:"The month or day of these prices, such as 2026-06."`
}

type satellite struct {
	Allowance part      `yaml:"allowance" help:"Bytes, such as kb(10)."`
	Every     allowance `yaml:"every" help:"When it begins anew. Default: once, so never."`
	From      string    `yaml:"from" help:"The first day that counts, such as 2026-06-01. Default: that of each device."`
}

type receiver struct {
	Name      string    `yaml:"name" need:"yes" help:"Its name, for notify and fallback."`
	From      level     `yaml:"from" help:"Its lowest level. Default: info."`
	Hours     schedule  `yaml:"hours" help:"When it gets what is new; outside, new messages wait for the opening."`
	Fallback  string    `yaml:"fallback" help:"The receiver that is notified while this one is unreachable."`
	Terminal  nothing   `yaml:"terminal" help:"Prints where notewatch runs."`
	Slack     slack     `yaml:"slack" help:"A Slack channel, by the bot token, or an incoming webhook."`
	PagerDuty pagerDuty `yaml:"pagerduty" help:"Incidents in PagerDuty."`
	Webhook   webhook   `yaml:"webhook" help:"Signed JSON to a URL."`
	Email     email     `yaml:"email" help:"Mail by an SMTP server."`
}

type slack struct {
	Channel string          `yaml:"channel" help:"ID of a channel, such as C0123456789; needs NOTEWATCH_SLACK_BOT_TOKEN."`
	URL     string          `yaml:"url" help:"An incoming-webhook URL instead, as ${NAME}: it cannot change a message."`
	Mention byLevel[string] `yaml:"mention" help:"Who is mentioned, by level: <@U…>, <!subteam^S…>, <!here> or <!channel>."`
}

type pagerDuty struct {
	RoutingKey string `yaml:"routing_key" need:"yes" help:"Integration key of Events API v2, as ${NAME}."`
	URL        string `yaml:"url" help:"Address of another service region. Default: that of the US."`
}

type webhook struct {
	URL          string            `yaml:"url" need:"yes" help:"Its address, as ${NAME} if it holds a secret."`
	Secret       texts             `yaml:"secret" help:"Signs the requests; [new, old] while one is replaced."`
	Format       string            `yaml:"format" help:"Form of the body, such as standard, alertmanager, cloudevents, teams or ntfy. Default: standard."`
	Template     string            `yaml:"template" help:"Path of a template of your own, in place of a format."`
	Headers      typed.Map[string] `yaml:"headers" help:"Headers of every request, by name."`
	AllowPrivate bool              `yaml:"allow_private" help:"Whether it may be an address of a private network."`
}

type email struct {
	Server   string  `yaml:"server" need:"yes" help:"Host and port of the mail server."`
	TLS      mailTLS `yaml:"tls" help:"Default: starttls."`
	User     string  `yaml:"user" help:"Name for the mail server."`
	Password string  `yaml:"password" help:"Password for the mail server, as ${NAME}."`
	From     string  `yaml:"from" need:"yes" help:"Address of the sender."`
	To       texts   `yaml:"to" need:"yes" help:"Addresses of those who get it."`
}

type defaults struct {
	Notify  []string `yaml:"notify" help:"The default receivers, also for alerts about notewatch itself. Default: all."`
	Remind  []string `yaml:"remind" help:"When reminders are sent after an alert fired, such as [24h, 72h, 168h]; the last one repeats."`
	Summary summary  `yaml:"summary" help:"A weekly report, on Mondays."`
}

type window struct {
	Match   match  `yaml:"match" need:"yes" help:"What is muted; all that is named must match."`
	Days    days   `yaml:"days" help:"Days of the week. Default: every day."`
	From    string `yaml:"from" help:"Time of day, such as 22:00."`
	To      string `yaml:"to" help:"Time of day; before from it is on the next day."`
	Zone    string `yaml:"zone" help:"Time zone, such as Europe/Berlin. Default: UTC."`
	Because string `yaml:"because" need:"yes" help:"The reason, for people."`
}

type match struct {
	Rule     string `yaml:"rule" help:"A rule."`
	Project  string `yaml:"project" help:"A project, by UID or name."`
	Subject  string `yaml:"subject" help:"A device, fleet or route, by UID or name."`
	Fleet    string `yaml:"fleet" help:"A fleet, by UID or label: its own alerts, and those of the devices in it."`
	Receiver texts  `yaml:"receiver" help:"Only for these receivers: new messages wait for the end of the window."`
}

type schedule struct {
	Days days   `yaml:"days" help:"Days of the week. Default: every day."`
	From string `yaml:"from" help:"Time of day, such as 08:00."`
	To   string `yaml:"to" help:"Time of day, such as 18:00."`
	Zone string `yaml:"zone" help:"Time zone, such as Europe/Berlin. Default: UTC."`
}

type slackApp struct {
	Command string `yaml:"command" help:"The command. Default: /notewatch."`
	Allow   allow  `yaml:"allow" help:"Who may do what."`
}

type allow struct {
	Look   texts `yaml:"look" help:"IDs of users, user groups and channels that may look things up. Default: everyone."`
	Change texts `yaml:"change" help:"IDs that may acknowledge and silence. Default: people in the channel of an alert."`
}

// A rule is required to have a name and a condition, unless it begins with one of the catalogue.
type rule struct {
	Name        string          `yaml:"name" help:"Its name in messages; also that of its alerts, so use was when you rename it."`
	Like        string          `yaml:"like" help:"The rule of the catalogue that it begins with, such as catalogue/event-flood. null takes a key away."`
	Was         texts           `yaml:"was" help:"Names that it had before: their alerts, acknowledgements and silences are its own."`
	Each        scope           `yaml:"each" help:"What it is evaluated for. Default: device."`
	Where       expression      `yaml:"where" help:"Condition that selects the subjects."`
	Limit       expression      `yaml:"limit" help:"What it compares with, such as mb(40) or plan.limit; shown, charted and overridable by subject."`
	Let         typed.Map[part] `yaml:"let" help:"Named parts of expressions; each may use the ones before it."`
	Severity    level           `yaml:"severity" help:"The level, if when is one expression. Default: warning."`
	When        when            `yaml:"when" help:"The condition: one expression, or one for each level."`
	For         duration        `yaml:"for" help:"How long it must be true before it fires, such as 30m."`
	ResolveWhen expression      `yaml:"resolve_when" help:"Ends an alert when this is true and when is not."`
	Keep        duration        `yaml:"keep" help:"How long an alert is kept after its condition became false; 0 is not at all."`
	Unless      string          `yaml:"unless" help:"A rule that mutes this one while it is firing for the same subject or one that contains it."`
	Accept      texts           `yaml:"accept" help:"Codes of warnings of notewatch check that are accepted here."`
	Shadow      *bool           `yaml:"shadow" help:"Evaluate and record, but notify no one."`
	Period      period          `yaml:"period" help:"The period of this rule, in place of that of the project."`
	Show        expression      `yaml:"show" help:"The figure that messages lead with and rank by. Default: the first one that is compared."`
	Unit        unit            `yaml:"unit" help:"The unit of show, if it is computed."`
	Summary     template        `yaml:"summary" help:"Template of the headline, such as '{{.Subject}} has used {{.Value}} of {{.Limit}}'."`
	Resolved    template        `yaml:"resolved" help:"Template of the text when the alert is resolved."`
	Runbook     template        `yaml:"runbook" help:"Address of a page that says what to do; a link in every message."`
	Advice      template        `yaml:"advice" help:"One next step."`
	Notify      optionalTexts   `yaml:"notify" help:"Its receivers. Default: those of the project."`
	Remind      optionalTexts   `yaml:"remind" help:"When reminders are sent. Default: that of defaults."`
}

// JSONSchema implements typed.Described.
func (*rule) JSONSchema() typed.Object {
	type plain rule // without this method
	s := typed.Of[plain]()
	for _, property := range s["properties"].(typed.Object) {
		property := property.(typed.Object)
		description := property["description"]
		delete(property, "description")
		inner := typed.Object{}
		for key, value := range property {
			inner[key] = value
			delete(property, key)
		}
		property["anyOf"], property["description"] = []typed.Object{inner, {"type": "null"}}, description
	}
	s["anyOf"] = []typed.Object{{"required": []string{"like"}}, {"required": []string{"name", "when"}}}
	return s
}

// The kinds of values that are not a struct.
type (
	expression     string
	part           string
	template       string
	duration       string
	texts          []string
	optionalTexts  []string
	projects       []project
	nothing        struct{}
	level          string
	scope          string
	summary        string
	unit           string
	mailTLS        string
	days           []string
	limits         typed.Map[expression]
	when           struct{}
	period         struct{}
	allowance      struct{}
	byLevel[T any] struct{}
)

// JSONSchema implements typed.Described.
func (*texts) JSONSchema() typed.Object { return typed.OneOrSome(typed.Of[string]()) }

// JSONSchema implements typed.Described.
func (*projects) JSONSchema() typed.Object {
	return typed.AnyOf(typed.OneOf("all"), typed.Of[[]project]())
}

// JSONSchema implements typed.Described.
func (*optionalTexts) JSONSchema() typed.Object {
	return typed.Object{"type": "array", "items": typed.Of[string]()}
}

// JSONSchema implements typed.Described.
func (*nothing) JSONSchema() typed.Object {
	return typed.Object{"type": []string{"object", "null"}, "maxProperties": 0}
}

// JSONSchema implements typed.Described.
func (*days) JSONSchema() typed.Object {
	return typed.OneOrSome(typed.OneOf("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
}

// JSONSchema implements typed.Described.
func (*limits) JSONSchema() typed.Object {
	return typed.Object{"type": "object", "additionalProperties": typed.Of[expression]()}
}

// JSONSchema implements typed.Described.
func (*when) JSONSchema() typed.Object {
	return typed.AnyOf(typed.Of[expression](), typed.Of[byLevel[expression]]())
}

// JSONSchema implements typed.Described.
func (*byLevel[T]) JSONSchema() typed.Object {
	properties := typed.Object{}
	for _, word := range level("").Words() {
		properties[word] = typed.Of[T]()
	}
	return typed.Object{"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1}
}

// JSONSchema implements typed.Described.
func (*period) JSONSchema() typed.Object {
	type every struct {
		Every string `yaml:"every" need:"yes" help:"day, week, month, or a number of days such as 30d."`
		From  string `yaml:"from" help:"The day of the month that months begin on (1 to 31), or a date that days are counted from."`
	}
	return typed.AnyOf(typed.OneOf("day", "week", "month"), typed.Of[every]())
}

// JSONSchema implements typed.Described.
func (*allowance) JSONSchema() typed.Object {
	return typed.AnyOf(typed.OneOf("once"), typed.Of[period]())
}

// Words implements typed.Words.
func (level) Words() []string {
	return []string{rules.Info.String(), rules.Warning.String(), rules.Critical.String()}
}

// Words implements typed.Words.
func (scope) Words() (words []string) {
	for _, s := range rules.Scopes() {
		words = append(words, string(s))
	}
	return words
}

// Words implements typed.Words.
func (summary) Words() []string { return []string{"weekly", "none"} }

// Words implements typed.Words.
func (unit) Words() []string { return []string{"B", "%", "min", "h", "d", "V", "°C", "ms", "money"} }

// Words implements typed.Words.
func (mailTLS) Words() []string { return []string{"starttls", "tls", "none"} }
