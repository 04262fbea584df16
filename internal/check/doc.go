// Package check answers how the rules file and the environment are understood, as data with JSON tags: which rules there are and who is
// notified by them, how often each account is polled, what each mute window covers, and what is reached through which proxy.
//
// [Of] takes a rules file that config has read and accepted, and the parts that cmd has wired from it. [Warnings] lists settings
// without effect. Mistakes are not found here but by config and by the rooms whose settings they are. Nothing is sent anywhere.
package check
