// Package service is notewatch as a service: what notewatch run does until it is stopped.
//
// [Run] starts a watch and the servers (service.go), says whether it is ready (ready.go), answers Slack (slack.go), and puts a new watch in
// the place of the one that runs when the settings are read again and are good (reload.go).
package service
