// Package terminal prints notifications for an operator. It is the receiver "terminal: {}" of the rules file, and the main receiver of the
// demo.
package terminal
