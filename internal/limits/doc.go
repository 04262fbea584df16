// Package limits reads the limits of subjects that do not have that of their rule: by rule, then by the UID or name of a device, fleet or
// project. They stand in the rules file, or as many as 200,000 in a file of their own, so what is read here says all that is wrong at once,
// by line, and is read without compiling each value.
//
//	rule,subject,limit
//	data-budget,dev:864475044204365,mb(120)
//	data-budget,production,60000000
//
// [Read] reads such a file, [Value] one value. A [Table] holds the limits and rejects a subject that a rule has twice. Package config
// checks that the rules exist. Subjects are not checked, because they may appear later.
package limits
