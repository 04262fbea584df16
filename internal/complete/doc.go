// Package complete finds the words that a shell may complete on a command line: IDs of alerts and silences, and the names of rules,
// receivers, projects, fleets and devices.
//
// Each [Offer] takes a [Query] and returns words with a description. They come from the rules file and the database; what cannot be read is
// not offered. cmd decides which offers each command and flag has, and how long a shell may wait.
package complete
