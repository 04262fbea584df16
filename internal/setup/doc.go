// Package setup builds the parts of notewatch from its settings.
//
// [Read] and [Outline] read the environment and the rules file into a [Setup]. Its methods build the rest:
//
//   - Wire makes the clients, receivers and rules of a watch (wire.go); Rehearse makes one whose Notehub and receivers are played
//     (rehearse.go).
//   - Start opens the database for this process and makes a watch on it (database.go). Attach makes one for use while another process is
//     running (attach.go).
//   - CommandBot and ReadingBot make a bot for one command (hand.go).
//   - Reader makes the reader that answers questions, and SlackConfig the configuration of the Slack app (slack.go).
package setup
