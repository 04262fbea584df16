// Package traits finds the traits of devices, as a rule sees them, for package cohort: a [Counter] counts the devices of a rule by trait. It
// leaves out traits that the rule reads, because they are why devices have alerts.
package traits
