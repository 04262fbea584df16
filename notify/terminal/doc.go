// Package terminal prints notifications for an operator. It is what the receiver "terminal: {}" of the rules file does, and all
// that the demo shows.
package terminal
