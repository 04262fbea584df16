// Package slackapi is what all calls to Slack share: what its error codes mean, and how text is written for it.
package slackapi
