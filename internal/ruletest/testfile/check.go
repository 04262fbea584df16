package testfile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/config"
	"notewatch/internal/config/problem"
	"notewatch/internal/config/typed"
	"notewatch/rules"
)

// A checker checks that the parts of a file agree with each other.
type checker struct {
	file     *File
	test     *Test
	problems problem.Errors
}

func (c *checker) report(at typed.At, field, message, hint string) {
	c.problems = append(c.problems, at.Problem(c.file.Path, field, message, hint))
}

// refer reports a name that is not among the known ones; "" means no name.
func (c *checker) refer(at typed.At, field, kind, name string, known []string) {
	if name != "" && !slices.Contains(known, name) {
		c.report(at, field, fmt.Sprintf("unknown %s %.80q", kind, name), problem.Hint(name, known))
	}
}

func (c *checker) check() {
	if len(c.file.Tests) == 0 && len(c.problems) == 0 {
		c.report(typed.At{Line: 1, Column: 1}, "tests", "the file has no tests", "")
	}
	lines := map[string]int{}
	for i := range c.file.Tests {
		t := &c.file.Tests[i]
		if first, twice := lines[t.Name]; twice && t.Name != "" {
			c.report(t.At, "name", fmt.Sprintf("another test has this name, on line %d", first), "")
		}
		lines[t.Name] = t.Line
		t.complete(c.file.Rules)
		c.test = t
		c.checkTest()
	}
}

func (c *checker) checkTest() {
	t := c.test
	polls := int(time.Duration(t.Days) * 24 * time.Hour / max(t.Every(), 1))
	switch {
	case t.Every() < shortest || t.Every() > 24*time.Hour || 24*time.Hour%t.Every() != 0:
		c.report(t.At, "poll", "want a part of a day, such as 5m, 15m or 1h", "")
	case t.Days > maxDays:
		c.report(t.At, "days", fmt.Sprintf("a test lasts %d days at most", maxDays), "")
	case polls > maxPolls:
		c.report(t.At, "", fmt.Sprintf("the test has %d polls, %d at most", polls, maxPolls), "poll less often, or give it fewer days")
	}
	c.refer(t.At, "project", "project", t.Project, projectNames(c.file.Rules))
	for _, name := range t.Only {
		c.refer(t.At, "only", "rule", name, c.rules())
	}
	c.checkSubjects()
	c.checkSeries()
	for i := range t.Steps {
		c.checkStep(&t.Steps[i])
	}
	c.checkExpect()
	for _, m := range t.moments() {
		if m.at.Before(t.Begins()) || !m.at.Before(t.Ends()) {
			c.report(m.At, m.field, fmt.Sprintf("%s is not within the test, which lasts from %s to the end of %s", m.at.Format("2006-01-02 15:04"),
				t.Begins().Format(time.DateOnly), t.Ends().Add(-1).Format(time.DateOnly)), "give the test more days")
		}
	}
}

// checkSubjects checks the devices, fleets and routes.
func (c *checker) checkSubjects() {
	uids := map[string]string{}
	for _, d := range c.test.Devices {
		if other, twice := uids[d.Value.UID]; twice {
			c.report(d.At, "uid", fmt.Sprintf("the device %q has the same", other), "")
		}
		uids[d.Value.UID] = d.Key
		if !strings.HasPrefix(d.Value.UID, "dev:") {
			c.report(d.At, "uid", fmt.Sprintf("%.80q is no device UID", d.Value.UID), "it begins with dev:")
		}
		for _, late := range d.Value.Late {
			c.refer(late.At, "", "metric", late.Key, metricNames())
		}
	}
	for _, r := range c.test.Routes {
		if rules.ScopeOf("", r.Value.UID) != rules.EachRoute {
			c.report(r.At, "uid", fmt.Sprintf("%.80q is no route UID", r.Value.UID), "it begins with route:")
		}
	}
}

// checkSeries checks that series fit into the days and polls of the test.
func (c *checker) checkSeries() {
	polls := int(24 * time.Hour / max(c.test.Every(), shortest))
	for _, s := range c.test.series() {
		if len(s.Value.Days) > c.test.Days {
			c.report(s.At, s.Key, fmt.Sprintf("%d days, but the test has %d", len(s.Value.Days), c.test.Days), "")
		}
		for _, d := range slices.Concat(s.Value.Past, s.Value.Days) {
			if len(d.Polls) > polls {
				c.report(s.At, s.Key, fmt.Sprintf("%d polls of a day, which has %d", len(d.Polls), polls), "")
			}
		}
	}
}

func (c *checker) checkStep(s *Step) {
	acts := 0
	for _, is := range []bool{
		s.Silent, s.Setting != nil, s.Correct != nil, s.Suspended, s.Notehub != "", s.Receiver != "", s.Ack != nil, s.Unack != nil, s.Silence != nil,
	} {
		if is {
			acts++
		}
	}
	if acts != 1 {
		c.report(s.At, "", "want exactly one of silent, is, correct, suspended, notehub, receiver, ack, unack or silence", "")
	}
	ofDevice := s.Silent || s.Setting != nil || s.Correct != nil
	switch {
	case ofDevice && s.Device == "":
		c.report(s.At, "device", "missing", "")
	case !ofDevice && s.Device != "":
		c.report(s.At, "device", "belongs to silent, is and correct", "")
	}
	if s.Endpoint != "" && s.Notehub == "" {
		c.report(s.At, "endpoint", "belongs to notehub", "")
	}
	if s.Answers != "" && s.Receiver == "" {
		c.report(s.At, "answers", "belongs to receiver", "")
	}
	if s.Silence != nil && s.For == 0 {
		c.report(s.At, "for", "missing", "say how long the silence lasts")
	}
	c.refer(s.At, "device", "device", s.Device, c.test.Devices.Keys())
	c.refer(s.At, "receiver", "receiver", s.Receiver, receiverNames(c.file.Rules))
	if s.Correct != nil {
		c.refer(s.Correct.At, "metric", "metric", s.Correct.Metric, metricNames())
	}
	for _, target := range []*Target{s.Ack, s.Unack, s.Silence} {
		if target != nil {
			c.checkTarget(target, target != s.Silence)
		}
	}
}

func (c *checker) checkTarget(t *Target, needsRule bool) {
	if needsRule && t.Rule == "" {
		c.report(t.At, "rule", "missing", "")
	}
	c.refer(t.At, "rule", "rule", t.Rule, c.rules())
	c.refer(t.At, "subject", "subject", t.Subject, c.subjects())
}

func (c *checker) checkExpect() {
	e := c.test.Expect
	if e.Alerts == nil && e.Messages == nil && len(e.Results) == 0 && e.Line > 0 {
		c.report(e.At, "", "nothing is expected", "expect alerts, messages or results; alerts: [] is that there are none")
	}
	for _, a := range e.Alerts {
		c.refer(a.At, "rule", "rule", a.Rule, c.rules())
		c.checkSubject(a.At, a.Rule, a.Subject)
	}
	for _, m := range e.Messages {
		c.refer(m.At, "", "receiver", m.Key, receiverNames(c.file.Rules))
		for _, one := range m.Value {
			c.refer(one.At, "rule", "rule", one.Rule, append(c.rules(), aboutItself...))
			for _, subject := range one.Subject {
				c.refer(one.At, "subject", "subject", subject, slices.Concat(c.subjects(), organizationNames(c.file.Rules), receiverNames(c.file.Rules)))
			}
		}
	}
	for _, r := range e.Results {
		c.refer(r.At, "rule", "rule", r.Rule, c.rules())
		c.checkSubject(r.At, r.Rule, r.Subject)
	}
}

// checkSubject checks that a subject is of the kind that the rule is for.
func (c *checker) checkSubject(at typed.At, rule, subject string) {
	c.refer(at, "subject", "subject", subject, c.subjects())
	each := c.each(rule)
	if subject == "" && (each == rules.EachDevice || each == rules.EachFleet || each == rules.EachRoute) {
		c.report(at, "subject", "missing", fmt.Sprintf("the rule is for each %s: name one", each))
	}
}

// aboutItself are the rules of alerts about notewatch itself, for which a test can expect messages.
var aboutItself = []string{"account-failing", "message-refused", "receiver-dead", "rule-broken"}

// each returns the kind of subject of a rule; "" if there is no such rule.
func (c *checker) each(rule string) rules.Scope {
	i := slices.IndexFunc(c.file.Rules.Rules, func(r config.Rule) bool { return r.Spec.Name == rule })
	if i < 0 {
		return ""
	}
	return c.file.Rules.Rules[i].Spec.Each
}

func (c *checker) rules() (names []string) {
	for _, r := range c.file.Rules.Rules {
		names = append(names, r.Spec.Name)
	}
	return names
}

// subjects returns the names of all subjects that alerts can have.
func (c *checker) subjects() []string {
	names := slices.Concat(c.test.Devices.Keys(), c.test.Routes.Keys(), c.test.FleetNames())
	return append(names, c.test.Project)
}

// FleetNames returns the names of the fleets, each once.
func (t *Test) FleetNames() []string {
	names := t.Fleets.Keys()
	for _, d := range t.Devices {
		names = append(names, d.Value.Fleets...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func projectNames(file *config.File) (names []string) {
	for _, p := range file.Projects {
		names = append(names, p.Name)
	}
	return names
}

// OrganizationName is the name of the organization that pays for a project.
const OrganizationName = "test"

// organizationNames returns the names of organizations. Until an organization is read, it has the name of its account.
func organizationNames(file *config.File) (names []string) {
	names = []string{OrganizationName}
	for _, a := range file.Accounts {
		names = append(names, a.Name)
	}
	return names
}

func receiverNames(file *config.File) (names []string) {
	for _, r := range file.Receivers {
		names = append(names, r.Name)
	}
	return names
}

// metricNames returns the metrics that a device can have.
func metricNames() []string {
	return []string{
		"bytes", "sat", "sat_packets", "session_bytes", "events", "events_total", "platform", "watchdog", "reboots", "fw_updates",
		"sessions", "tls", "first_syncs", "notefiles", "transport",
	}
}
