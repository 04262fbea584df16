// Package lookup answers questions: the usage of subjects, rankings and open alerts. Its answers are data with JSON tags, for others to put into
// words. They come only from the store and cost no request to Notehub.
//
// [New] makes a [Reader] of a [Config] with the projects, accounts and rules. People type words; these methods find out what they mean:
//
//   - [Reader.Find] (find.go, match.go) returns the [Subject] that a text means, [Reader.Alert] an alert and [Reader.Silence] a silence. Their
//     errors (errors.go) say what is similar, or what the text may mean.
//   - [ParseSpan] (span.go) and [ParseMetric] (metric.go) read what a question is about.
//
// These methods answer:
//
//   - [Reader.Usage] (usage.go): what a subject used, with its limits (limit.go) and costs (money.go). It asks a question (question.go), and
//     tallies the answer (tally.go), for a fleet from the devices in it (parts.go).
//   - [Reader.Top] (top.go): the devices or routes with the highest usage.
//   - [Reader.OpenAlerts], [Reader.EachAlert] and [Reader.Firing] (alerts.go): alerts for display (alert.go), with what receivers show of them.
//     Open alerts have the values as of the last poll, which package current finds.
//
// An answer is as of the last poll and contains its time (asof.go): if a project could not be polled since yesterday, its answer is that of
// yesterday. A question reads only the columns that its answer shows: a device needs one block, a ranking the days of its span, block by block.
// A long list of alerts holds no transaction while it is written ([Reader.Show]).
//
// The package changes nothing, decides nothing and writes no sentences. Packages terminal and slackapp/commands lay out its answers.
package lookup
