// Package fetch brings the store up to date with Notehub: the device list, the fleets, the routes and the usage that rules read.
//
// What has been read is recorded by figure. Each poll reads yesterday and today again, because their data still changes, and once a day the
// week before. Missing days that rules look back on are filled back. Time spans are split so that their rows fit into one answer. Each
// answer is saved before the next request, so memory holds one.
//
// A truncated answer is never treated as complete (parts.go): its span is requested again in halves. If a single day does not fit, the total of
// the project and the devices of each fleet are requested by themselves, in at most eight requests in a poll; the rest is no data until its
// turn, and a day that was known stays known. A device list that lost most devices is no data until a second reading confirms it (list.go:
// doubt): the poll fails, and everything stays unchanged.
//
// A figure that a rule begins to read is filled back, one span in each poll, without revisions. So are the earlier days of a device that moves in
// or returns, without which its fleets would be no data (back.go).
package fetch
