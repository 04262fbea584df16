// Package dispatch sends one alert now and waits for the results: what notewatch drill and notewatch redeliver do. It works beside a
// process that is running, or without one.
//
// A [Dispatch] serves the receivers of the alert, and their fallbacks, through a watch.Watch that polls nothing, so that they are
// served by the same code, under the same leases, as in notewatch run. Another process that is serving a receiver does the work
// itself; the dispatch waits for it. [Dispatch.Deliver] returns a [Result] for each receiver, as data with JSON tags, and
// [Undelivered] turns results into the error of a command.
//
// It raises no alerts and decides nothing: bot.Drill and store.Redeliver make the receivers due.
package dispatch
