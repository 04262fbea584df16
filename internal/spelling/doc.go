// Package spelling guesses what word was meant.
package spelling
