// Package account has the parts of the commands that ask an account before there are rules for it, or check it: [Init] writes the first
// rules file, and [Live] compares the answers of Notehub with what notewatch assumes. It reads the environment, makes the client, and
// prints questions and answers. Packages onboard and probe decide what to ask and write.
package account
