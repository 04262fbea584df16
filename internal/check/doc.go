// Package check answers how the rules file and the environment are understood, as data with JSON tags: the rules and their receivers, how
// often each account is polled, what each mute window covers, and which peers are reached through a proxy.
//
// [Of] takes a rules file that config has read and accepted, and the parts that cmd has wired from it. [Warnings] lists settings without
// effect. Config and the rooms that own the settings find problems, not this package. Nothing is sent anywhere.
package check
