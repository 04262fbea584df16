// Package account has what the commands share that ask an account before there are rules for it, or to see whether it is as expected: [Init]
// writes the first rules file, and [Live] compares what Notehub answers with what is assumed. It reads the environment, makes the client, and lays out questions and answers; what is asked and written is
// decided by packages onboard and probe.
package account
