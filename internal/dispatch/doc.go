// Package dispatch sends one alert now and waits for the results, for the commands drill and redeliver. It works with or without a running
// notewatch run.
//
// A [Dispatch] serves the receivers of the alert, and their fallbacks, through a watch.Watch that polls nothing. So they are served by the
// same code, under the same leases, as in notewatch run. If another process is serving a receiver, the dispatch waits for its result.
// [Dispatch.Deliver] returns a [Result] for each receiver, as data with JSON tags, and [Undelivered] turns results into the error of a
// command.
//
// It raises no alerts and decides nothing: bot.Drill and outbox.Redeliver make the receivers due.
package dispatch
