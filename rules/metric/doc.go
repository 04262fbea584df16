// Package metric computes what expressions see of a figure: the members of a [rules.Metric]. It reads no database and no clock.
//
//   - A [Past] holds the days of one figure of a subject. [Past.First] returns from which day on members need them, [Past.Metric] computes
//     the members that are wanted.
//   - member.go lists the members; past.go computes sums and usual values, forecast.go the expected sum of the period.
//   - A [Growth] is a member that also needs an earlier poll: h1 and h6 (growth.go).
//
// A value that is not known is NaN, and so is every member that needs it.
package metric
