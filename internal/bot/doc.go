// Package bot is the left side of Commit. It polls Notehub, evaluates the rules and commits what happened to alerts; and it decides what
// people ask for.
//
//	notehub.Client → usage rows → store → Env → Eval → Alert.Next → store.Commit: alerts, and that receivers owe something
//
// Everything up to Commit may be repeated freely: only data is stored, so a crash costs only the work that has to be repeated. Commit is
// one transaction under the lease of the poll. What follows Commit is the work of package deliver, which bot does not import.
//
// The type is [Bot], which is made of a [Config] with its [Account]s, [Project]s and [Rule]s. Package fetch reads for it, package env
// gathers what is known of a project, and package evaluate finds out what happened. Package watch calls, when the work is due:
//
//   - [Bot.Poll] (poll.go), the line above on one screen. read (fetch.go) brings the store up to date, by requests within the budget
//     of the account (request.go). look (devicelist.go) gathers the device list and the state. decide evaluates the rules, applies mutes
//     (mute.go) and commits; if somebody decided something meanwhile, it starts over. nextPoll says when the project is polled next, by
//     the interval that the budget allows (interval.go).
//   - [Bot.EvaluatePollRules] (pollrules.go): the same for rules that read only the state of polling. They are evaluated by time alone
//     too, so that a poll that hangs is noticed.
//   - [Bot.Mute] (mute.go), when a silence or mute window begins or ends, and for drills that nobody ends.
//   - [Bot.Summarize] (report.go), once a week.
//
// People come in beside that: [Bot.Acknowledge] and its kin (takeon.go), [Bot.Silence] (silence.go), [Bot.Drill] (drill.go),
// [Bot.Refresh] (refresh.go) and [Bot.Explain] (explain.go). What they decide is a new version of an alert or a silence, stored by
// store.Decide as if a poll had found it. alter (complaint.go) is the one way to change a single alert: it reads, changes and stores
// again until nobody was faster. It also stores the alerts about notewatch itself: [Bot.Raise], [Bot.Resolve], [Bot.Report].
//
// A start calls [Bot.Register] (start.go), [Bot.WithdrawProjects] (retire.go), [Bot.WithdrawSelfAlerts] and [Bot.Reroute] (route.go), in
// the order that package watch gives.
//
// A Bot never calls a receiver and never reads what receivers owe. It serves no loop; it wakes them (Config.Wake).
package bot
