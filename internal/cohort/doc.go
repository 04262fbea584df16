// Package cohort finds what the devices of many alerts have in common: 41 of 44 run notecard-8.1.3, 12 % of all do. When a whole site
// alerts, that is the cause more often than any single device.
//
// A [Count] takes each device that a rule is about, with its [Trait]s and whether one of the alerts is about it. [Count.Find] returns
// the trait that the alerts share by the least chance, as a [Cohort], if that chance is small enough.
//
// The package knows neither rules nor the store: package bot counts the devices of a rule, and package deliver asks when it first sends a
// message.
package cohort
