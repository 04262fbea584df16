// Package traits tells package cohort which traits devices have, as a rule sees them: a [Counter] counts the devices that a rule is about. Traits
// that the rule reads are left out, because they are why devices have alerts.
package traits
