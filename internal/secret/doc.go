// Package secret holds values that must never be printed: tokens, signing keys, URLs that carry a token.
package secret
