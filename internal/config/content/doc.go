// Package content reads what users give as text outside of the rules file itself, and checks its form.
//
// [Read] and [ReadSecret] return the content of small files: secrets that ${file:…} or NAME_FILE name, tables of limits, templates. Their
// errors do not name the path, which may be the secret itself, given in the wrong place. [IsHTTP] and [HoldsSpace] say what an address and
// a secret look like. [NearestZone] returns the time zone that a wrong name may mean.
package content
