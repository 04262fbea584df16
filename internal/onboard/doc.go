// Package onboard writes the first rules file for an account: the command notewatch init.
//
// [Run] goes through these steps:
//
//   - account.go lists the projects and organizations that the token sees: discover. Some of the projects are chosen, by options or by a person.
//   - read.go reads (package readback) the device lists and 65 days of usage into the database: the 30 days of the trial, and the 35 days before them, because
//     rules look back. The database keeps what has been read: an interrupted run continues where it stopped, and notewatch run does not
//     read it again.
//   - observe.go finds what is usual in each fleet, from the last 35 days.
//   - propose.go chooses the rules of the catalogue that fit, and proposes limits, each with its reason.
//   - try.go rehearses the rules on the last 30 days (package backtest).
//   - draft.go writes it all down as a rules file, which config must accept before it is saved. No file is overwritten.
//
// No secret is written: the file refers to the environment. Nothing is sent to receivers, and no alert is stored.
package onboard
