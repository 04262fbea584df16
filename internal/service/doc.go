// Package service runs notewatch until it is stopped, for the command notewatch run.
//
// [Run] starts a watch and the HTTP servers (service.go), reports whether the process is ready (ready.go) and connects to Slack (slack.go).
// When rules take effect, it warns if they would have sent many messages in the last 30 days (lookback.go).
// When the settings have changed and are valid, it replaces the watch by a new one (reload.go).
package service
