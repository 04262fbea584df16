// Package wire has the JSON of the simulated Notehub's answers. It does not share types with the client, so that a mistake in one of the
// two is found.
package wire
