// Package post makes one HTTP request for a receiver, and converts its failure to a notify.Error.
//
// A [Poster] posts JSON to a secret URL within [Timeout]. It follows no redirects, keeps no connections and reads bounded answers. A
// guarded one reaches only public addresses. [Refusal] converts an answer to an error, and [NoAnswer] a request without one: both errors
// contain the next step and no secret.
package post
