// Package readback reads past days of projects into a database, once and at the pace of their request budgets, for commands that need a history
// before there is one: notewatch init, and notewatch backtest --fetch.
//
// [Confirm] asks a person before that. [Reader.Read] works like polls: under their leases, with package fetch, and each answer is saved before the next
// request. So what was read before an interruption is not read again, and notewatch run continues with it. It evaluates nothing.
package readback
