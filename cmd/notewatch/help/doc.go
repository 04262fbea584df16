// Package help holds the texts of help, one file for each command: a description, and after the line Examples: the examples.
package help
