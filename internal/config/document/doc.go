// Package document reads YAML for package config.
//
// [New] takes the text. Source.Parse makes one tree of it within bounds, with aliases and merge keys replaced by their values. Its errors
// say why the text is not YAML, with a hint and without a word of the text, which may contain secrets. Source.Locate finds the place in the
// text of a part of a scalar, which YAML does not report, so a problem inside an expression has its own line and column.
package document
