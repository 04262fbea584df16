// Package rules holds what a rule means: what its expressions see of a device or project (Env), what is wrong with it
// (Compile), what it finds (Eval), and what follows for an alert (Next). It reads no file, no network and no clock.
//
// Expressions are written in the language of github.com/expr-lang/expr, without what could run for long or depend on
// the time of day, and with a third truth value. A figure that nobody knows is no data: neither zero nor nil. What is
// compared with no data, or computed from it, is no data; and, or, not, all, any, none and ?: follow Kleene, so that
// "no data or true" is true; x ?? y alone replaces it. Dividing by zero, reading beyond the end of a list, and a series
// with a hole give no data as well. The result of a rule is therefore an interval: from the lowest to the highest level that
// the unknown figures allow. It fires and resolves only by what is the same throughout.
//
// The way of an expression from text to truth:
//
//	text ─expr's parser→ tree ─checker→ tree of known kinds, named parts in place
//	   ─compilation→ trees that test what is known before they read it ─expr's compiler→ programs
//	   ─Eval→ Truth of each condition → Result of the rule
package rules
