package slackapp

import "context"

// Press does what a button is for, as if the request had come from Slack.
func (a *App) Press(ctx context.Context, p Press) Reply { return a.press(ctx, p) }
