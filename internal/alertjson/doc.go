// Package alertjson is the JSON of an alert for programs: in answers of the command line and in webhooks.
//
// An [Alert] holds what is known of the alert itself. lookup fills it in for answers and adds what each receiver shows; notify/webhook fills
// it in for messages and adds their texts. So a program reads the same keys with the same values from both.
//
// A key is always present unless its tag has omitempty. Values without data and unknown times are null; times are UTC, in whole seconds.
// The package imports only words, because a receiver knows nothing of rules and look-ups know nothing of receivers.
package alertjson
