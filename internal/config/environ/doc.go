// Package environ reads the settings of the process from the environment: NOTEWATCH_RULES, NOTEWATCH_DATABASE and so on.
//
// [Read] returns [Settings]: where the rules file and the database are, where to listen, how to log, and the secrets that belong to the
// process and not to a rules file. Each variable may be given as NAME_FILE too. What the rules file substitutes for ${NAME} is not read
// here; package config is given a function for it.
//
//   - [Read] fills variables by their tags, replaces those that are given as files, and reports names that look like settings and are none.
//   - Settings are then converted and checked, with all problems at once, in a [problem.Errors].
//
// Package setup calls Read at the start of a command. No other package reads the environment, and no problem holds a value, since it may be
// a secret that was set under the wrong name.
package environ
