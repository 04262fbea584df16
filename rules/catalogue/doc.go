// Package catalogue holds rules that many fleets want, each in a file of the form that a rule has in a rules file. Rules files take them by
// `include: [catalogue/*]`, or begin a rule of their own with one by `like: catalogue/event-flood`. One of them, watcher-blind, is part of
// every rules file.
//
// Beside each rule is a test of it, event-flood_test.yaml: it fires for its incident within the delay of its kind, is false for what is healthy,
// and no data for what is not known. `notewatch test rules/catalogue` runs them, and so do the tests of this package.
//
// The files are only read here: package config decodes them as it decodes what people write.
package catalogue
