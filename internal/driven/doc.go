// Package driven is domain time that is driven: a [Clock] moves only when it is set or when something waits, so a slow machine shows the same
// as a fast one. The demo and rule tests run a whole watch on one. The shipped notewatch run has no switch for it.
package driven
