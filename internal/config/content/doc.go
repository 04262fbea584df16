// Package content reads what users give as text outside of the rules file itself, and checks its form.
//
// [Read] and [ReadSecret] return the content of small files: secrets that ${file:…} or NAME_FILE name, tables of limits, templates. Their
// errors do not name the path, which may be the secret itself, given in the wrong place. A [Substitution] replaces ${NAME} and ${file:…} in a
// text.
//
// The other functions check forms: [IsHTTP], [HoldsSpace], [IsHeaderName], [IsCurrency] and [IsMonthOrDate] those of addresses, secrets and the
// like; [CheckSlackID], [CheckSlackChannel] and [CheckSlashCommand] those that Slack takes; [Zone] the names of time zones. A [FormError] says
// what is wrong, and what to write. [SameFile] and [Leaves] say where paths lead.
//
// Package config reports what is wrong, at the place in the rules file. Package environ does so for variables.
package content
