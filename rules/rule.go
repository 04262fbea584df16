package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"notewatch/rules/internal/lang"
	"notewatch/rules/internal/templates"
)

// A Scope is the kind of subject of a rule.
type Scope string

// The scopes.
const (
	EachDevice       Scope = "device"
	EachFleet        Scope = "fleet"
	EachRoute        Scope = "route"
	EachProject      Scope = "project"
	EachOrganization Scope = "organization"
)

// Scopes returns all scopes, each before those that contain it.
func Scopes() []Scope {
	return []Scope{EachDevice, EachFleet, EachRoute, EachProject, EachOrganization}
}

// Contains reports whether a subject of the scope contains those of another, or is one.
func (s Scope) Contains(other Scope) bool {
	if s == EachRoute {
		return other == EachRoute
	}
	return slices.Index(Scopes(), s) >= slices.Index(Scopes(), other)
}

// accountPrefix begins the identifier that an organization has in place of that of a project.
const accountPrefix = "account:"

// OfAccount returns the identifier that alerts about the organization of an account have in place of that of a project. Their subject is "".
func OfAccount(name string) string { return accountPrefix + name }

// AccountOf returns the name of the account whose organization an identifier made by OfAccount stands for. ok is false for that of a project.
func AccountOf(project string) (name string, ok bool) {
	return strings.CutPrefix(project, accountPrefix)
}

// ScopeOf returns the scope of a subject of a project: "" is the project itself, or an organization.
func ScopeOf(project, subject string) Scope {
	switch {
	case subject == "" && strings.HasPrefix(project, accountPrefix):
		return EachOrganization
	case subject == "":
		return EachProject
	case strings.HasPrefix(subject, "fleet:"):
		return EachFleet
	case strings.HasPrefix(subject, "route:"):
		return EachRoute
	}
	return EachDevice
}

// A Kind determines when a firing rule may resolve. It follows from what the rule reads.
type Kind int

// The kinds. What any level of a rule reads decides: used of a metric makes it a period rule, else forecast a forecast rule, else
// today, ratio or z a day rule. Any other is live.
const (
	Live Kind = iota
	DayRule
	ForecastRule
	PeriodRule
)

var kindNames = [...]string{"live", "day", "forecast", "period"}

// String returns "live", "day", "forecast" or "period".
func (k Kind) String() string { return kindNames[k] }

// OfPeriod reports whether an alert belongs to the period in which it begins, and ends with it at the latest.
func (k Kind) OfPeriod() bool { return k >= ForecastRule }

// ByDay reports whether an alert resolves when its condition is false now and was false at the end of the day before.
func (k Kind) ByDay() bool { return k == DayRule || k == ForecastRule }

// A Spec is a rule as its author wrote it.
type Spec struct {
	Name        string
	Each        Scope
	Where       string          // which subjects the rule is about; "" is all
	Limit       string          // a constant expression, or one of what a subject is given, visible as limit; "" is none
	Limits      *Limits         // of subjects that have a limit of their own; nil is none
	Let         []Let           // named parts, each may use those before it, and limit
	When        []Condition     // at least one, each level at most once
	For         time.Duration   // how long a level must hold before it fires
	ResolveWhen string          // hysteresis; "" is none
	Keep        *time.Duration  // how long a condition must be surely false before the alert resolves; nil is built in, see Rule.Keep
	Show        string          // the figure, or an expression of a number, that messages lead with; "" is the first figure that When compares
	Unit        string          // of Show; "" is that of what it reads
	Summary     string          // text/template of the headline; "" is built in
	Resolved    string          // text/template of the headline of a resolved alert; "" is built in
	Advice      string          // one next step; may be ""
	Runbook     string          // text/template of the address of an https page; "" is none
	Remind      []time.Duration // after firing; the last one repeats
	Unless      string          // name of a rule: muted while that fires for the same subject, or one that contains it; "" is none
	Shadow      bool            // evaluated and recorded as any other, but not announced
	Period      PeriodSpec      // what used is counted over; the zero value is that of the project
	Was         []string        // names that the rule had before: what is stored of them is of this rule
	Accept      []string        // codes of findings that are meant so
}

// A Let is a named part of expressions.
type Let struct{ Name, Expr string }

// A Condition is the expression of one level.
type Condition struct {
	Level Level
	Expr  string
}

// A Rule is a compiled Spec. It never changes and is safe for use by several goroutines.
type Rule struct {
	Spec    Spec
	Kind    Kind
	Reads   Reads
	Limit   float64       // of subjects without one of their own; NaN without one, or if it is not constant
	Keep    time.Duration // how long an alert that could resolve goes on firing, lest it fire again
	Lowest  Level         // of the levels in When
	Highest Level
	Show    string // the path of the figure shown, such as bytes.used, or the expression; "" is none
	Unit    string // of Show and Limit: such as "B" for bytes, "" for plain numbers

	set      *Set
	where    *lang.Expression // nil selects every subject
	limit    *lang.Number     // nil is none
	levels   []condition      // highest first
	resolve  *lang.Expression // nil is none
	computed *lang.Number     // Show, where it is not a figure by itself; nil is none
	shown    *lang.Leaf       // Show; nil is none
	usual    *lang.Leaf       // what is usual of Show, times perDay; nil is none
	perDay   float64
	growing  []*lang.Leaf // what only grows, among what the levels read
	summary  *templates.Template
	resolved *templates.Template
	runbook  *templates.Template
}

// A condition is the compiled expression of one level.
type condition struct {
	level Level
	when  *lang.Expression
}

// Semantics are the part of a Spec that decides about alerts; the rest is about texts, receivers and reminders.
type Semantics struct {
	Each         Scope
	Where, Limit string
	Let          []Let
	When         []Condition // by level, lowest first
	For          time.Duration
	ResolveWhen  string
	Unless       string         `json:",omitempty"`
	Keep         *time.Duration `json:",omitempty"`
	Limits       string         `json:",omitempty"` // their Digest: they are compared by subject, so rules with others still decide alike
}

// Semantics returns the semantics of the rule. Rules with the same decide alike.
func (r *Rule) Semantics() Semantics {
	when := slices.Clone(r.Spec.When)
	slices.SortFunc(when, func(a, b Condition) int { return int(a.Level) - int(b.Level) })
	return Semantics{
		Each: r.Spec.Each, Where: r.Spec.Where, Limit: r.Spec.Limit, Let: append([]Let{}, r.Spec.Let...), When: when,
		For: r.Spec.For, ResolveWhen: r.Spec.ResolveWhen, Unless: r.Spec.Unless, Keep: r.Spec.Keep, Limits: r.Spec.Limits.Digest(),
	}
}

// Hash identifies what the rule means: it changes with its Semantics but for Limits, and with nothing else. It is 16 hexadecimal digits.
func (r *Rule) Hash() string {
	meant := r.Semantics()
	meant.Limits = ""
	text, err := json.Marshal(meant)
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
