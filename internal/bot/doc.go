// Package bot is the left side of Commit. It polls Notehub, evaluates the rules and commits the changes of alerts; and it carries out the actions of
// people.
//
//	notehub.Client → usage rows → store → Env → Eval → Alert.Next → store.Commit: alerts and waiting deliveries
//
// Everything up to Commit may be repeated freely: only data is stored, so a crash costs only repeated work. Commit is one transaction under
// the lease of the poll. Package deliver does what follows Commit; bot does not import it.
//
// The main type is [Bot], which is made from a [Config] with its [Account]s, [Project]s and [Rule]s. Package fetch reads for it, package env
// loads the data of a project, and package evaluate finds the changes of its alerts. Package watch calls, when the work is due:
//
//   - [Bot.Poll] (poll.go), the line above on one screen. read (fetch.go) brings the store up to date, with requests within the budget
//     of the account (package request). look (devicelist.go) loads the device list and the state. decide evaluates the rules, applies mutes
//     (mute.go) and commits; if another decision was stored meanwhile, it starts over. nextPoll returns when the project is polled next,
//     with the interval that the budget allows (package schedule).
//   - [Bot.ListProjects] (projectlist.go), once an hour for an account whose projects are all watched.
//   - [Bot.EvaluatePollRules] (pollrules.go): the same for rules that read only the state of polling. They also have a timer of their own,
//     so that a poll that hangs is noticed.
//   - [Bot.EvaluateOrganization] (organization.go): the same for rules about the organization that pays for the projects of an account, at each
//     commit of a poll of these, and when its data is due to be read.
//   - [Bot.Mute] (mute.go), when a silence or mute window begins or ends, and for drills that no one ends.
//   - [Bot.Summarize] (report.go), once a week.
//
// People use [Bot.Acknowledge] and related methods (acknowledge.go), [Bot.Silence] (silence.go), [Bot.Drill] (drill.go)
// and [Bot.Explain] (explain.go); [Bot.Schedule] makes polls due at once. The result is a new version of an alert or a silence, stored by
// store.Decide as if a poll had found it. updateAlert (selfalert.go) is the only way to change a single alert: it reads, changes and stores,
// and retries if another process was faster. It also stores the alerts about notewatch itself: [Bot.Raise], [Bot.Resolve], [Bot.Report].
//
// A start calls [Bot.Register] (start.go), [Bot.WithdrawProjects] (retire.go), [Bot.WithdrawSelfAlerts] and [Bot.Reroute] (route.go), in
// the order that package watch defines.
//
// A Bot never calls a receiver and never reads deliveries. It runs no loops; it wakes them (Config.Wake).
package bot
