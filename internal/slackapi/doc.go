// Package slackapi calls Slack's API. The receivers in notify/slack and the app in internal/slackapp share it.
//
// [NewDoer] makes HTTP requests that follow no redirects and read bounded answers, and [New] a client of slack-go that uses them. [Error]
// is an error code with its meaning and the next step. [Explain] makes any error of a call fit for display: it contains no URL, no token
// and nothing else that the other side wrote. [Mrkdwn], [Escape] and [Link] write text in which nothing becomes a mention by chance.
package slackapi
