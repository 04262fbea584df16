// Package slackapi calls Slack's API: what the receivers in notify/slack and the app in internal/slackapp share.
//
// [NewDoer] makes HTTP requests that follow no redirects and read bounded answers, and [New] a client of slack-go that uses them.
// [Error] is an error code with what it means and what to do about it. [Explain] makes any error of a call fit to be shown: it
// holds no URL, no token and nothing else that the other side wrote. [Mrkdwn], [Escape] and [Link] write text in which nothing
// calls people by chance.
package slackapi
