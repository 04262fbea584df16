// Package heartbeat calls a URL of a service that reports when the calls stay away, so that a notewatch that no longer works is noticed.
//
// [New] checks the URL by the same rules as that of a webhook: without AllowPrivate only public addresses are called, and redirects are not
// followed. [Beat.Call] makes one GET request. The package decides nothing: package bot calls after a good cycle.
package heartbeat
