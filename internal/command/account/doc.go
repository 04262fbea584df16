// Package account has what the commands share that ask an account before there are rules for it, or to see whether it is as expected: [Init]
// writes the first rules file. It reads the environment, makes the client, and lays out questions and answers; what is asked and written is
// decided by package onboard.
package account
