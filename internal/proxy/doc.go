// Package proxy sends HTTP requests through the proxy of the environment and reports failures of the proxy as such.
//
// HTTPS_PROXY, HTTP_PROXY and NO_PROXY name the proxy, as in most programs; loopback addresses are always reached directly.
// net/http alone reports the refusal of a proxy as a bare "Forbidden", or as the answer of the target. [Transport] returns an
// [Error] instead. Over plain http only a 407 is certain to be the proxy's: any other answer may be the target's.
//
// [Track] reports whether a request has left, and [Cause] makes errors of net/http fit for display.
package proxy
