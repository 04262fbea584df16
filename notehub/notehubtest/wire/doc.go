// Package wire has the answers of the simulated Notehub as they are written in JSON. They are written down here once more, and not shared with
// the client, so that a mistake in one of the two is found.
package wire
