// Package config decodes a rules file: it checks everything that a user writes, reports all problems at once with their places, and never prints a
// secret.
//
// [Load] reads the file at a path and [Parse] a text. Both return a [File] with all that the file says, checked and compiled, or a
// problem.Errors. [LoadPartly] is for commands that can do without secrets that are not set.
//
//   - Package document makes a tree of the YAML text, and finds the position of a part of a scalar.
//   - decode.go decodes the sections in order. Each has its file: project.go (accounts and projects), receiver.go, rule.go, silence.go, limits.go,
//     prices.go, period.go, slackapp.go. They read values through mapping.go and value.go, which report what is unknown, missing or of the
//     wrong type and go on, so that one pass finds all problems.
//   - substitute.go has package content replace ${NAME} and ${file:…} in decoded values of accounts and receivers, never in the text of the file.
//   - include.go takes in other files and rules of the catalogue.
//   - Once all is decoded, reference.go, unless.go and unused.go check that the sections agree with each other.
//
// Expressions and templates are checked by package rules, which compiles them. finding.go turns what it finds into warnings.
//
// Below it are [notewatch/internal/config/problem], how a mistake is reported, [notewatch/internal/config/content], files and addresses that
// users give, and [notewatch/internal/config/environ], the settings of the process, which no rules file holds.
//
// The package makes no client, receiver or database of what it decodes: package setup does.
package config
