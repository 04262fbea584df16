// Package notifytest has servers for tests of receivers: Slack, PagerDuty, a webhook receiver and a mail server. They speak real HTTP and SMTP on
// a loopback port, record what they receive, check it like the real ones, and fail on demand.
//
// Slack keeps messages by channel, edits them, refuses what Slack refuses (limits.go), and plays people: it sends slash commands and presses of
// buttons, signed over HTTP or over a socket (slackask.go, slacksocket.go). [PagerDuty] keeps incidents by their key.
//
// A [Fault] is what goes wrong with the next requests: a status, an error code, a hang, an answer that is cut or has no end. Some take what was
// sent before they fail, as servers do, so that a test sees what is sent twice.
package notifytest
