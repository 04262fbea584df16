// Package document reads YAML for package config.
//
// [New] takes the text, Source.Parse makes one tree of it within bounds, with aliases and merge keys replaced by what they stand for, and
// says of what is not YAML why, with a hint and without a word of the text, which may hold secrets. Source.Locate finds out where in the
// text a part of a scalar stands, which YAML does not tell: by it a problem inside an expression has its own line and column.
package document
