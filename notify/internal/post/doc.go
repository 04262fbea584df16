// Package post makes one HTTP request for a receiver, and a notify.Error of its failure.
//
// A [Poster] posts JSON to a secret URL within [Timeout]. It follows no redirects, keeps no connections and reads answers up to a
// bound. A guarded one reaches public addresses only. [Refusal] makes an error of an answer and [NoAnswer] of none: both say
// what to do next and hold no secret.
package post
