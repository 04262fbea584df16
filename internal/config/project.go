package config

import (
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"

	"notewatch/internal/config/problem"
	"notewatch/internal/secret"
)

// DefaultAccount is the name of the account of a file that has none.
const DefaultAccount = "default"

// DefaultRate is requests a minute. It leaves something of Notehub's 7 requests a minute to people and other tools.
const DefaultRate = 4

func (v value) readAccounts() {
	taken, organizations := names{}, names{}
	v.file.Accounts = nil
	v.some(func(v value) {
		v = v.in(v.titled("account", "name"))
		v.accountsAt = append(v.accountsAt, v)
		v.file.Accounts = append(v.file.Accounts, v.account(taken, organizations))
	})
}

func (v value) account(taken, organizations names) Account {
	account := Account{RequestsPerMinute: DefaultRate}
	v.keys(
		key{name: "name", required: true, read: func(v value) { account.Name = v.claim("account", taken) }},
		key{name: "token", read: func(v value) { account.Token = secret.New(v.word()) }},
		key{name: "token_expires", read: func(v value) { account.TokenExpires = v.date().Start() }},
		key{name: "client_id", read: func(v value) { account.ClientID = v.word() }},
		key{name: "client_secret", read: func(v value) { account.ClientSecret = secret.New(v.word()) }},
		key{name: "organization", read: func(v value) { account.Organization = v.organization(organizations) }},
		key{name: "prices", read: func(value) {}}, // once those of the file are known
		key{name: "requests_per_minute", read: func(v value) { account.RequestsPerMinute = v.rate() }},
	)
	v.checkAccess()
	account.Missing = v.takeMissing()
	return account
}

// checkAccess reports an account that has no way to get access to Notehub, two of them, or half of one.
func (v value) checkAccess() {
	client := v.count("client_id", "client_secret")
	switch {
	case client > 0 && v.has("token"):
		v.at("token").report("there is an OAuth client too", "remove token, or client_id and client_secret")
	case client > 0 && v.has("token_expires"):
		v.at("token_expires").report("there is no token that expires", "tokens of an OAuth client are renewed by themselves")
	case client > 0 && !v.has("client_id"):
		v.child(v.node, "client_id").report("missing", "")
	case client > 0 && !v.has("client_secret"):
		v.child(v.node, "client_secret").report("missing", "")
	case client == 0 && !v.has("token") && v.node.Kind == yaml.MappingNode:
		v.child(v.node, "token").report("missing", "")
	}
}

func (d *decoder) accountNames() []string {
	return namesOf(d.file.Accounts, func(a Account) string { return a.Name })
}

// namesOf returns the names of those that have one.
func namesOf[T any](all []T, name func(T) string) []string {
	list := make([]string, 0, len(all))
	for _, one := range all {
		if name(one) != "" {
			list = append(list, name(one))
		}
	}
	return list
}

// projectNames returns the names and UIDs of the projects.
func (d *decoder) projectNames() (list []string) {
	for _, project := range d.file.Projects {
		for _, name := range []string{project.Name, project.UID} {
			if name != "" && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// allProjects stands for all projects of an account.
const allProjects = "all"

// projectName reads the name or UID of a project. If all projects of an account are watched, any may come.
func (v value) projectName() string {
	if len(v.file.All) > 0 {
		return v.name()
	}
	return v.refer("project", v.projectNames())
}

func (v value) readProjects() {
	if v.node.Kind == yaml.ScalarNode && v.node.Value == allProjects {
		v.defaultsUsed = true
		for _, account := range v.file.Accounts {
			v.file.All = append(v.file.All, Project{Account: account.Name, Notify: v.defaultRecipients()})
		}
		return
	}
	uids, taken, all := names{}, names{}, names{}
	v.some(func(v value) {
		if uid, ok := v.get("uid"); ok && uid.Value == allProjects {
			v.file.All = append(v.file.All, v.everyProject(all))
			return
		}
		v.file.Projects = append(v.file.Projects, v.project(uids, taken))
	})
}

// everyProject reads an entry that stands for all projects of an account.
func (v value) everyProject(all names) Project {
	v = v.in(fmt.Sprintf("projects on line %d", v.node.Line))
	projects := Project{Notify: v.defaultRecipients()}
	v.keys(
		key{name: "uid", required: true, read: func(value) {}},
		key{name: "name", elsewhere: "projects have the names that Notehub lists"},
		key{name: "account", read: func(v value) { projects.Account = v.refer("account", v.accountNames()) }},
		key{name: "notify", read: func(v value) { projects.Notify = v.recipients() }},
		key{name: "period", read: func(v value) { projects.Period = v.period() }},
		key{name: "satellite", read: func(v value) {
			v.decoder.satellite, projects.Satellite = true, v.satelliteAllowance(v.file.Satellite)
		}},
	)
	v.noteRecipients(projects.Notify)
	if !v.has("account") {
		projects.Account = v.onlyAccount()
	}
	if first, twice := all[projects.Account]; twice && projects.Account != "" {
		v.report(fmt.Sprintf("all projects of account %q stand on line %d already", projects.Account, first.Line), "")
	}
	all[projects.Account] = v.node
	return projects
}

// noteRecipients notes which receivers rules without their own notify in a project.
func (v value) noteRecipients(notify []string) {
	if v.has("notify") {
		v.ownRecipients = append(v.ownRecipients, notify...)
	} else {
		v.defaultsUsed = true
	}
}

func (v value) project(uids, taken names) Project {
	v = v.in(v.titled("project", "name", "uid"))
	project := Project{Notify: v.defaultRecipients()}
	v.keys(
		key{name: "uid", required: true, read: func(v value) { project.UID = v.uid(uids) }},
		key{name: "name", read: func(v value) { project.Name = v.claim("project", taken) }},
		key{name: "account", read: func(v value) { project.Account = v.refer("account", v.accountNames()) }},
		key{name: "notify", read: func(v value) { project.Notify = v.recipients() }},
		key{name: "period", read: func(v value) { project.Period = v.period() }},
		key{name: "satellite", read: func(v value) {
			v.decoder.satellite, project.Satellite = true, v.satelliteAllowance(v.file.Satellite)
		}},
	)
	v.noteRecipients(project.Notify)
	if project.Name == "" {
		project.Name = project.UID
	}
	if !v.has("account") {
		project.Account = v.onlyAccount()
	}
	return project
}

// projectUID matches the UID of a project, app:…, or of a product, such as com.company.user:product.
var projectUID = regexp.MustCompile(`^[^:\s]+:\S+$`)

// otherUIDs are how UIDs of other things begin.
var otherUIDs = regexp.MustCompile(`^(dev|fleet|org|route|user):`)

// uid reads the UID of a project or product.
func (v value) uid(uids names) string {
	known := len(v.problems)
	uid := v.claim("project", uids)
	if len(v.problems) == known && (!projectUID.MatchString(uid) || otherUIDs.MatchString(uid)) {
		v.report("not the UID of a project or product",
			"such as app:2606f411-dea6-44a0-9743-1130f57d77d8, in the settings of the project in Notehub, or com.company.user:product; "+
				"all for all projects of the account")
	}
	return uid
}

// organizationUID matches the UID of an organization.
var organizationUID = regexp.MustCompile(`^org:\S+$`)

// organization reads the UID of an organization, of which each account has its own.
func (v value) organization(taken names) string {
	known := len(v.problems)
	uid := v.claim("organization", taken)
	if len(v.problems) == known && !organizationUID.MatchString(uid) {
		v.report("not the UID of an organization", "such as org:2f0e…, in the settings of the organization in Notehub; leave it out if the token sees only one")
	}
	return uid
}

// onlyAccount returns the account of a project that names none.
func (v value) onlyAccount() string {
	switch all := v.accountNames(); len(all) {
	case 0:
		return ""
	case 1:
		return all[0]
	default:
		v.child(v.node, "account").report("missing", "want "+problem.OneOf(all))
		return ""
	}
}
