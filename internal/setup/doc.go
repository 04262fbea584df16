// Package setup makes of the settings what notewatch works with.
//
// [Read] and [Outline] read the environment and the rules file into a [Setup]. Its methods make the rest: Wire the clients, receivers and
// rules of a watch (wire.go), Start and Attach a watch on the database, for this process alone or beside the one that runs (database.go, attach.go),
// Desk who answers questions, and SlackConfig who is connected to Slack (slack.go).
package setup
