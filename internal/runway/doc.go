// Package runway returns how long what was bought lasts: the data plans of a device, and the events of an organization.
//
// [OfDevice] and [OfAccount] read the store and compute what rules see as plan and org, so an answer and a rule never differ. The Facts of
// each are short texts for people. It evaluates no rule, and sends no request.
package runway
