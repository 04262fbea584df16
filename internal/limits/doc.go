// Package limits reads the limits of subjects that have their own: by rule, then by the UID or name of a device, fleet, route or project.
// They stand in the rules file or in a file of up to 200,000 lines. All mistakes of such a file are reported at once, by line, and values are
// read without compiling each.
//
//	rule,subject,limit
//	data-budget,dev:864475044204365,mb(120)
//	data-budget,production,60000000
//
// [Read] reads such a file, [Value] one value. A [Table] holds the limits and rejects a subject that a rule has twice. Package config
// checks that the rules exist. Subjects are not checked, because they may appear later.
package limits
