// Package probe compares the answers of an account of Notehub with what notewatch assumes: the command notewatch check --live.
//
// [Run] sends at most [MaxRequests] requests, slowly enough for notewatch run to continue, and returns a [Report] of findings, each with a
// next step.
//
//   - tap.go keeps the last answer as it came, beside what the client makes of it.
//   - shape.go knows which fields notewatch reads of each answer, and which others the description of the API has.
//   - probe.go asks, one endpoint after the other; a refusal of one is a finding, and the others are still asked.
//   - usage.go asks for the usage of some devices, and finds how late it is.
//
// Nothing is stored, and the report contains no figure of the account.
package probe
